// SPDX-License-Identifier: GPL-2.0-only

//! SCSI commands: checks of the command PDU, and submission to target core.

#![forbid(unsafe_code)]

use kernel::{page::PAGE_SIZE, prelude::*};

use super::{reject, Session};
use crate::{
    iscsi::{
        pdu::{self, Command, Reject, Reply, Request, CDB_MAX},
        receiver::{End, Sink},
        sender::Sender, //
    },
    target::{
        self,
        atomic::{Atomic, Relaxed},
        BoxedCmd, Direction, Refusal, TaskAttribute,
    },
};

/// Operation codes of RESERVE(6) and RESERVE(10), SPC-2 sections 7.21 and 7.22.
const RESERVE: [u8; 2] = [0x16, 0x56];

/// Status BUSY, SAM-5 section 5.3.1: the initiator retries the command.
const BUSY: u8 = 0x08;

/// Maximum data length of a command, in bytes. Target core allocates the length that the initiator
/// announces.
const TRANSFER_MAX: u32 = 32 << 20;

/// The same in pages, reported to initiators by target core: `max_data_sg_nents`.
pub(crate) const PAGES_MAX: u32 = TRANSFER_MAX / PAGE_SIZE as u32;

/// Maximum number of immediate commands of a session, which the command window does not limit.
const IMMEDIATE_MAX: u32 = 32;

/// The driver's data for a command.
pub(crate) struct Io {
    /// Header of the command.
    pub(in crate::iscsi) request: Request,
    pub(super) is_allocated: Atomic<bool>,
    /// One of the codes in [`super::pending_write::sense`], or 0.
    pub(super) fault: Atomic<u32>,
    pub(super) r2t_count: Atomic<u32>,
}

impl Io {
    fn new(request: &Request) -> Self {
        Self {
            request: *request,
            is_allocated: Atomic::new(false),
            fault: Atomic::new(0),
            r2t_count: Atomic::new(0),
        }
    }

    /// Returns true if this is a write that was answered before its payload was allocated.
    pub(in crate::iscsi) fn is_refused_write(&self) -> bool {
        Command(&self.request).writes() && !self.is_allocated.load(Relaxed)
    }

    /// Returns the additional sense code and its qualifier if the transport has failed the command.
    pub(in crate::iscsi) fn fault(&self) -> Option<[u8; 2]> {
        let fault = self.fault.load(Relaxed);
        (fault != 0).then_some((fault as u16).to_be_bytes())
    }

    /// Returns the number of R2Ts sent.
    pub(in crate::iscsi) fn r2t_count(&self) -> u32 {
        self.r2t_count.load(Relaxed)
    }
}

impl Session {
    pub(super) fn begin_command(
        &mut self,
        sender: &mut Sender,
        request: &Request,
        ahs: &[u8],
    ) -> Result<Sink, End> {
        let Some(normal) = &self.normal else {
            return Err(End::Now);
        };
        sender.link.traffic.commands.add(1);
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
        if request.is_immediate() && sender.link.immediate() >= IMMEDIATE_MAX {
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
        sender.link.command_begun(request);
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
            sender.link.command_ended(&refused.data.request);
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
}
