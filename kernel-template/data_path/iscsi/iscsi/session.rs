// SPDX-License-Identifier: GPL-2.0-only

//! The full feature phase: what an initiator that has logged in asks for, and how target core gets
//! it.
//!
//! A write waits in [`Session::tasks`] while its data are on the way. Target core allocates its
//! payload first ([`Pending`]); data go straight there, those that come with the command too.

#![forbid(unsafe_code)]

mod order;
mod time;

use core::sync::atomic::{AtomicBool, AtomicU16, AtomicU32, Ordering};

use kernel::{
    c_str,
    page::PAGE_SIZE,
    prelude::*,
    str::BStr,
    sync::Arc,
    time::Jiffies, //
};

use super::{
    keys::{self, Value, Writer},
    link::{Link, Peer, Shown},
    offer,
    pdu::{
        self, function_response, logout_response, Command, DataOut, Logout, Opcode, Reject, Reply,
        Request, TaskManagement, CDB_MAX, NO_TAG,
    },
    portal::Portal,
    receiver::{End, Sink},
    sender::{copied, After, Sender},
    target_name, //
};
use crate::{
    socket::may_log,
    target::{
        self, ARef, BoxedCmd, Direction, Nexus, PayloadMut, Pending, Refusal, SenseReason,
        TaskAttribute, TmrFunction, TmrStatus, Tpg,
    },
    thread,
    transport_id::PortName,
    Fabric, //
};

/// Additional sense codes and their qualifiers of RFC 7143, section 11.4.7.2.
pub(super) mod sense {
    /// The digest of the data is wrong.
    pub(crate) const CRC_ERROR: u16 = 0x4705;
    /// Data came that were not asked for.
    pub(crate) const UNEXPECTED_DATA: u16 = 0x0c0c;
    /// Too few data came, or too many.
    pub(crate) const WRONG_AMOUNT: u16 = 0x0c0d;
}

/// The operation code of PERSISTENT RESERVE OUT, SPC-4 section 6.16.
const PERSISTENT_RESERVE_OUT: u8 = 0x5f;

/// The operation codes of RESERVE(6) and RESERVE(10), SPC-2 sections 7.21 and 7.22.
const RESERVE: [u8; 2] = [0x16, 0x56];

/// Status BUSY, SAM-5 section 5.3.1: the initiator tries again.
const BUSY: u8 = 0x08;

/// The longest text that an initiator may send, which may be of many PDUs, in bytes.
const TEXT_MAX: u32 = 8192;

/// The most data that a command moves, in bytes. Target core allocates as much as the initiator
/// says.
const TRANSFER_MAX: u32 = 32 << 20;

/// The same in pages, which target core tells initiators of: `max_data_sg_nents`.
pub(crate) const PAGES_MAX: u32 = TRANSFER_MAX / PAGE_SIZE as u32;

/// Maximum number of immediate commands of a session; no window holds them back.
const IMMEDIATE_MAX: u32 = 32;

/// Maximum number of task management functions of a session.
const FUNCTIONS_MAX: usize = 32;

/// The driver's data for a command.
pub(crate) struct Io {
    /// Header of the command.
    pub(super) request: Request,
    has_data: AtomicBool,
    is_allocated: AtomicBool,
    /// One of [`sense`], or 0.
    fault: AtomicU16,
    r2t_count: AtomicU32,
}

impl Io {
    fn new(request: &Request) -> Self {
        Self {
            request: *request,
            has_data: AtomicBool::new(false),
            is_allocated: AtomicBool::new(false),
            fault: AtomicU16::new(0),
            r2t_count: AtomicU32::new(0),
        }
    }

    /// Notes that the response has data. Called in any context.
    pub(super) fn set_data(&self) {
        self.has_data.store(true, Ordering::Relaxed);
    }

    /// Returns true if the response has data.
    pub(super) fn has_data(&self) -> bool {
        self.has_data.load(Ordering::Relaxed)
    }

