// SPDX-License-Identifier: GPL-2.0-only

//! The transfer of the data of writes.
//!
//! Target core allocates the payload of a write and passes it as a [`Pending`]. Data, immediate
//! data included, are received directly into the payload. Missing data are requested by R2T. A
//! write with data out of order fails: at error recovery level 0 they cannot be requested again.

#![forbid(unsafe_code)]

use kernel::{c_str, prelude::*};

use super::{
    pending_write::{sense, PendingWrite, Transfer},
    Session, //
};
use crate::{
    iscsi::{
        pdu::{Command, DataOut, Opcode, Reply, Request, NO_TAG},
        receiver::{End, Sink},
        sender::Sender, //
    },
    target::{atomic::Relaxed, Pending, SenseReason},
    thread,
    Fabric, //
};

/// Operation code of PERSISTENT RESERVE OUT, SPC-4 section 6.16.
const PERSISTENT_RESERVE_OUT: u8 = 0x5f;

impl Session {
    pub(super) fn begin_data(&mut self, sender: &Sender, request: &Request) -> Result<Sink, End> {
        let tag = request.task_tag();
        if self.is_awaited(tag) {
            return Ok(Sink::Awaited(tag));
        }
        // Data may still arrive for a write that was answered or aborted.
        let Some(index) = self.writes.iter().position(|write| write.tag() == tag) else {
            return Ok(Sink::Discard);
        };
        let write = self.writes.remove(index).map_err(|_| End::Now)?;
        Ok(admit(write, sender, request))
    }

    /// Takes a write whose payload target core has allocated. If the current data segment belongs
    /// to it, the write becomes the sink.
    ///
    /// # Errors
    ///
    /// Returns [`End::Failed`] if memory is short.
    pub(in crate::iscsi) fn take_write(
        &mut self,
        pending: Pending<Fabric>,
        sender: &mut Sender,
        request: &Request,
        sink: &mut Sink,
    ) -> Result<(), End> {
        let write = PendingWrite::new(pending, self.waited);
        let tag = write.tag();
        self.forget(tag);
        if !matches!(sink, Sink::Awaited(awaited) if *awaited == tag) {
            return self.go_on(sender, write);
        }
        *sink = match request.opcode() {
            Opcode::DataOut => admit(write, sender, request),
            _ => Sink::Payload(write),
        };
        Ok(())
    }

    /// Stops waiting for the payload of a write: target core has allocated it, or has answered the
    /// command without it.
    pub(in crate::iscsi) fn forget(&mut self, tag: u32) {
        self.awaited.retain(|other| *other != tag);
    }

    /// Continues a write: executes it, requests data, or waits for data.
    ///
    /// # Errors
    ///
    /// Returns [`End::Failed`] if memory is short.
    pub(in crate::iscsi) fn go_on(
        &mut self,
        sender: &mut Sender,
        mut write: PendingWrite,
    ) -> Result<(), End> {
        if write.transfer == Transfer::Idle {
            let left = write.room();
            if left == 0 {
                return execute(write.pending);
            }
            let length = left.min(sender.agreed.max_burst_length);
            let tag = self.next_tag;
            self.next_tag = (self.next_tag + 1) % NO_TAG;
            let io = write.pending.data();
            let reply =
                Reply::ready_to_transfer(&io.request, tag, write.r2t_sn, write.offset, length);
            io.r2t_count.add(1, Relaxed);
            sender.reply(reply)?;
            write.r2t_sn = write.r2t_sn.wrapping_add(1);
            write.data_sn = 0;
            let end = write.offset + length;
            write.transfer = Transfer::Solicited { end, tag };
            write.since = self.waited;
        }
        if let Err(error) = self.writes.reserve(1, GFP_KERNEL) {
            write.pending.fail(SenseReason::OUT_OF_RESOURCES);
            return Err(error.into());
        }
        self.writes.push(write, GFP_KERNEL)?;
        Ok(())
    }

    /// Handles data of a write that were received.
    pub(super) fn take_data(
        &mut self,
        sender: &mut Sender,
        request: &Request,
        mut write: PendingWrite,
    ) -> Result<(), End> {
        if request.data_length() != 0 {
            write.offset += request.data_length();
            let received = &sender.link.traffic.received;
            received.add(request.data_length().into());
            self.moved = self.waited;
        }
        let is_final = request.is_final();
        if request.opcode() == Opcode::DataOut {
            write.data_sn = write.data_sn.wrapping_add(1);
            if is_final {
                if let Transfer::Solicited { end, .. } = write.transfer {
                    if write.offset != end {
                        write.fail(sense::WRONG_AMOUNT);
                        return Ok(());
                    }
                }
                write.transfer = Transfer::Idle;
            }
        }
        self.go_on(sender, write)
    }
}

/// Executes a write after its data have arrived.
///
/// PERSISTENT RESERVE OUT is executed in another thread: it may abort commands of this session and
/// wait until this thread gives them back.
fn execute(pending: Pending<Fabric>) -> Result<(), End> {
    let opcode = Command(&pending.data().request).cdb().first().copied();
    if opcode == Some(PERSISTENT_RESERVE_OUT) {
        thread::spawn(c_str!("iscsi_pr"), move || pending.execute())?;
    } else {
        pending.execute();
    }
    Ok(())
}

/// Returns the destination of data for a write. If they are not the next data, they are discarded
/// and the write fails: without error recovery the right ones cannot arrive.
fn admit(write: PendingWrite, sender: &Sender, request: &Request) -> Sink {
    if write.is_next(&DataOut(request), sender.agreed.first_burst_length) {
        return Sink::Payload(write);
    }
    write.fail(sense::UNEXPECTED_DATA);
    Sink::Discard
}
