// SPDX-License-Identifier: GPL-2.0-only

//! The full feature phase of a connection: dispatch of PDUs, logout, and the end of the session.
//!
//! Commands, the data of writes, task management functions and text requests are in modules of
//! their own. `order` delivers requests in CmdSN order; `time` enforces timeouts.

#![forbid(unsafe_code)]

mod command;
mod early;
mod order;
mod pending_write;
mod text;
mod time;
mod tmf;
mod write;

use kernel::{
    prelude::*,
    str::BStr,
    sync::Arc,
    time::Jiffies, //
};

use super::{
    link::{Link, Peer, Shown},
    pdu::{logout_response, Logout, Opcode, Reject, Reply, Request, NO_TAG},
    receiver::{End, Sink},
    registry::Portal,
    sender::{copied, After, Sender},
    statistics::{self, SessionFailure},
    target_name, //
};
use crate::{
    socket::may_log,
    target::{atomic::Release, Nexus, RmdirGuard},
    transport_id::PortName,
    Fabric, //
};

pub(crate) use command::{Io, PAGES_MAX};
pub(super) use early::Early;
use order::Turn;
use pending_write::sense;
pub(super) use pending_write::PendingWrite;
use text::TEXT_MAX;
pub(crate) use tmf::Tmf;

/// State of a normal session: a session with a target, not for discovery.
pub(super) struct Normal {
    pub(super) nexus: Nexus<Fabric>,
    pub(super) peer: Arc<Peer>,
    pub(super) group: RmdirGuard<Fabric>,
}

/// A session in its full feature phase.
pub(super) struct Session {
    /// State of a normal session; `None` in a discovery session.
    normal: Option<Normal>,
    name: PortName,
    cid: u16,
    /// Writes that wait for data, except the sink.
    writes: KVec<PendingWrite>,
    /// Tags of the writes whose payload target core has not allocated yet.
    awaited: KVec<u32>,
    /// Outstanding task management functions.
    functions: KVec<Arc<Tmf>>,
    /// Target transfer tag of the next R2T.
    next_tag: u32,
    /// Text of a request that continues in the next PDU.
    said: KVVec<u8>,
    /// Text response of several PDUs, `text_sent` bytes of which are sent.
    text: KVVec<u8>,
    text_sent: usize,
    /// True if the current PDU is ignored, by its CmdSN.
    is_ignored: bool,
    /// Requests that wait for requests with lower CmdSNs.
    early: KVec<Early>,
    /// True after a RESERVE command: such a reservation ends with the session.
    has_reserved: bool,
    /// Clock of the timeouts: the total time that the connection has waited for the initiator. Time
    /// that the target takes does not count.
    waited: Jiffies,
    /// Value of `waited` when the initiator last sent something.
    heard: Jiffies,
    /// Value of `waited` when data of a write last arrived.
    moved: Jiffies,
    /// Value of `waited` when the initiator was pinged; `None` if no answer is due.
    pinged: Option<Jiffies>,
}