    /// Returns true if this is a write that was answered without its data.
    pub(super) fn is_refused_write(&self) -> bool {
        Command(&self.request).writes() && !self.is_allocated.load(Ordering::Relaxed)
    }

    /// The additional sense code and its qualifier, if the transport has failed the command.
    pub(super) fn fault(&self) -> Option<[u8; 2]> {
        let fault = self.fault.load(Ordering::Relaxed);
        (fault != 0).then_some(fault.to_be_bytes())
    }

    /// Returns the number of requests for data.
    pub(super) fn r2t_count(&self) -> u32 {
        self.r2t_count.load(Ordering::Relaxed)
    }
}

/// The driver's data for a task management function.
pub(crate) struct Function {
    request: Request,
    link: Arc<Link>,
    /// An [`Outcome`]: the response code, or one of the constants.
    outcome: AtomicU32,
}

impl Function {
    const PENDING: u32 = 0x100;
    const ABORTED: u32 = 0x101;

    /// Notes how the function has ended.
    pub(super) fn answer(&self, status: TmrStatus) {
        let code = match status {
            TmrStatus::Complete => function_response::COMPLETE,
            TmrStatus::NoTask => function_response::NO_TASK,
            TmrStatus::NoLun => function_response::NO_LUN,
            TmrStatus::NotSupported => function_response::NOT_SUPPORTED,
            TmrStatus::Rejected | TmrStatus::Failed => function_response::REJECTED,
        };
        self.end(Outcome::Answered(code));
    }

    /// Notes that the function was aborted by another one.
    pub(super) fn abort(&self) {
        self.end(Outcome::Aborted);
    }

    fn end(&self, outcome: Outcome) {
        let code = match outcome {
            Outcome::Pending => Self::PENDING,
            Outcome::Aborted => Self::ABORTED,
            Outcome::Answered(code) => code.into(),
        };
        self.outcome.store(code, Ordering::Release);
        self.link.socket.kick();
    }

    fn outcome(&self) -> Outcome {
        match self.outcome.load(Ordering::Acquire) {
            Self::PENDING => Outcome::Pending,
            Self::ABORTED => Outcome::Aborted,
            code => Outcome::Answered(code as u8),
        }
    }
}

/// Outcome of a task management function.
#[derive(Clone, Copy)]
enum Outcome {
    /// Nothing yet.
    Pending,
    /// It was aborted by another one, and has no answer.
    Aborted,
    /// It has this response code.
    Answered(u8),
}

/// State of the data of a write.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Transfer {
    /// None are on their way.
    Idle,
    /// They come unasked.
    Unsolicited,
    /// They were asked for, up to this offset, by this tag.
    Solicited { end: u32, tag: u32 },
}

/// A write that waits for its data.
pub(super) struct Task {
    pending: Pending<Fabric>,
    length: u32,
    offset: u32,
    transfer: Transfer,
    data_sn: u32,
    r2t_sn: u32,
    /// [`Session::waited`] when the target began to wait for the data.
    since: Jiffies,
}

impl Task {
    fn new(mut pending: Pending<Fabric>, since: Jiffies) -> Self {
        let length = pending.payload().len();
        let io = pending.data();
        io.is_allocated.store(true, Ordering::Relaxed);
        let transfer = if io.request.is_final() {
            Transfer::Idle
        } else {
            Transfer::Unsolicited
        };
        Self {
            pending,
            length,
            offset: 0,
            transfer,
            data_sn: 0,
            r2t_sn: 0,
            since,
        }
    }

    fn tag(&self) -> u32 {
        self.pending.data().request.task_tag()
    }

    /// Returns the number of bytes that have been received.
    pub(super) fn offset(&self) -> u32 {
        self.offset
    }

    /// Returns the number of bytes that the payload has room for, from there on.
    pub(super) fn room(&self) -> u32 {
        self.length.saturating_sub(self.offset)
    }

