// SPDX-License-Identifier: GPL-2.0-only

//! The payload of a command: the data of a write, which the driver fills in, or of a read, which it
//! sends.
//!
//! With a loopback, processes of the initiator share the memory and may write to it at any time.
//! The payload is therefore copied or passed on as pages, and never borrowed as a slice.
//!
//! C headers: [`include/linux/scatterlist.h`](srctree/include/linux/scatterlist.h),
//! [`include/target/target_core_base.h`](srctree/include/target/target_core_base.h)

use core::{
    marker::PhantomData,
    ops::Deref,
    ptr, //
};

use kernel::{
    ffi::c_void,
    prelude::*, //
};

use crate::bindings;

/// The payload of a command, for reading. Borrowed from a [`Pending`](super::Pending) or a
/// response.
pub struct Payload<'a> {
    list: *mut bindings::scatterlist,
    entries: u32,
    len: u32,
    command: PhantomData<&'a ()>,
}

impl Payload<'_> {
    /// Borrows the payload of a command.
    ///
    /// # Safety
    ///
    /// During the life of the result, `cmd` must be alive, and target core must neither change nor
    /// free its payload.
    pub(super) unsafe fn of(cmd: *mut bindings::se_cmd) -> Self {
        // SAFETY: `cmd` is alive, and target core does not change its payload, by the requirements
        // of this function.
        let (list, entries, length) =
            unsafe { ((*cmd).t_data_sg, (*cmd).t_data_nents, (*cmd).data_length) };
        Self {
            list,
            entries,
            // A command that failed early has no memory.
            len: if entries == 0 { 0 } else { length },
            command: PhantomData,
        }
    }

    /// Borrows the protection information of a command, which is empty if it has none.
    ///
    /// # Safety
    ///
    /// As [`Self::of`].
    pub(super) unsafe fn protection_of(cmd: *mut bindings::se_cmd) -> Self {
        // SAFETY: `cmd` is alive, and target core does not change its lists, by the requirements of
        // this function.
        let (list, entries, length) =
            unsafe { ((*cmd).t_prot_sg, (*cmd).t_prot_nents, (*cmd).prot_length) };
        Self {
            list,
            entries,
            len: if entries == 0 { 0 } else { length },
            command: PhantomData,
        }
    }

    /// Borrows a payload of `len` bytes in a scatterlist with a number of entries.
    ///
    /// # Safety
    ///
    /// During the life of the result, the list must have that many bytes in its entries, be alive,
    /// and be in no other use.
    pub(super) unsafe fn of_list(list: (*mut bindings::scatterlist, u32), len: u32) -> Self {
        let (list, entries) = list;
        Self {
            list,
            entries,
            len,
            command: PhantomData,
        }
    }

    /// Creates an empty payload.
    pub(super) fn empty() -> Self {
        Self {
            list: ptr::null_mut(),
            entries: 0,
            len: 0,
            command: PhantomData,
        }
    }

    /// Returns the length in bytes.
    pub fn len(&self) -> u32 {
        self.len
    }

    /// Returns true if the length is 0.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Checks that `count` bytes at `offset` are within the payload.
    fn check(&self, offset: u32, count: usize) -> Result {
        let left = self.len.checked_sub(offset).ok_or(EINVAL)?;
        if count > left as usize {
            return Err(EINVAL);
        }
        Ok(())
    }

    /// Copies `to.len()` bytes at `offset` to `to`. Called in any context.
    ///
    /// # Errors
    ///
    /// Returns [`EINVAL`] if the range is not within the payload.
    pub fn read(&self, offset: u32, to: &mut [u8]) -> Result {
        self.check(offset, to.len())?;
        let (buffer, skip) = (to.as_mut_ptr().cast::<c_void>(), offset as bindings::off_t);
        // SAFETY: The scatterlist is alive and has `entries` entries, by the contract of `of`. `to`
        // is valid for writes of its length.
        let copied = unsafe {
            bindings::sg_pcopy_to_buffer(self.list, self.entries, buffer, to.len(), skip)
        };
        if copied == to.len() {
            Ok(())
        } else {
            Err(EINVAL)
        }
    }

    /// Returns the scatterlist and the number of its entries, for a wrapper of the subsystem that
    /// maps it for a device. It is valid as long as the command that the payload is borrowed from.
    /// Only its first [`Self::len`] bytes are the payload.
    pub fn scatterlist(&self) -> (*mut bindings::scatterlist, u32) {
        (self.list, self.entries)
    }

    /// Returns the pages of `count` bytes at `offset`, for transfers without a copy.
    ///
    /// # Errors
    ///
    /// Returns [`EINVAL`] if the range is not within the payload.
    pub fn segments(&self, offset: u32, count: u32) -> Result<Segments<'_>> {
        self.check(offset, count as usize)?;
        Ok(Segments {
            entry: self.list,
            skip: offset,
            left: count,
            payload: PhantomData,
        })
    }
}

