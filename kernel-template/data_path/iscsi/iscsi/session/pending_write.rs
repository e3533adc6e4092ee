// SPDX-License-Identifier: GPL-2.0-only

//! The state of a write that waits for its data: the payload, and the data that are due.

#![forbid(unsafe_code)]

use kernel::time::Jiffies;

use crate::{
    iscsi::pdu::{Command, DataOut, NO_TAG},
    target::{atomic::Relaxed, PayloadMut, Pending, SenseReason},
    Fabric, //
};

/// Additional sense codes with qualifier, RFC 7143, section 11.4.7.2.
pub(super) mod sense {
    /// Wrong data digest.
    pub(crate) const CRC_ERROR: u16 = 0x4705;
    /// Unexpected unsolicited data.
    pub(crate) const UNEXPECTED_DATA: u16 = 0x0c0c;
    /// Incorrect amount of data.
    pub(crate) const WRONG_AMOUNT: u16 = 0x0c0d;
}

/// State of the data transfer of a write.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Transfer {
    /// No data are due.
    Idle,
    /// Unsolicited data are due.
    Unsolicited,
    /// Data are due that an R2T has requested: up to this offset, with this target transfer tag.
    Solicited { end: u32, tag: u32 },
}

/// A write that waits for its data.
pub(in crate::iscsi) struct PendingWrite {
    pub(super) pending: Pending<Fabric>,
    length: u32,
    pub(super) offset: u32,
    pub(super) transfer: Transfer,
    pub(super) data_sn: u32,
    pub(super) r2t_sn: u32,
    /// Value of `Session::waited` when the data became due.
    pub(super) since: Jiffies,
}

impl PendingWrite {
    pub(super) fn new(mut pending: Pending<Fabric>, since: Jiffies) -> Self {
        let length = pending.payload().len();
        let io = pending.data();
        io.is_allocated.store(true, Relaxed);
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

    pub(super) fn tag(&self) -> u32 {
        self.pending.data().request.task_tag()
    }

    /// Returns the number of bytes received.
    pub(in crate::iscsi) fn offset(&self) -> u32 {
        self.offset
    }

    /// Returns the number of bytes to be received.
    pub(in crate::iscsi) fn room(&self) -> u32 {
        self.length.saturating_sub(self.offset)
    }

    /// Returns the payload.
    pub(in crate::iscsi) fn payload(&mut self) -> PayloadMut<'_> {
        self.pending.payload()
    }

    /// Returns true if `data` are the next data of the write: in order, and not too many.
    pub(super) fn is_next(&self, data: &DataOut<'_>, first_burst: u32) -> bool {
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

    /// Fails the command, with one of the codes in [`sense`].
    pub(super) fn fail(self, fault: u16) {
        self.pending.data().fault.store(fault.into(), Relaxed);
        self.pending.fail(SenseReason::ABORT_CMD);
    }
}