    /// The payload.
    pub(super) fn payload(&mut self) -> PayloadMut<'_> {
        self.pending.payload()
    }

    /// Returns true if data are what the write waits for: in order, and no more than may come.
    fn is_next(&self, data: &DataOut<'_>, first_burst: u32) -> bool {
        let (end, tag) = match self.transfer {
            Transfer::Idle => return false,
            Transfer::Unsolicited => (first_burst, NO_TAG),
            Transfer::Solicited { end, tag } => (end, tag),
        };
        let Some(data_end) = self.offset.checked_add(data.0.data_length()) else {
            return false;
        };
        let expected = Command(&self.pending.data().request).expected_length();
        data.offset() == self.offset
            && data.data_sn() == self.data_sn
            && data.0.transfer_tag() == tag
            && data_end <= end.min(expected)
    }

    /// Fails the command, for one of the reasons of [`sense`].
    fn fail(self, fault: u16) {
        self.pending.data().fault.store(fault, Ordering::Relaxed);
        self.pending.fail(SenseReason::ABORT_CMD);
    }
}

/// Parts of a session that a discovery session lacks.
pub(super) struct Normal {
    pub(super) nexus: Nexus<Fabric>,
    pub(super) peer: Arc<Peer>,
    pub(super) group: ARef<Tpg<Fabric>>,
}

/// A session in its full feature phase.
pub(super) struct Session {
    /// The part that a discovery session lacks.
    normal: Option<Normal>,
    name: PortName,
    cid: u16,
    tasks: KVec<Task>,
    /// The tags of the writes that target core has not allocated memory for yet.
    awaited: KVec<u32>,
    functions: KVec<Arc<Function>>,
    next_tag: u32,
    /// The text of requests that go on.
    said: KVVec<u8>,
    /// Rest of a long text for the initiator.
    text: KVVec<u8>,
    text_sent: usize,
    is_ignored: bool,
    early: KVec<order::Early>,
    /// True if the initiator has asked for a reservation that ends with the session.
    has_reserved: bool,
    /// Time that the connection has waited for the initiator. An initiator is late by this time
    /// alone, and not by the time that the target takes.
    waited: Jiffies,
    /// The same when the initiator last sent anything, and when data of a write last came.
    heard: Jiffies,
    moved: Jiffies,
    /// The same when the initiator was pinged.
    pinged: Option<Jiffies>,
}

impl Session {
    /// A session that has just logged in.
    pub(super) fn new(normal: Option<Normal>, name: PortName, cid: u16) -> Self {
        Self {
            normal,
            name,
            cid,
            tasks: KVec::new(),
            awaited: KVec::new(),
            functions: KVec::new(),
            next_tag: 0,
            said: KVVec::new(),
            text: KVVec::new(),
            text_sent: 0,
            is_ignored: false,
            early: KVec::new(),
            has_reserved: false,
            waited: 0,
            heard: 0,
            moved: 0,
            pinged: None,
        }
    }

    /// Returns true if it is one of a portal group, and not for discovery.
    pub(super) fn is_normal(&self) -> bool {
        self.normal.is_some()
    }

    /// Returns true if a task management function is at work.
    pub(super) fn has_functions(&self) -> bool {
        !self.functions.is_empty()
    }

    /// Returns true if target core is still to allocate memory for a write.
    pub(super) fn is_awaited(&self, tag: u32) -> bool {
        self.awaited.contains(&tag)
    }

