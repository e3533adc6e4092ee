// SPDX-License-Identifier: GPL-2.0-only

//! Requests that arrived before one with a lower CmdSN, and their data.

#![forbid(unsafe_code)]

use kernel::prelude::*;

use crate::iscsi::pdu::{self, Request};

/// A request that arrived before one with a lower CmdSN.
pub(in crate::iscsi) struct Early {
    pub(super) number: u32,
    /// Task tag; `None` if the request was aborted and counts as received.
    pub(super) tag: Option<u32>,
    /// The request and its unsolicited data PDUs, with padding and without digests.
    pub(super) pdus: KVVec<u8>,
    /// Length of the header and the additional header segments.
    pub(super) head: usize,
}

impl Early {
    /// Creates an early request without its data.
    ///
    /// # Errors
    ///
    /// Returns [`ENOMEM`].
    pub(super) fn new(number: u32, request: &Request, ahs: &[u8]) -> Result<Self> {
        let mut pdus = KVVec::new();
        pdus.extend_from_slice(request.as_bytes(), GFP_KERNEL)?;
        pdus.extend_from_slice(ahs, GFP_KERNEL)?;
        let head = pdus.len();
        let data = request.data_length();
        pdus.resize(head + (data + pdu::padding(data)) as usize, 0, GFP_KERNEL)?;
        Ok(Self {
            number,
            tag: Some(request.task_tag()),
            pdus,
            head,
        })
    }

    /// Returns the place for `length` bytes of the data segment at `offset`.
    pub(in crate::iscsi) fn room(&mut self, offset: u32, length: u32) -> &mut [u8] {
        let start = self.head + offset as usize;
        let place = self.pdus.get_mut(start..start + length as usize);
        place.unwrap_or_default()
    }
}
