// SPDX-License-Identifier: GPL-2.0-only

//! Responses to commands: the data of reads in Data-In PDUs, status, and sense data.

#![forbid(unsafe_code)]

use kernel::prelude::*;

use super::{set, Body, Sender};
use crate::{
    iscsi::{
        link::Link,
        pdu::{Reply, Residual},
    },
    target::{self, Completed, Reference},
    Fabric, //
};

/// The length of the sense data in a response, with its length before it.
pub(super) const SENSE_MAX: usize = 2 + 96;

/// A read whose data are being sent.
pub(super) struct DataIn {
    pub(super) response: Reference<Completed<Fabric>>,
    pub(super) length: u32,
    pub(super) offset: u32,
    pub(super) data_sn: u32,
    /// Rest of the sequence, in bytes.
    pub(super) burst: u32,
}

impl Sender {
    /// Begins the next data of a read.
    pub(super) fn begin_data(&mut self, mut reading: DataIn, link: &Link) -> Result {
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
            link.command_ended(io);
            reply = reply.with_status(reading.response.status(), residual(&reading.response));
        }
        reading.data_sn += 1;
        self.reading = Some(reading);
        self.begin(
            reply.with_data(length),
            Body::Payload { offset, length },
            link,
        )
    }

    /// Begins the response to a command, after `data_sn` PDUs of data.
    pub(super) fn begin_response(
        &mut self,
        response: &Completed<Fabric>,
        data_sn: u32,
        link: &Link,
    ) -> Result {
        let io = response.data();
        link.command_ended(io);
        if io.is_refused_write() {
            self.refused_writes
                .push(io.request.task_tag(), GFP_KERNEL)?;
        }
        let sent = data_sn + io.r2t_count();
        let tag = io.request.task_tag();
        let mut reply = Reply::response(tag, response.status(), residual(response), sent);
        let mut body = Body::None;
        if let Some(sense) = response.sense() {
            // SPC-4, section 4.5: byte 7 says how much follows the first eight.
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
        self.begin(reply, body, link)
    }
}

/// Returns true if the last data of a read bring the status: it has no sense data then.
pub(super) fn has_status(response: &Completed<Fabric>) -> bool {
    response.status() == 0 && response.sense().is_none()
}

/// The residual, as the protocol has it.
fn residual(response: &Completed<Fabric>) -> Residual {
    match response.residual() {
        target::Residual::None => Residual::None,
        target::Residual::Underflow(count) => Residual::Underflow(count),
        target::Residual::Overflow(count) => Residual::Overflow(count),
    }
}