    /// Takes a header: commands and functions begin here, before their data. Says where the data
    /// go.
    ///
    /// # Errors
    ///
    /// If the connection cannot go on.
    pub(super) fn begin(
        &mut self,
        link: &Arc<Link>,
        sender: &mut Sender,
        request: &Request,
        ahs: &[u8],
    ) -> Result<Sink, End> {
        self.hear(false);
        if request.data_length() > sender.agreed.max_recv_data_segment_length {
            return Err(End::Rejected(Reject::Protocol, *request));
        }
        let opcode = request.opcode();
        self.is_ignored = !self.is_in_order(link, sender, request, ahs)?;
        if self.is_ignored {
            return Ok(Sink::Discard);
        }
        if self.normal.is_none()
            && !matches!(opcode, Opcode::NopOut | Opcode::Text | Opcode::Logout)
        {
            return Err(End::Rejected(Reject::Protocol, *request));
        }
        match opcode {
            Opcode::Command => self.begin_command(link, sender, request, ahs),
            Opcode::DataOut => self.begin_data(sender, request),
            Opcode::TaskManagement => {
                self.begin_function(link, sender, request)?;
                Ok(Sink::Discard)
            }
            // More than can be sent back is cut off.
            Opcode::NopOut => Sink::buffer(request, sender.agreed.max_xmit_data_segment_length),
            Opcode::Text => Sink::buffer(request, TEXT_MAX),
            _ => Ok(Sink::Discard),
        }
    }

    fn begin_command(
        &mut self,
        link: &Arc<Link>,
        sender: &mut Sender,
        request: &Request,
        ahs: &[u8],
    ) -> Result<Sink, End> {
        let Some(normal) = &self.normal else {
            return Err(End::Now);
        };
        let command = Command(request);
        let (length, immediate) = (command.expected_length(), request.data_length());
        if length > TRANSFER_MAX {
            return reject(sender, Reject::InvalidField, request);
        }
        let direction = match (command.writes(), command.reads()) {
            _ if length == 0 => Direction::NONE,
            (true, true) => return reject(sender, Reject::NotSupported, request),
            (false, false) => return reject(sender, Reject::InvalidField, request),
            (true, false) => Direction::OUT,
            (false, true) => Direction::IN,
        };
        let is_write = direction == Direction::OUT;
        let agreed = &sender.agreed;
        let may_be_immediate = is_write
            && agreed.immediate_data
            && immediate <= agreed.first_burst_length
            && immediate <= length;
        let may_be_unsolicited = is_write && !agreed.initial_r2t;
        if immediate != 0 && !may_be_immediate || !request.is_final() && !may_be_unsolicited {
            return Err(End::Rejected(Reject::Protocol, *request));
        }
        if request.is_immediate() && link.immediate() >= IMMEDIATE_MAX {
            return reject(sender, Reject::Immediate, request);
        }
        let mut cdb = [0; CDB_MAX];
        let cdb_length = pdu::cdb(command.cdb(), ahs, &mut cdb);
        let Some(cdb) = cdb_length.and_then(|length| cdb.get(..length)) else {
            return reject(sender, Reject::InvalidField, request);
        };
        self.has_reserved |= RESERVE.iter().any(|code| cdb.starts_with(&[*code]));
        let attribute = match command.attribute() {
            2 => TaskAttribute::ORDERED,
            3 => TaskAttribute::HEAD,
            _ => TaskAttribute::SIMPLE,
        };
        let Ok(memory) = BoxedCmd::new(Some(length), direction) else {
            let reply = Reply::response(request.task_tag(), BUSY, pdu::Residual::None, 0);
            sender.reply(reply)?;
            return Ok(Sink::Discard);
        };
        if is_write {
            self.awaited.push(request.task_tag(), GFP_KERNEL)?;
        }
        let io = Io::new(request);
        link.command_begun(&io);
        let submitted = normal.nexus.submit(
            memory,
            io,
            &target::Request {
                tag: request.task_tag().into(),
                lun: request.lun(),
                cdb,
                attribute,
            },
        );
        if let Err(refused) = submitted {
            link.command_ended(&refused.data);
            self.forget(request.task_tag());
            return match refused.reason {
                Refusal::ShortCdb => reject(sender, Reject::InvalidField, request),
                Refusal::Stopped => Err(End::Now),
            };
        }
        if is_write && immediate != 0 {
            Ok(Sink::Awaited(request.task_tag()))
        } else {
            Ok(Sink::Discard)
        }
    }

