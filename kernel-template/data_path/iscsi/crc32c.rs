// SPDX-License-Identifier: GPL-2.0-only

//! CRC-32C, the digest of storage protocols (RFC 3720, appendix B.4).
//!
//! C header: [`include/linux/crc32.h`](srctree/include/linux/crc32.h)

use kernel::prelude::*;

use crate::{bindings, target::Payload};

/// How much of a payload is looked at at once, in bytes.
const PIECE: u32 = 512;

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

    /// Goes on with `count` bytes of a payload, from `offset` on.
    ///
    /// # Errors
    ///
    /// [`EINVAL`] if they do not all lie in the payload.
    pub(crate) fn update_payload(
        &mut self,
        payload: &Payload<'_>,
        offset: u32,
        count: u32,
    ) -> Result {
        let mut piece = [0; PIECE as usize];
        let mut done = 0;
        while done < count {
            let length = (count - done).min(PIECE);
            let place = piece.get_mut(..length as usize).unwrap_or_default();
            payload.read(offset + done, place)?;
            self.update(place);
            done += length;
        }
        Ok(())
    }

    /// The digest, as it is sent.
    pub(crate) fn finish(self) -> [u8; 4] {
        (!self.0).to_le_bytes()
    }
}
