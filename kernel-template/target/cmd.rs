// SPDX-License-Identifier: GPL-2.0-only

//! SCSI commands, and the memory that they live in while target core has them.
//!
//! Bidirectional commands are not supported.
//!
//! C header: [`include/target/target_core_base.h`](srctree/include/target/target_core_base.h)

use core::{
    cell::UnsafeCell,
    mem::{self, MaybeUninit},
    ptr, //
};

use kernel::{
    prelude::*,
    types::Opaque, //
};

use crate::{
    bindings,
    target::{Buffer, Direction, Operations, Session}, //
};

/// The length of sense data, in bytes.
pub(super) const SENSE_LEN: usize = bindings::TRANSPORT_SENSE_BUFFER as usize;

/// A `struct se_cmd` with the driver's data behind it.
///
/// # Safety
///
/// - The type must be `repr(C)` or `repr(transparent)` and begin with a `struct se_cmd`.
/// - Any thread may use a shared reference to it, and release it.
pub unsafe trait SeCmd {}

/// The C part.
pub(super) fn se_cmd<O: SeCmd>(object: &O) -> *mut bindings::se_cmd {
    ptr::from_ref(object).cast_mut().cast()
}

/// Reads the flags of a command.
pub(super) fn flags<O: SeCmd>(object: &O) -> u32 {
    // SAFETY: The object begins with a `struct se_cmd`, by the contract of `SeCmd`, and is alive
    // while it is borrowed. Target core may change other flags meanwhile, but a volatile read is
    // not torn, and those that are asked for here do not change any more.
    unsafe { ptr::addr_of!((*se_cmd(object)).se_cmd_flags).read_volatile() }
}

/// A SCSI command: a `struct se_cmd` and the driver's data for it.
#[repr(C)]
pub struct Cmd<T: Operations> {
    pub(super) inner: Opaque<bindings::se_cmd>,
    pub(super) sense: Opaque<[u8; SENSE_LEN]>,
    /// Links the command to another in a queue: for whoever has the right to it.
    pub(super) link: UnsafeCell<*mut Self>,
    pub(super) data: T::Cmd,
}

// SAFETY: The type is `repr(C)`, and a `struct se_cmd` is its first field. The driver's data are
// `Send` and `Sync`; the link is for whoever has the right to the command.
unsafe impl<T: Operations> SeCmd for Cmd<T> {}

impl<T: Operations> Cmd<T> {
    /// Borrows the command that `ptr` is the C part of.
    ///
    /// # Safety
    ///
    /// `ptr` must have been submitted by [`Session::submit`], and not be released while `'a` lasts.
    pub(super) unsafe fn from_raw<'a>(ptr: *mut bindings::se_cmd) -> &'a Self {
        // SAFETY: `submit` has made `ptr` of a `Cmd`, of which it is the first field, and it is not
        // released while `'a` lasts, by the requirements of this function.
        unsafe { &*ptr.cast() }
    }

    /// Takes the memory and the data back from target core.
    ///
    /// # Safety
    ///
    /// `ptr` must have been written by [`Session::submit`], and nobody may use it any more.
    pub(super) unsafe fn take_back(ptr: *mut bindings::se_cmd) -> (T::CmdMemory, T::Cmd) {
        let cmd: *mut Self = ptr.cast();
        // SAFETY: `submit` has written the data and nobody uses them any more, by the requirements
        // of this function: this is their only owner. `submit` has got the pointer from `into_raw`.
        unsafe {
            let data = ptr::addr_of!((*cmd).data).read();
            (T::CmdMemory::from_raw(cmd), data)
        }
    }

    /// Takes the memory back from target core, after the last reference is gone.
    ///
    /// # Safety
    ///
    /// As [`Self::take_back`].
    pub(super) unsafe fn release(ptr: *mut bindings::se_cmd) -> T::CmdMemory {
        // SAFETY: `submit` has written `ptr` and nobody uses it any more, by the requirements of
        // this function.
        let (memory, _) = unsafe { Self::take_back(ptr) };
        memory
    }

