// SPDX-License-Identifier: GPL-2.0-only

//! Command ordering (RFC 7143, section 4.2.2.1). Requests are delivered in CmdSN order; those
//! outside the command window are ignored. A request that arrives early is kept, unless it has
//! data.

#![forbid(unsafe_code)]

use kernel::prelude::*;

use super::{Session, Sink};
use crate::iscsi::{
    pdu::{self, function_response, Opcode, Reject, Request, TaskManagement, NO_TAG},
    receiver::End,
    registry::Portal,
    sender::Sender, //
};

/// A request that arrived before one with a lower CmdSN.
pub(super) struct Early {
    number: u32,
    /// `None` if the request was aborted and counts as received.
    request: Option<Request>,
}

impl Session {
    /// Returns true if a PDU is to be handled now. Returns false if its CmdSN is outside the
    /// window, or if it is kept until requests with lower CmdSNs have arrived.
    pub(super) fn is_in_order(
        &mut self,
        sender: &mut Sender,
        request: &Request,
        ahs: &[u8],
    ) -> Result<bool, End> {
        let has_number = match request.opcode() {
            Opcode::DataOut | Opcode::Snack => false,
            // The answer to a ping has no CmdSN.
            Opcode::NopOut if request.task_tag() == NO_TAG => false,
            _ => !request.is_immediate(),
        };
        if !has_number {
            return Ok(true);
        }
        let number = request.cmd_sn();
        if number == sender.exp_cmd_sn && !pdu::is_before(sender.max_cmd_sn(), number) {
            sender.exp_cmd_sn = sender.exp_cmd_sn.wrapping_add(1);
            return Ok(true);
        }
        let is_outside = pdu::is_before(number, sender.exp_cmd_sn)
            || pdu::is_before(sender.max_cmd_sn(), number);
        if is_outside {
            return Ok(false);
        }
        // The request would have to wait, but its data cannot be kept.
        let has_data = request.data_length() != 0
            || request.opcode() == Opcode::Command && !request.is_final();
        if has_data || !ahs.is_empty() {
            return Err(End::Rejected(Reject::Protocol, *request));
        }
        self.keep(number, Some(*request))?;
        Ok(false)
    }

    /// Keeps an early request. There is at most one for each CmdSN in the window.
    fn keep(&mut self, number: u32, request: Option<Request>) -> Result<(), End> {
        if !self.early.iter().any(|early| early.number == number) {
            self.early.push(Early { number, request }, GFP_KERNEL)?;
        }
        Ok(())
    }

    /// Handles the early requests whose CmdSN is next.
    ///
    /// # Errors
    ///
    /// Returns the reason if the connection cannot continue.
    pub(in crate::iscsi) fn catch_up(
        &mut self,
        portal: &Portal,
        sender: &mut Sender,
    ) -> Result<(), End> {
        // Another PDU may be partly received: keep its state.
        let is_ignored = self.is_ignored;
        let next = |early: &Early, sender: &Sender| early.number == sender.exp_cmd_sn;
        while let Some(index) = self.early.iter().position(|early| next(early, sender)) {
            let early = self.early.remove(index).map_err(|_| End::Now)?;
            match early.request {
                Some(request) => {
                    self.begin(sender, &request, &[])?;
                    self.complete(portal, sender, &request, Sink::Discard)?;
                }
                None => sender.exp_cmd_sn = early.number.wrapping_add(1),
            }
        }
        self.is_ignored = is_ignored;
        Ok(())
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
                self.keep(number, None)?;
                Ok(function_response::COMPLETE)
            }
            _ => Ok(code),
        }
    }
}