    fn begin_data(&mut self, sender: &Sender, request: &Request) -> Result<Sink, End> {
        let tag = request.task_tag();
        if self.is_awaited(tag) {
            return Ok(Sink::Awaited(tag));
        }
        // Data of a write that was answered or aborted may still be on their way.
        let Some(index) = self.tasks.iter().position(|task| task.tag() == tag) else {
            return Ok(Sink::Discard);
        };
        let task = self.tasks.remove(index).map_err(|_| End::Now)?;
        Ok(admit(task, sender, request))
    }

    /// Takes a write that target core has allocated memory for. If the data that come next are its,
    /// it goes into the sink.
    ///
    /// # Errors
    ///
    /// If there is not enough memory.
    pub(super) fn take_write(
        &mut self,
        pending: Pending<Fabric>,
        sender: &mut Sender,
        request: &Request,
        sink: &mut Sink,
    ) -> Result<(), End> {
        let task = Task::new(pending, self.waited);
        let tag = task.tag();
        self.forget(tag);
        if !matches!(sink, Sink::Awaited(awaited) if *awaited == tag) {
            return self.go_on(sender, task);
        }
        *sink = match request.opcode() {
            Opcode::DataOut => admit(task, sender, request),
            _ => Sink::Payload(task),
        };
        Ok(())
    }

    /// Target core is not to allocate memory for a write any more: it has, or has answered it.
    pub(super) fn forget(&mut self, tag: u32) {
        self.awaited.retain(|other| *other != tag);
    }

    /// Goes on with a write: executes it, asks for more data, or waits for them.
    ///
    /// # Errors
    ///
    /// If there is not enough memory.
    pub(super) fn go_on(&mut self, sender: &mut Sender, mut task: Task) -> Result<(), End> {
        if task.transfer == Transfer::Idle {
            let left = task.room();
            if left == 0 {
                return execute(task.pending);
            }
            let length = left.min(sender.agreed.max_burst_length);
            let tag = self.next_tag;
            self.next_tag = (self.next_tag + 1) % NO_TAG;
            let io = task.pending.data();
            let reply =
                Reply::ready_to_transfer(&io.request, tag, task.r2t_sn, task.offset, length);
            io.r2t_count.fetch_add(1, Ordering::Relaxed);
            sender.reply(reply)?;
            task.r2t_sn = task.r2t_sn.wrapping_add(1);
            task.data_sn = 0;
            let end = task.offset + length;
            task.transfer = Transfer::Solicited { end, tag };
            task.since = self.waited;
        }
        if let Err(error) = self.tasks.reserve(1, GFP_KERNEL) {
            task.pending.fail(SenseReason::OUT_OF_RESOURCES);
            return Err(error.into());
        }
        self.tasks.push(task, GFP_KERNEL)?;
        Ok(())
    }

    /// Has target core do a task management function.
    fn begin_function(
        &mut self,
        link: &Arc<Link>,
        sender: &mut Sender,
        request: &Request,
    ) -> Result<(), End> {
        let Some(normal) = &self.normal else {
            return Ok(());
        };
        if self.functions.len() >= FUNCTIONS_MAX {
            return answer(sender, request, function_response::REJECTED);
        }
        let management = TaskManagement(request);
        let function = match management.function() {
            Some(pdu::Function::AbortTask) => {
                TmrFunction::AbortTask(management.referenced_tag().into())
            }
            Some(pdu::Function::AbortTaskSet) => TmrFunction::AbortTaskSet,
            Some(pdu::Function::ClearAca) => TmrFunction::ClearAca,
            Some(pdu::Function::ClearTaskSet) => TmrFunction::ClearTaskSet,
            Some(pdu::Function::LunReset) => TmrFunction::LunReset,
            Some(pdu::Function::TargetWarmReset) => TmrFunction::TargetWarmReset,
            Some(pdu::Function::TargetColdReset) => {
                return answer(sender, request, function_response::NOT_SUPPORTED);
            }
            Some(pdu::Function::TaskReassign) => {
                return answer(sender, request, function_response::NO_REASSIGNMENT);
            }
            None => {
                reject(sender, Reject::InvalidField, request)?;
                return Ok(());
            }
        };
        let noted = Function {
            request: *request,
            link: link.clone(),
            outcome: AtomicU32::new(Function::PENDING),
        };
        let noted = Arc::new(noted, GFP_KERNEL)?;
        self.functions.push(noted.clone(), GFP_KERNEL)?;
        let submitted = normal.nexus.submit_tmr(request.lun(), function, noted);
        if submitted.is_err() {
            self.functions.pop();
            return answer(sender, request, function_response::REJECTED);
        }
        Ok(())
    }

