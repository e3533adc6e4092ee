// SPDX-License-Identifier: GPL-2.0-only

//! Responses to commands: Data-In PDUs, status, and sense data.

#![forbid(unsafe_code)]

use kernel::prelude::*;

use super::{set, Body, Sender};
use crate::{
    iscsi::pdu::{Reply, Residual},
    target::{self, Completed, Reference},
    Fabric, //
};

/// Maximum length of the sense data of a response and their length field, in bytes.
pub(super) const SENSE_MAX: usize = 2 + 96;

/// A read whose data are being sent in Data-In PDUs.
pub(super) struct DataIn {
    pub(super) response: Reference<Completed<Fabric>>,
    pub(super) length: u32,
    pub(super) offset: u32,
    pub(super) data_sn: u32,
    /// Bytes left in the current sequence.
    pub(super) burst: u32,
}

impl Sender {
    /// Begins the next Data-In PDU of a read.
    pub(super) fn begin_data(&mut self, mut reading: DataIn) -> Result {
        if reading.burst == 0 {
            reading.burst = self.agreed.max_burst_length;
        }
        let (offset, rest) = (reading.offset, reading.length - reading.offset);
        let length = rest
            .min(reading.burst)
            .min(self.agreed.max_xmit_data_segment_length);
        reading.burst -= length;
        reading.offset += length;
        let is_last = reading.offset == reading.length;
        let io = reading.response.data();
        let is_final = is_last || reading.burst == 0;
        let mut reply = Reply::data_in(io.request.task_tag(), reading.data_sn, offset, is_final);
        if is_last && has_status(&reading.response) {
            self.link.command_ended(&io.request);
            reply = reply.with_status(reading.response.status(), residual(&reading.response));
        }
        reading.data_sn += 1;
        self.reading = Some(reading);
        self.link.traffic.sent.add(length.into());
        self.begin(reply.with_data(length), Body::Payload { offset, length })
    }

    /// Begins the SCSI Response to a command, after `data_sn` Data-In PDUs.
    pub(super) fn begin_response(&mut self, response: &Completed<Fabric>, data_sn: u32) -> Result {
        let io = response.data();
        self.link.command_ended(&io.request);
        self.link.traffic.responses.add(1);
        if io.is_refused_write() {
            self.refused_writes
                .push(io.request.task_tag(), GFP_KERNEL)?;
        }
        let sent = data_sn + io.r2t_count();
        let tag = io.request.task_tag();
        let mut reply = Reply::response(tag, response.status(), residual(response), sent);
        let mut body = Body::None;
        if let Some(sense) = response.sense() {
            // SPC-4, section 4.5: byte 7 is the length after the first eight bytes.
            let length = sense.get(7).map_or(8, |more| 8 + usize::from(*more));
            let length = length.min(sense.len());
            let mut bytes = [0; SENSE_MAX];
            let [high, low, rest @ ..] = &mut bytes;
            [*high, *low] = (length as u16).to_be_bytes();
            for (place, byte) in rest.iter_mut().zip(sense.iter().take(length)) {
                *place = *byte;
            }
            if let Some(fault) = io.fault() {
                // SPC-4, sections 4.5.2 and 4.5.3.
                let offset = if sense.first() == Some(&0x72) { 2 } else { 12 };
                set(&mut bytes, 2 + offset, &fault);
            }
            body = Body::Sense(bytes, 2 + length);
            reply = reply.with_data(2 + length as u32);
        }
        self.begin(reply, body)
    }
}

/// Returns true if the last Data-In PDU of a read carries the status: GOOD, without sense data.
pub(super) fn has_status(response: &Completed<Fabric>) -> bool {
    response.status() == 0 && response.sense().is_none()
}

/// Converts the residual to that of the protocol.
fn residual(response: &Completed<Fabric>) -> Residual {
    match response.residual() {
        target::Residual::None => Residual::None,
        target::Residual::Underflow(count) => Residual::Underflow(count),
        target::Residual::Overflow(count) => Residual::Overflow(count),
    }
}