impl Session {
    /// Creates a session after its login.
    pub(super) fn new(normal: Option<Normal>, name: PortName, cid: u16) -> Self {
        Self {
            normal,
            name,
            cid,
            writes: KVec::new(),
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

    /// Returns true if this is a normal session, not a discovery session.
    pub(super) fn is_normal(&self) -> bool {
        self.normal.is_some()
    }

    /// Returns true if a task management function is outstanding.
    pub(super) fn has_functions(&self) -> bool {
        !self.functions.is_empty()
    }

    /// Returns true if target core has not allocated the payload of a write yet.
    pub(super) fn is_awaited(&self, tag: u32) -> bool {
        self.awaited.contains(&tag)
    }

    /// Handles the header of a PDU. Commands and task management functions are submitted here,
    /// before their data arrive. Returns the destination of the data segment.
    ///
    /// # Errors
    ///
    /// Returns the reason if the connection cannot continue.
    pub(super) fn begin(
        &mut self,
        sender: &mut Sender,
        request: &Request,
        ahs: &[u8],
    ) -> Result<Sink, End> {
        self.hear(false);
        if request.data_length() > sender.agreed.max_recv_data_segment_length {
            return Err(End::Rejected(Reject::Protocol, *request));
        }
        let opcode = request.opcode();
        self.is_ignored = false;
        match self.turn(sender, request, ahs)? {
            Turn::Now => {}
            Turn::Later(early) => return Ok(Sink::Early(early)),
            Turn::Never => {
                self.is_ignored = true;
                return Ok(Sink::Discard);
            }
        }
        if self.normal.is_none()
            && !matches!(opcode, Opcode::NopOut | Opcode::Text | Opcode::Logout)
        {
            return Err(End::Rejected(Reject::Protocol, *request));
        }
        match opcode {
            Opcode::Command => self.begin_command(sender, request, ahs),
            Opcode::DataOut => self.begin_data(sender, request),
            Opcode::TaskManagement => {
                self.begin_function(sender, request)?;
                Ok(Sink::Discard)
            }
            // A ping that is too long to be echoed is truncated.
            Opcode::NopOut => Sink::buffer(request, sender.agreed.max_xmit_data_segment_length),
            Opcode::Text => Sink::buffer(request, TEXT_MAX),
            _ => Ok(Sink::Discard),
        }
    }

    /// Handles a PDU after its data segment was received.
    ///
    /// # Errors
    ///
    /// Returns the reason if the connection cannot continue.
    pub(super) fn complete(
        &mut self,
        portal: &Portal,
        sender: &mut Sender,
        request: &Request,
        sink: Sink,
    ) -> Result<(), End> {
        if self.is_ignored {
            return Ok(());
        }
        let buffer = match sink {
            Sink::Payload(write) => return self.take_data(sender, request, write),
            Sink::Early(early) => return self.keep(request, early),
            Sink::Buffer(buffer) => buffer,
            Sink::Discard | Sink::Awaited(_) => KVVec::new(),
        };
        match request.opcode() {
            Opcode::Command | Opcode::DataOut | Opcode::TaskManagement => Ok(()),
            Opcode::NopOut => self.pong(sender, request, buffer),
            Opcode::Text => self.answer_text(portal, sender, request, &buffer),
            Opcode::Logout => self.log_out(sender, request),
            Opcode::Snack => reject(sender, Reject::Snack, request).map(drop),
            Opcode::Login => Err(End::Rejected(Reject::Protocol, *request)),
            Opcode::Other(_) => reject(sender, Reject::NotSupported, request).map(drop),
        }
    }

    /// Answers a NOP-Out that asks for an answer.
    fn pong(&mut self, sender: &mut Sender, request: &Request, data: KVVec<u8>) -> Result<(), End> {
        if request.task_tag() == NO_TAG {
            return Ok(());
        }
        sender.reply_with(Reply::pong(request.task_tag()), data, After::Nothing)?;
        Ok(())
    }

    fn log_out(&self, sender: &mut Sender, request: &Request) -> Result<(), End> {
        let logout = Logout(request);
        if let Some(normal) = &self.normal {
            statistics::of(&normal.group).log_out(logout.reason() == 0);
        }
        let response = match logout.reason() {
            0 => return Err(End::LoggedOut(*request)),
            1 if logout.cid() == self.cid => return Err(End::LoggedOut(*request)),
            1 => logout_response::NO_CONNECTION,
            _ => logout_response::NO_RECOVERY,
        };
        sender.reply(Reply::logout(request.task_tag(), response))?;
        Ok(())
    }

    /// Handles a PDU with a wrong data digest: rejects it, and fails the write that it belongs to.
    ///
    /// # Errors
    ///
    /// Returns [`End::Failed`] if memory is short.
    pub(super) fn corrupt(
        &mut self,
        sender: &mut Sender,
        request: &Request,
        sink: Sink,
    ) -> Result<(), End> {
        sender.link.traffic.digest_errors.add(1);
        self.count(SessionFailure::Digest);
        reject(sender, Reject::DataDigest, request)?;
        if let Sink::Payload(write) = sink {
            write.fail(sense::CRC_ERROR);
        }
        Ok(())
    }

    /// Counts the failure that ends the session, if any.
    pub(super) fn count_end(&self, end: &End) {
        match end {
            End::Corrupt => self.count(SessionFailure::Digest),
            End::Silent(_) => self.count(SessionFailure::Timeout),
            End::Rejected(..) => self.count(SessionFailure::Format),
            End::Now | End::Failed(_) | End::Answered | End::LoggedOut(_) => {}
        }
    }

    /// Counts a failure.
    fn count(&self, failure: SessionFailure) {
        if let Some(normal) = &self.normal {
            statistics::of(&normal.group).fail_session(failure, self.name.as_bytes());
        }
    }

    /// Logs the reason for the end of the session. The names, which may be long, come last: the log
    /// truncates long lines.
    pub(super) fn log_end(&self, link: &Link, why: &str) {
        let Some(normal) = &self.normal else {
            return;
        };
        if may_log() {
            pr_warn!(
                "session from {:?} ends: {} (initiator {}, target {})\n",
                Shown(link.address),
                why,
                BStr::from_bytes(self.name.as_bytes()),
                BStr::from_bytes(target_name(&normal.group))
            );
        }
    }

    /// Allows the initiator port to log in again before this session, which has no commands, has
    /// ended. Returns false if something else depends on the end of the session: a task management
    /// function, or a reservation.
    ///
    /// Target core ends a session with RCU grace periods, which an initiator need not wait for.
    pub(super) fn release_port(&self) -> bool {
        let is_free = self.functions.is_empty() && !self.has_reserved;
        if let (true, Some(normal)) = (is_free, &self.normal) {
            normal.peer.has_logged_out.store(true, Release);
        }
        is_free
    }

    /// Ends the session. Waits until target core has released its commands.
    pub(super) fn end(&mut self) {
        // Fails the writes that wait for their data.
        self.writes.clear();
        if let Some(normal) = self.normal.take() {
            drop(normal.nexus);
            normal.group.data().group.leave(&normal.peer);
            statistics::of(&normal.group).end_session();
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.end();
    }
}

/// Sends a Reject for a PDU, and discards its data. The connection continues.
fn reject(sender: &mut Sender, reason: Reject, request: &Request) -> Result<Sink, End> {
    let header = copied(request.as_bytes())?;
    sender.reply_with(Reply::reject(reason), header, After::Nothing)?;
    Ok(Sink::Discard)
}