    /// Answers the task management functions that have ended.
    ///
    /// # Errors
    ///
    /// If there is not enough memory.
    pub(super) fn answer_functions(&mut self, link: &Link, sender: &mut Sender) -> Result<(), End> {
        let mut index = 0;
        while let Some(function) = self.functions.get(index) {
            let request = function.request;
            match function.outcome() {
                Outcome::Pending => {
                    index += 1;
                    continue;
                }
                Outcome::Aborted => {}
                Outcome::Answered(code) => {
                    let code = self.abort_awaited(link, sender, &request, code)?;
                    answer(sender, &request, code)?;
                }
            }
            drop(self.functions.remove(index));
        }
        Ok(())
    }

    /// Takes a whole PDU.
    ///
    /// # Errors
    ///
    /// If the connection cannot go on.
    pub(super) fn complete(
        &mut self,
        portal: &Portal,
        link: &Link,
        sender: &mut Sender,
        request: &Request,
        sink: Sink,
    ) -> Result<(), End> {
        if self.is_ignored {
            return Ok(());
        }
        let buffer = match sink {
            Sink::Payload(task) => return self.take_data(sender, request, task),
            Sink::Buffer(buffer) => buffer,
            Sink::Discard | Sink::Awaited(_) => KVVec::new(),
        };
        match request.opcode() {
            Opcode::Command | Opcode::DataOut | Opcode::TaskManagement => Ok(()),
            Opcode::NopOut => self.pong(sender, request, buffer),
            Opcode::Text => self.answer_text(portal, link, sender, request, &buffer),
            Opcode::Logout => self.log_out(sender, request),
            Opcode::Snack => reject(sender, Reject::Snack, request).map(drop),
            Opcode::Login => Err(End::Rejected(Reject::Protocol, *request)),
            Opcode::Other(_) => reject(sender, Reject::NotSupported, request).map(drop),
        }
    }

    /// Takes data of a write.
    fn take_data(
        &mut self,
        sender: &mut Sender,
        request: &Request,
        mut task: Task,
    ) -> Result<(), End> {
        if request.data_length() != 0 {
            task.offset += request.data_length();
            self.moved = self.waited;
        }
        let is_final = request.is_final();
        if request.opcode() == Opcode::DataOut {
            task.data_sn = task.data_sn.wrapping_add(1);
            if is_final {
                if let Transfer::Solicited { end, .. } = task.transfer {
                    if task.offset != end {
                        task.fail(sense::WRONG_AMOUNT);
                        return Ok(());
                    }
                }
                task.transfer = Transfer::Idle;
            }
        }
        self.go_on(sender, task)
    }

    /// Answers a ping, or takes the answer to one.
    fn pong(&mut self, sender: &mut Sender, request: &Request, data: KVVec<u8>) -> Result<(), End> {
        if request.task_tag() == NO_TAG {
            return Ok(());
        }
        sender.reply_with(Reply::pong(request.task_tag()), data, After::Nothing)?;
        Ok(())
    }

