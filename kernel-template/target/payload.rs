// SPDX-License-Identifier: GPL-2.0-only

//! The payload of a command: the data of a write that the driver fills in, and the data of a read
//! that it sends.
//!
//! In a loopback the initiator's processes share the memory, and may write to it at any time. So it
//! is copied, or passed on as pages, and never borrowed as a slice.
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

/// The payload of a command, to be read. Borrowed from a [`Pending`](super::Pending) or a response,
/// which it does not outlive.
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
    /// While the result lives, `cmd` must be alive, and target core must neither change nor free
    /// the payload.
    pub(super) unsafe fn of(cmd: *mut bindings::se_cmd) -> Self {
        // SAFETY: `cmd` is alive, and target core does not change its payload, by the requirements
        // of this function.
        let (list, entries, length) =
            unsafe { ((*cmd).t_data_sg, (*cmd).t_data_nents, (*cmd).data_length) };
        Self {
            list,
            entries,
            // A command that fails early has no memory.
            len: if entries == 0 { 0 } else { length },
            command: PhantomData,
        }
    }

    /// An empty payload.
    pub(super) fn empty() -> Self {
        Self {
            list: ptr::null_mut(),
            entries: 0,
            len: 0,
            command: PhantomData,
        }
    }

    /// Its length in bytes.
    pub fn len(&self) -> u32 {
        self.len
    }

    /// Whether its length is 0.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Checks that `count` bytes from `offset` on lie in the payload.
    fn check(&self, offset: u32, count: usize) -> Result {
        let left = self.len.checked_sub(offset).ok_or(EINVAL)?;
        if count > left as usize {
            return Err(EINVAL);
        }
        Ok(())
    }

    /// Copies the bytes from `offset` on to `to`. Called in any context.
    ///
    /// # Errors
    ///
    /// [`EINVAL`] if they do not all lie in the payload.
    pub fn read(&self, offset: u32, to: &mut [u8]) -> Result {
        self.check(offset, to.len())?;
        let (buffer, skip) = (to.as_mut_ptr().cast::<c_void>(), offset as bindings::off_t);
        // SAFETY: The list is alive and has this many entries, by the contract of `of`. `to` is
        // valid for writes of its length.
        let copied = unsafe {
            bindings::sg_pcopy_to_buffer(self.list, self.entries, buffer, to.len(), skip)
        };
        if copied == to.len() {
            Ok(())
        } else {
            Err(EINVAL)
        }
    }

    /// The pages of `count` bytes from `offset` on, to be sent without a copy.
    ///
    /// # Errors
    ///
    /// [`EINVAL`] if they do not all lie in the payload.
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

/// The payload of a write that waits for its data, to be filled in.
pub struct PayloadMut<'a>(pub(super) Payload<'a>);

impl PayloadMut<'_> {
    /// Copies `from` to the bytes from `offset` on. Called in any context.
    ///
    /// # Errors
    ///
    /// [`EINVAL`] if they do not all lie in the payload.
    pub fn write(&mut self, offset: u32, from: &[u8]) -> Result {
        self.0.check(offset, from.len())?;
        let (buffer, skip) = (from.as_ptr().cast::<c_void>(), offset as bindings::off_t);
        // SAFETY: The list is alive and has this many entries, by the contract of `of`, and target
        // core does not use the payload. `from` is valid for reads of its length.
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

/// Bytes in physically contiguous pages, as in a `struct bio_vec`.
#[derive(Clone, Copy)]
pub struct Segment<'a> {
    page: *mut bindings::page,
    offset: u32,
    len: u32,
    payload: PhantomData<&'a ()>,
}

impl Segment<'_> {
    /// The first page, for a wrapper of the subsystem that sends or receives.
    pub fn page(&self) -> *mut bindings::page {
        self.page
    }

    /// Where the bytes begin in the first page. May be larger than a page.
    pub fn offset(&self) -> u32 {
        self.offset
    }

    /// How many bytes there are: not zero.
    pub fn length(&self) -> u32 {
        self.len
    }
}

/// The [`Segment`]s of a part of a payload, in order.
pub struct Segments<'a> {
    entry: *mut bindings::scatterlist,
    skip: u32,
    left: u32,
    payload: PhantomData<&'a ()>,
}

/// The low bits of a scatterlist entry's link: flags, and not part of the address.
const FLAGS: usize = (bindings::SG_CHAIN | bindings::SG_END) as usize;

/// The link of a scatterlist's entry: an address, and [`FLAGS`].
///
/// # Safety
///
/// `entry` must be one of a scatterlist that is alive.
unsafe fn link(entry: *const bindings::scatterlist) -> usize {
    // SAFETY: `entry` is alive, by the requirements of this function. C's `unsigned long` is as
    // long as `usize`.
    unsafe { ptr::addr_of!((*entry).page_link).cast::<usize>().read() }
}

/// The entry after `entry` in a scatterlist; null after the last one.
///
/// # Safety
///
/// `entry` must be one of a scatterlist that is alive, and whose last entry is marked as such.
unsafe fn next(entry: *mut bindings::scatterlist) -> *mut bindings::scatterlist {
    // SAFETY: `entry` is one of a list that is alive and has a last entry, by the requirements of
    // this function. After an entry that is not the last there is another one, which may be a link
    // to the next part of the list.
    unsafe {
        if link(entry) & bindings::SG_END as usize != 0 {
            return ptr::null_mut();
        }
        let next = entry.add(1);
        if link(next) & bindings::SG_CHAIN as usize != 0 {
            (link(next) & !FLAGS) as *mut bindings::scatterlist
        } else {
            next
        }
    }
}

impl<'a> Iterator for Segments<'a> {
    type Item = Segment<'a>;

    fn next(&mut self) -> Option<Segment<'a>> {
        while self.left != 0 && !self.entry.is_null() {
            // SAFETY: `entry` is one of the list of the payload that this is borrowed of. The list
            // is alive as long, by the contract of `Payload::of`.
            let (link, offset, length) =
                unsafe { (link(self.entry), (*self.entry).offset, (*self.entry).length) };
            // SAFETY: `entry` is one of a list that is alive, as above. Who makes a scatterlist
            // marks its last entry.
            self.entry = unsafe { next(self.entry) };
            if self.skip >= length {
                self.skip -= length;
                continue;
            }
            let len = self.left.min(length - self.skip);
            let segment = Segment {
                page: (link & !FLAGS) as *mut bindings::page,
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
