// SPDX-License-Identifier: GPL-2.0-only

//! Commands whose payload lies in pages of the driver: a ring that it receives into, or memory of a
//! guest.
//!
//! C header: [`include/linux/scatterlist.h`](srctree/include/linux/scatterlist.h)

use core::{
    mem::MaybeUninit,
    ptr, //
};

use kernel::{
    page::{Page, PAGE_SIZE},
    prelude::*, //
};

use crate::{
    bindings,
    target::{
        payload::{Payload, PayloadMut},
        Buffer,
        Cmd,
        CmdMemory,
        Direction,
        Operations, //
    },
};

/// Pages that a driver owns: a vector of pages, or a pair of pages and data of the driver.
///
/// # Safety
///
/// - `page` must return a page for each number below `count`, which does not change.
/// - While the value exists, the pages must stay allocated, and all of their memory may be read and
///   written by others: no reference to it may exist.
pub unsafe trait OwnPages {
    /// Returns the number of pages.
    fn count(&self) -> usize;

    /// Returns a page.
    fn page(&self, index: usize) -> *mut bindings::page;
}

// SAFETY: A page is allocated until it is dropped. Its own methods that access the memory are
// unsafe, and this vector has no methods that give a reference to it away.
unsafe impl OwnPages for KVec<Page> {
    fn count(&self) -> usize {
        self.len()
    }

    fn page(&self, index: usize) -> *mut bindings::page {
        self[index].as_ptr().cast()
    }
}

// SAFETY: The pages are those of the first value. A shared reference to the other one does not lead
// to them.
unsafe impl<P: OwnPages, D> OwnPages for (P, D) {
    fn count(&self) -> usize {
        self.0.count()
    }

    fn page(&self, index: usize) -> *mut bindings::page {
        self.0.page(index)
    }
}

/// Memory of a command with pages of the driver for its payload, and a table of them. The op
/// `release_cmd` gets it back, for another command of any length that fits.
pub struct PagedCmd<T: Operations, P>(KBox<Memory<T, P>>);

/// Content of the box. The command is the first field, so a pointer to one is a pointer to the
/// other.
///
/// # Invariants
///
/// The first `entries` entries of `list` are a table of `length` bytes in `pages`.
#[repr(C)]
struct Memory<T: Operations, P> {
    cmd: MaybeUninit<Cmd<T>>,
    list: KVec<MaybeUninit<bindings::scatterlist>>,
    entries: u32,
    length: u32,
    direction: Direction,
    pages: P,
}

// SAFETY: The command in the box is uninitialized while the box exists. The table is in no other
// use, and the pages are `Send`.
unsafe impl<T: Operations, P: Send> Send for PagedCmd<T, P> {}

impl<T: Operations, P: OwnPages> PagedCmd<T, P> {
    /// Allocates memory for a command and a table of `pages`. The payload is empty.
    ///
    /// # Errors
    ///
    /// Returns [`ENOMEM`], or [`EINVAL`] if there are no pages, or more than 2 GiB of them.
    pub fn new(pages: P) -> Result<Self> {
        let count = pages.count();
        let size = count.checked_mul(PAGE_SIZE).ok_or(EINVAL)?;
        if count == 0 || i32::try_from(size).is_err() {
            return Err(EINVAL);
        }
        let mut list = KVec::with_capacity(count, GFP_KERNEL)?;
        for _ in 0..count {
            list.push(MaybeUninit::uninit(), GFP_KERNEL)?;
        }
        let memory = Memory {
            cmd: MaybeUninit::uninit(),
            list,
            entries: 0,
            length: 0,
            direction: Direction::NONE,
            pages,
        };
        Ok(Self(KBox::new(memory, GFP_KERNEL)?))
    }

    /// Returns the pages.
    pub fn pages(&self) -> &P {
        &self.0.pages
    }

    /// Drops the table and returns the pages.
    pub fn into_pages(self) -> P {
        KBox::into_inner(self.0).pages
    }

    /// Sets the payload of the next command: `length` bytes that begin at `offset` in the first
    /// page. Called in any context.
    ///
    /// # Errors
    ///
    /// Returns [`EINVAL`] if this is not within the pages, or if `offset` is not within the first
    /// page.
    pub fn set(&mut self, offset: u32, length: u32, direction: Direction) -> Result {
        let memory = &mut *self.0;
        let end = offset.checked_add(length).ok_or(EINVAL)? as usize;
        if offset as usize >= PAGE_SIZE || end > memory.pages.count() * PAGE_SIZE {
            return Err(EINVAL);
        }
        memory.length = length;
        memory.direction = direction;
        memory.entries = if length == 0 {
            0
        } else {
            end.div_ceil(PAGE_SIZE) as u32
        };
        if memory.entries == 0 {
            return Ok(());
        }
        let list: *mut bindings::scatterlist = memory.list.as_mut_ptr().cast();
        // SAFETY: The list has an entry for each page, and `entries` is at most their number.
        unsafe { bindings::sg_init_table(list, memory.entries) };
        let (mut skip, mut left) = (offset, length);
        for index in 0..memory.entries as usize {
            let count = left.min(PAGE_SIZE as u32 - skip);
            // SAFETY: The entry is one of the initialized ones, and the page has `count` bytes at
            // `skip`.
            unsafe {
                let entry = list.add(index).cast();
                bindings::sg_set_page(entry, memory.pages.page(index).cast(), count, skip);
            }
            skip = 0;
            left -= count;
        }
        Ok(())
    }

    /// Returns the payload that [`Self::set`] has set, to be filled in or read between commands.
    pub fn payload(&mut self) -> PayloadMut<'_> {
        let memory = &mut *self.0;
        // SAFETY: The table is initialized and its pages are allocated, by the invariants of
        // `Memory`. No command has them while the box is borrowed.
        PayloadMut(unsafe {
            let list = (memory.list.as_mut_ptr().cast(), memory.entries);
            Payload::of_list(list, memory.length)
        })
    }
}

// SAFETY: The content of a box is aligned, and valid until the box is dropped. Its table has
// `length` bytes in pages that are allocated for as long, by the invariants of `Memory`.
unsafe impl<T: Operations, P: OwnPages + Send> CmdMemory<T> for PagedCmd<T, P> {
    type Released<'a> = Self;

    unsafe fn released<'a>(self) -> Self::Released<'a> {
        self
    }

    fn buffer(&self) -> Buffer {
        let memory = &*self.0;
        Buffer {
            length: Some(memory.length),
            direction: memory.direction,
            data: if memory.entries == 0 {
                (ptr::null_mut(), 0)
            } else {
                let list = memory.list.as_ptr().cast_mut();
                (list.cast(), memory.entries)
            },
            protection: (ptr::null_mut(), 0),
            is_unprotected: false,
        }
    }

    fn into_raw(self) -> *mut Cmd<T> {
        KBox::into_raw(self.0).cast()
    }

    unsafe fn from_raw(cmd: *mut Cmd<T>) -> Self {
        // SAFETY: `cmd` comes from `into_raw` and is not used afterwards, by the requirements of
        // this function, so it is the pointer of a box that this function owns.
        Self(unsafe { KBox::from_raw(cmd.cast()) })
    }
}