    /// Answers a text request: SendTargets, or what is left of the answer before.
    fn answer_text(
        &mut self,
        portal: &Portal,
        link: &Link,
        sender: &mut Sender,
        request: &Request,
        text: &[u8],
    ) -> Result<(), End> {
        if request.transfer_tag() == NO_TAG {
            // Another request: what is left of the one before is not wanted.
            (self.said, self.text) = (KVVec::new(), KVVec::new());
            self.text_sent = 0;
        }
        if self.text.is_empty() {
            if self.said.len() + text.len() > TEXT_MAX as usize {
                return Err(End::Rejected(Reject::Protocol, *request));
            }
            self.said.extend_from_slice(text, GFP_KERNEL)?;
            if !request.is_final() {
                sender.reply(Reply::text_goes_on(request.task_tag()))?;
                return Ok(());
            }
            let said = core::mem::replace(&mut self.said, KVVec::new());
            let Some(text) = self.text_for(portal, link, sender, &said)? else {
                reject(sender, Reject::Protocol, request)?;
                return Ok(());
            };
            self.text = text;
        }
        let rest = self.text.get(self.text_sent..).unwrap_or_default();
        let length = rest
            .len()
            .min(sender.agreed.max_xmit_data_segment_length as usize);
        let data = copied(rest.get(..length).unwrap_or_default())?;
        self.text_sent += length;
        let is_last = self.text_sent == self.text.len();
        if is_last {
            self.text = KVVec::new();
            self.text_sent = 0;
        }
        let transfer_tag = if is_last { NO_TAG } else { 1 };
        let reply = Reply::text(request.task_tag(), transfer_tag);
        sender.reply_with(reply, data, After::Nothing)?;
        Ok(())
    }

    /// The answer to a text, or [`None`] if the text is to be rejected: it has an unknown key, or
    /// a value of SendTargets that is neither `All` nor a name. RFC 7143, section 6.2, wants
    /// `NotUnderstood` as the answer to an unknown key, but libiscsi drops its connection on that.
    /// The kernel's own target rejects such a text too.
    fn text_for(
        &self,
        portal: &Portal,
        link: &Link,
        sender: &mut Sender,
        text: &[u8],
    ) -> Result<Option<KVVec<u8>>, End> {
        let mut answer = KVVec::new();
        let mut has_targets = false;
        for (key, value) in keys::pairs(text).flatten() {
            let value = match key {
                // A list for each time would be a lot of memory for a short request.
                b"SendTargets" if !has_targets => {
                    if !is_send_targets_value(value) {
                        return Ok(None);
                    }
                    has_targets = true;
                    let targets = self.targets(portal, link, value)?;
                    answer.extend_from_slice(&targets, GFP_KERNEL)?;
                    continue;
                }
                b"SendTargets" => Value::REJECT,
                b"MaxRecvDataSegmentLength" => {
                    let offer = offer(self.normal.as_ref().map(|normal| &*normal.group));
                    match keys::negotiate(key, value, &offer, &mut sender.agreed) {
                        Some(Value::Nothing) => continue,
                        _ => Value::REJECT,
                    }
                }
                _ => return Ok(None),
            };
            let mut place = [0; 128];
            let mut writer = Writer::new(&mut place);
            if writer.pair(key, value) {
                let length = writer.length();
                answer.extend_from_slice(place.get(..length).unwrap_or_default(), GFP_KERNEL)?;
            }
        }
        Ok(Some(answer))
    }

    /// The targets that SendTargets asks for: `All`, or one by its name; in a session with a target
    /// that one.
    fn targets(&self, portal: &Portal, link: &Link, value: &[u8]) -> Result<KVVec<u8>, End> {
        // The case of a name does not count, as in a login.
        let name = PortName::parse(value);
        let value = name.as_ref().map_or(value, PortName::as_bytes);
        let own = self
            .normal
            .as_ref()
            .map(|normal| target_name(&normal.group));
        let only = match (own, value) {
            (None, b"All") => None,
            (None, name) => Some(name),
            (Some(own), b"") => Some(own),
            (Some(own), name) if own == name => Some(name),
            (Some(_), _) => return Ok(KVVec::new()),
        };
        let local = link.socket.local_address();
        let targets = portal.with_registry(|registry| registry.targets(&self.name, local, only));
        Ok(targets.unwrap_or_else(|| Ok(KVVec::new()))?)
    }