    /// The session that the command came through.
    pub fn session(&self) -> &Session<T> {
        // SAFETY: `submit` has set the session, which is not removed before its commands are
        // released: `Nexus`'s drop waits for them.
        unsafe { Session::from_raw((*self.inner.get()).se_sess) }
    }

    /// The sense buffer in the memory of a command, for implementations of [`CmdMemory`]. Once
    /// there is a response with sense data, target core has written them.
    pub fn sense_buffer(cmd: *const Self) -> *const u8 {
        cmd.cast::<u8>().wrapping_add(mem::offset_of!(Self, sense))
    }

    /// The driver's data.
    pub fn data(&self) -> &T::Cmd {
        &self.data
    }

    /// The direction of its data.
    pub fn direction(&self) -> Direction {
        // SAFETY: The direction is set before the command is submitted, and does not change.
        Direction::from_raw(unsafe { (*self.inner.get()).data_direction })
    }

    /// The task tag that the command was submitted with.
    pub fn tag(&self) -> u64 {
        // SAFETY: The tag is set before the command is submitted, and does not change.
        unsafe { (*self.inner.get()).tag }
    }

    /// The logical unit that the command was submitted to.
    pub fn lun(&self) -> u64 {
        // SAFETY: The number is set before the command is submitted, and does not change.
        unsafe { (*self.inner.get()).orig_fe_lun }
    }
}

/// The memory that a command lives in while target core has it.
///
/// # Safety
///
/// - The pointer that `into_raw` returns must be aligned and valid for reads and writes of a
///   [`Cmd`], by the one owner of the pointer, until `from_raw` takes it back.
/// - The scatterlists that `buffer` returns must be valid for as long, and describe `length` bytes.
pub unsafe trait CmdMemory<T: Operations>: Sized + Send {
    /// The data of the command.
    fn buffer(&self) -> Buffer;

    /// Gives the memory away.
    fn into_raw(self) -> *mut Cmd<T>;

    /// Takes the memory back.
    ///
    /// # Safety
    ///
    /// `cmd` must come from [`Self::into_raw`], and nobody may use it any more.
    unsafe fn from_raw(cmd: *mut Cmd<T>) -> Self;
}

/// Memory for a command from the kernel's allocator; target core allocates the payload.
pub struct BoxedCmd<T: Operations>(KBox<Memory<T>>);

/// The content of the box. The command is the first field, so a pointer to one is a pointer to the
/// other.
#[repr(C)]
struct Memory<T: Operations> {
    cmd: MaybeUninit<Cmd<T>>,
    length: Option<u32>,
    direction: Direction,
}

// SAFETY: The command in the box is not initialized while there is a box; the rest is plain data.
unsafe impl<T: Operations> Send for BoxedCmd<T> {}

impl<T: Operations> BoxedCmd<T> {
    /// Memory for a command whose payload has `length` bytes, as the initiator announces. `None` if
    /// the protocol has no such number: then the command descriptor block decides
    /// (`TARGET_SCF_UNKNOWN_SIZE`). Called in any context.
    ///
    /// # Errors
    ///
    /// [`ENOMEM`].
    pub fn new(length: Option<u32>, direction: Direction) -> Result<Self> {
        let memory = Memory {
            cmd: MaybeUninit::uninit(),
            length,
            direction,
        };
        Ok(Self(KBox::new(memory, GFP_ATOMIC)?))
    }
}

// SAFETY: A box is aligned, and valid until it is dropped. It has no scatterlists.
unsafe impl<T: Operations> CmdMemory<T> for BoxedCmd<T> {
    fn buffer(&self) -> Buffer {
        Buffer {
            length: self.0.length,
            direction: self.0.direction,
            data: (ptr::null_mut(), 0),
            protection: (ptr::null_mut(), 0),
            is_unprotected: false,
        }
    }

    fn into_raw(self) -> *mut Cmd<T> {
        KBox::into_raw(self.0).cast()
    }

    unsafe fn from_raw(cmd: *mut Cmd<T>) -> Self {
        // SAFETY: `cmd` comes from `into_raw`, by the requirements of this function, so it is the
        // pointer of a box that nobody else owns.
        Self(unsafe { KBox::from_raw(cmd.cast()) })
    }
}
