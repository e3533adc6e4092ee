// SPDX-License-Identifier: GPL-2.0-only

//! CRC-32C, the digest of iSCSI (RFC 3720, appendix B.4).
//!
//! C header: [`include/linux/crc32.h`](srctree/include/linux/crc32.h)

use kernel::prelude::*;

use crate::{
    bindings::{
        self,
        tcm_nab5000_crc32c as crc32c_pages, //
    },
    target::Payload, //
};

/// A CRC-32C computation.
#[derive(Clone, Copy)]
pub(crate) struct Crc32c(u32);

impl Crc32c {
    /// Starts a computation.
    pub(crate) const fn new() -> Self {
        Self(!0)
    }

    /// Adds `bytes`.
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        // SAFETY: `bytes` is valid for reads of its length.
        self.0 = unsafe { bindings::crc32c(self.0, bytes.as_ptr().cast(), bytes.len()) };
    }

    /// Adds `count` bytes of a payload at `offset`.
    ///
    /// # Errors
    ///
    /// Returns [`EINVAL`] if the range is not within the payload.
    pub(crate) fn update_payload(
        &mut self,
        payload: &Payload<'_>,
        offset: u32,
        count: u32,
    ) -> Result {
        let mut left = count;
        for segment in payload.segments(offset, count)? {
            let (page, offset, length) = (segment.page(), segment.offset(), segment.length());
            // SAFETY: The segment is in pages of the payload, which are alive while it is borrowed.
            // Their bytes may change concurrently, if user space shares the pages; C code reads
            // them.
            self.0 = unsafe { crc32c_pages(self.0, page, offset, length) };
            left -= length;
        }
        if left == 0 {
            Ok(())
        } else {
            Err(EINVAL)
        }
    }

    /// Returns the digest in the byte order of the protocol.
    pub(crate) fn finish(self) -> [u8; 4] {
        (!self.0).to_le_bytes()
    }
}