    fn log_out(&self, sender: &mut Sender, request: &Request) -> Result<(), End> {
        let logout = Logout(request);
        let response = match logout.reason() {
            0 => return Err(End::LoggedOut(*request)),
            1 if logout.cid() == self.cid => return Err(End::LoggedOut(*request)),
            1 => logout_response::NO_CONNECTION,
            _ => logout_response::NO_RECOVERY,
        };
        sender.reply(Reply::logout(request.task_tag(), response))?;
        Ok(())
    }

    /// Takes note that the data segment of a PDU is not what the initiator has sent: it is
    /// rejected, and a write fails.
    ///
    /// # Errors
    ///
    /// If there is not enough memory.
    pub(super) fn corrupt(
        &mut self,
        sender: &mut Sender,
        request: &Request,
        sink: Sink,
    ) -> Result<(), End> {
        reject(sender, Reject::DataDigest, request)?;
        if let Sink::Payload(task) = sink {
            task.fail(sense::CRC_ERROR);
        }
        Ok(())
    }

    /// Says in the log why the session ends.
    pub(super) fn log_end(&self, link: &Link, why: &str) {
        let Some(normal) = &self.normal else {
            return;
        };
        if may_log() {
            pr_warn!(
                "session of {} from {:?} with {} ends: {}\n",
                BStr::from_bytes(self.name.as_bytes()),
                Shown(link.address),
                BStr::from_bytes(target_name(&normal.group)),
                why
            );
        }
    }

    /// Lets the port of a session without commands log in again before the session has ended, if
    /// there is nothing left that ends with it; whether that is so. Target core ends a session with
    /// grace periods of RCU, which the initiator need not wait for.
    pub(super) fn release_port(&self) -> bool {
        let is_free = self.functions.is_empty() && !self.has_reserved;
        if let (true, Some(normal)) = (is_free, &self.normal) {
            normal.peer.has_logged_out.store(true, Ordering::Release);
        }
        is_free
    }

    /// Ends the session, once target core has given back all of its commands. Sleeps.
    pub(super) fn end(&mut self) {
        // Each write that waits for its data fails: its data will not come.
        self.tasks.clear();
        if let Some(normal) = self.normal.take() {
            drop(normal.nexus);
            normal.group.data().group.leave(&normal.peer);
        }
    }
}

/// Executes a write whose data have come.
///
/// PERSISTENT RESERVE OUT may abort other commands, and waits until they are given back: that is
/// for this thread to do, so another one executes it.
fn execute(pending: Pending<Fabric>) -> Result<(), End> {
    let opcode = Command(&pending.data().request).cdb().first().copied();
    if opcode == Some(PERSISTENT_RESERVE_OUT) {
        thread::spawn(c_str!("iscsi_pr"), move || pending.execute())?;
    } else {
        pending.execute();
    }
    Ok(())
}

impl Drop for Session {
    fn drop(&mut self) {
        self.end();
    }
}

/// Says where data go: to the write that waits for them, or nowhere, if they are not what it waits
/// for. Then it fails, since without recovery the right ones never come.
fn admit(task: Task, sender: &Sender, request: &Request) -> Sink {
    if task.is_next(&DataOut(request), sender.agreed.first_burst_length) {
        return Sink::Payload(task);
    }
    task.fail(sense::UNEXPECTED_DATA);
    Sink::Discard
}

/// Returns true if SendTargets may have this value: RFC 7143, appendix C.
fn is_send_targets_value(value: &[u8]) -> bool {
    value.is_empty() || value == b"All" || PortName::parse(value).is_some()
}

/// Rejects a PDU, after which the connection goes on; its data go nowhere.
fn reject(sender: &mut Sender, reason: Reject, request: &Request) -> Result<Sink, End> {
    let header = copied(request.as_bytes())?;
    sender.reply_with(Reply::reject(reason), header, After::Nothing)?;
    Ok(Sink::Discard)
}

/// Answers a task management function.
fn answer(sender: &mut Sender, request: &Request, response: u8) -> Result<(), End> {
    sender.answer(Reply::function_response(request.task_tag(), response))?;
    Ok(())
}
