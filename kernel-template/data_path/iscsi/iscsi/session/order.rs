// SPDX-License-Identifier: GPL-2.0-only

//! Command ordering (RFC 7143, section 4.2.2.1). Requests are delivered in CmdSN order; those
//! outside the command window are ignored. A request that arrives early is kept with its data.

#![forbid(unsafe_code)]

use kernel::prelude::*;

use super::{Early, Session};
use crate::iscsi::{
    pdu::{self, function_response, Opcode, Reject, Request, TaskManagement, NO_TAG},
    receiver::End,
    sender::Sender, //
};

/// Maximum length of the early PDUs of a session, in bytes.
const EARLY_MAX: usize = 1 << 20;

/// The turn of a PDU.
pub(super) enum Turn {
    /// It is to be handled now.
    Now,
    /// It is to be handled after requests with lower CmdSNs.
    Later(Early),
    /// Its CmdSN is outside the command window: it is to be ignored.
    Never,
}

impl Session {
    /// Returns the turn of a PDU.
    ///
    /// # Errors
    ///
    /// Returns the reason if the connection cannot continue.
    pub(super) fn turn(
        &self,
        sender: &mut Sender,
        request: &Request,
        ahs: &[u8],
    ) -> Result<Turn, End> {
        let number = match request.opcode() {
            Opcode::DataOut => {
                let tag = Some(request.task_tag());
                let command = self.early.iter().find(|early| early.tag == tag);
                return match command {
                    Some(command) => self.later(command.number, request, ahs),
                    None => Ok(Turn::Now),
                };
            }
            Opcode::Snack => return Ok(Turn::Now),
            // The answer to a ping has no CmdSN.
            Opcode::NopOut if request.task_tag() == NO_TAG => return Ok(Turn::Now),
            _ if request.is_immediate() => return Ok(Turn::Now),
            _ => request.cmd_sn(),
        };
        let last = sender.max_cmd_sn();
        if pdu::is_before(number, sender.exp_cmd_sn) || pdu::is_before(last, number) {
            return Ok(Turn::Never);
        }
        if number != sender.exp_cmd_sn {
            return self.later(number, request, ahs);
        }
        sender.exp_cmd_sn = sender.exp_cmd_sn.wrapping_add(1);
        Ok(Turn::Now)
    }

    /// Returns the turn of an early PDU, for which there must be memory.
    fn later(&self, number: u32, request: &Request, ahs: &[u8]) -> Result<Turn, End> {
        let early = Early::new(number, request, ahs)?;
        let kept: usize = self.early.iter().map(|early| early.pdus.len()).sum();
        if kept + early.pdus.len() > EARLY_MAX {
            return Err(End::Rejected(Reject::Protocol, *request));
        }
        Ok(Turn::Later(early))
    }

    /// Keeps an early request, of which there is at most one for each CmdSN in the window, or
    /// unsolicited data of one.
    ///
    /// # Errors
    ///
    /// Returns [`End::Failed`] if memory is short.
    pub(super) fn keep(&mut self, request: &Request, early: Early) -> Result<(), End> {
        let mut kept = self.early.iter_mut();
        match kept.find(|kept| kept.number == early.number) {
            Some(kept) if request.opcode() == Opcode::DataOut => {
                kept.pdus.extend_from_slice(&early.pdus, GFP_KERNEL)?;
            }
            Some(_) => {}
            None => self.early.push(early, GFP_KERNEL)?,
        }
        Ok(())
    }

    /// Takes the PDUs of the early request whose CmdSN is next.
    pub(in crate::iscsi) fn next_early(&mut self, sender: &mut Sender) -> Option<KVVec<u8>> {
        loop {
            let is_next = |early: &Early| early.number == sender.exp_cmd_sn;
            let index = self.early.iter().position(is_next)?;
            let early = self.early.remove(index).ok()?;
            if early.tag.is_some() {
                return Some(early.pdus);
            }
            sender.exp_cmd_sn = sender.exp_cmd_sn.wrapping_add(1);
        }
    }

    /// Handles ABORT TASK for a command that has not arrived, or has arrived early: the command
    /// then counts as received (RFC 7143, section 11.6.1). `code` is the response code of target
    /// core. Returns the response code for the initiator.
    pub(super) fn abort_awaited(
        &mut self,
        sender: &Sender,
        request: &Request,
        code: u8,
    ) -> Result<u8, End> {
        let management = TaskManagement(request);
        let is_abort = management.function() == Some(pdu::Function::AbortTask);
        let number = management.awaited_number(sender.exp_cmd_sn);
        let last = sender.max_cmd_sn();
        match number.filter(|number| !pdu::is_before(last, *number)) {
            Some(number) if is_abort && code == function_response::NO_TASK => {
                self.early.retain(|early| early.number != number);
                let early = Early {
                    number,
                    tag: None,
                    pdus: KVVec::new(),
                    head: 0,
                };
                self.early.push(early, GFP_KERNEL)?;
                Ok(function_response::COMPLETE)
            }
            _ => Ok(code),
        }
    }
}
