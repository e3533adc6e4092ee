// SPDX-License-Identifier: GPL-2.0-only

//! Messages to and from the network, and the pages of a payload as their data.
//!
//! C header: [`include/linux/uio.h`](srctree/include/linux/uio.h)

use core::mem::MaybeUninit;

use kernel::{error::to_result, ffi::c_int, ffi::c_uint, prelude::*};

use crate::{bindings, target::Payload};

/// Maximum number of payload segments in one call.
const SEGMENTS: usize = 32;

/// Creates a message with these flags and without data.
pub(super) fn message(flags: c_uint) -> bindings::msghdr {
    // SAFETY: The struct consists of integers, pointers and an iterator, for which zeros are valid.
    let mut message: bindings::msghdr = unsafe { MaybeUninit::zeroed().assume_init() };
    message.msg_flags = flags;
    message
}

pub(super) fn send_flags(more: bool) -> c_uint {
    let more = if more { bindings::MSG_MORE } else { 0 };
    bindings::MSG_DONTWAIT | bindings::MSG_NOSIGNAL | more
}

/// Converts the result of a call that returns a number of bytes or a negative errno.
pub(super) fn counted(result: c_int) -> Result<usize> {
    to_result(result.min(0))?;
    Ok(result as usize)
}

/// The pages of a range of a payload, or of its first [`SEGMENTS`] segments.
pub(super) struct Pages {
    pub(super) vectors: [MaybeUninit<bindings::bio_vec>; SEGMENTS],
    pub(super) count: c_uint,
    pub(super) length: usize,
}

impl Pages {
    pub(super) fn new(payload: &Payload<'_>, offset: u32, count: u32) -> Result<Self> {
        let mut pages = Self {
            vectors: [const { MaybeUninit::uninit() }; SEGMENTS],
            count: 0,
            length: 0,
        };
        let segments = payload.segments(offset, count)?;
        for (place, segment) in pages.vectors.iter_mut().zip(segments) {
            place.write(bindings::bio_vec {
                bv_page: segment.page(),
                bv_len: segment.length(),
                bv_offset: segment.offset(),
            });
            pages.count += 1;
            pages.length += segment.length() as usize;
        }
        Ok(pages)
    }

    /// # Safety
    ///
    /// `iterator` must be valid for writes. It must not be used after `self` is dropped or the
    /// borrow of the payload has ended.
    pub(super) unsafe fn iterate(&self, iterator: *mut bindings::iov_iter, direction: u32) {
        let vectors = self.vectors.as_ptr().cast();
        // SAFETY: `new` has written `count` vectors with `length` bytes in total. `iterator` is
        // valid for writes and does not outlive them, by the requirements of this function.
        unsafe {
            bindings::iov_iter_bvec(
                iterator,
                direction,
                vectors,
                self.count as usize,
                self.length,
            );
        }
    }
}
