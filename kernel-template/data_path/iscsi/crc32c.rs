// SPDX-License-Identifier: GPL-2.0-only

//! CRC-32C, the digest of storage protocols (RFC 3720, appendix B.4).
//!
//! C header: [`include/linux/crc32.h`](srctree/include/linux/crc32.h)

use crate::bindings;

/// A digest that is being computed.
#[derive(Clone, Copy)]
pub(crate) struct Crc32c(u32);

impl Crc32c {
    /// The digest of nothing yet.
    pub(crate) const fn new() -> Self {
        Self(!0)
    }

    /// Goes on with `bytes`.
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        // SAFETY: The bytes are as many as the slice says.
        self.0 = unsafe { bindings::crc32c(self.0, bytes.as_ptr().cast(), bytes.len()) };
    }

    /// The digest, as it is sent.
    pub(crate) fn finish(self) -> [u8; 4] {
        (!self.0).to_le_bytes()
    }
}