/// The payload of a write that waits for its data, for reading and writing.
pub struct PayloadMut<'a>(pub(super) Payload<'a>);

impl PayloadMut<'_> {
    /// Copies `from` to the payload at `offset`. Called in any context.
    ///
    /// # Errors
    ///
    /// Returns [`EINVAL`] if the range is not within the payload.
    pub fn write(&mut self, offset: u32, from: &[u8]) -> Result {
        self.0.check(offset, from.len())?;
        let (buffer, skip) = (from.as_ptr().cast::<c_void>(), offset as bindings::off_t);
        // SAFETY: The scatterlist is alive and has `entries` entries, by the contract of `of`, and
        // target core does not access the payload. `from` is valid for reads of its length.
        let copied = unsafe {
            bindings::sg_pcopy_from_buffer(self.0.list, self.0.entries, buffer, from.len(), skip)
        };
        if copied == from.len() {
            Ok(())
        } else {
            Err(EINVAL)
        }
    }
}

impl<'a> Deref for PayloadMut<'a> {
    type Target = Payload<'a>;

    fn deref(&self) -> &Payload<'a> {
        &self.0
    }
}

/// A range of bytes in physically contiguous pages, as in a `struct bio_vec`.
#[derive(Clone, Copy)]
pub struct Segment<'a> {
    page: *mut bindings::page,
    offset: u32,
    len: u32,
    payload: PhantomData<&'a ()>,
}

impl Segment<'_> {
    /// Returns the first page, for a wrapper of the subsystem that sends or receives.
    pub fn page(&self) -> *mut bindings::page {
        self.page
    }

    /// Returns the offset of the range in the first page. It may exceed the size of a page.
    pub fn offset(&self) -> u32 {
        self.offset
    }

    /// Returns the length in bytes, which is not 0.
    pub fn length(&self) -> u32 {
        self.len
    }
}

/// An iterator over the [`Segment`]s of a range of a payload.
pub struct Segments<'a> {
    entry: *mut bindings::scatterlist,
    skip: u32,
    left: u32,
    payload: PhantomData<&'a ()>,
}

impl<'a> Iterator for Segments<'a> {
    type Item = Segment<'a>;

    fn next(&mut self) -> Option<Segment<'a>> {
        while self.left != 0 && !self.entry.is_null() {
            let entry = self.entry;
            // SAFETY: `entry` is in the scatterlist of the payload that `self` borrows, which is
            // alive, by the contract of `Payload::of`. Its last entry has the end marker.
            let (page, offset, length) = unsafe {
                self.entry = bindings::sg_next(entry);
                (bindings::sg_page(entry), (*entry).offset, (*entry).length)
            };
            if self.skip >= length {
                self.skip -= length;
                continue;
            }
            let len = self.left.min(length - self.skip);
            let segment = Segment {
                page,
                offset: offset + self.skip,
                len,
                payload: PhantomData,
            };
            self.skip = 0;
            self.left -= len;
            return Some(segment);
        }
        None
    }
}
