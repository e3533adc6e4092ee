// SPDX-License-Identifier: GPL-2.0-only

//! SCSI commands, and their memory while target core owns them.
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
    target::{
        atomic::{atomic_load, Relaxed},
        Buffer,
        Cpu,
        Direction,
        Operations,
        Session, //
    },
};

/// Length of a sense buffer, in bytes.
pub(super) const SENSE_LEN: usize = bindings::TRANSPORT_SENSE_BUFFER as usize;

/// A type that begins with a `struct se_cmd`.
///
/// # Safety
///
/// - The type must be `repr(C)` or `repr(transparent)`, with a `struct se_cmd` at its beginning.
/// - Any thread must be allowed to use a shared reference to it, and to release it.
pub unsafe trait SeCmd {}

/// Returns the C part.
pub(super) fn se_cmd<O: SeCmd>(object: &O) -> *mut bindings::se_cmd {
    ptr::from_ref(object).cast_mut().cast()
}

/// Returns the flags of a command.
pub(super) fn flags<O: SeCmd>(object: &O) -> u32 {
    // SAFETY: The object begins with a `struct se_cmd`, by the contract of `SeCmd`, and is alive
    // while it is borrowed. Target core may change flags concurrently, with single stores. The
    // flags that callers test do not change any more.
    unsafe { atomic_load(ptr::addr_of_mut!((*se_cmd(object)).se_cmd_flags), Relaxed) }
}

/// A SCSI command: a `struct se_cmd` and the driver's data.
#[repr(C)]
pub struct Cmd<T: Operations> {
    pub(super) inner: Opaque<bindings::se_cmd>,
    pub(super) sense: Opaque<[u8; SENSE_LEN]>,
    /// Link to another command in a queue, for the owner of a [`QueuedCmd`](super::QueuedCmd).
    pub(super) link: UnsafeCell<*mut Self>,
    pub(super) data: T::Cmd,
}

// SAFETY: The type is `repr(C)`, with a `struct se_cmd` as its first field. The driver's data are
// `Send` and `Sync`. The link has a single user, the owner of the `QueuedCmd`.
unsafe impl<T: Operations> SeCmd for Cmd<T> {}

impl<T: Operations> Cmd<T> {
    /// Borrows the command whose C part is `ptr`.
    ///
    /// # Safety
    ///
    /// `ptr` must have been submitted by [`Session::submit`], and must not be released during `'a`.
    pub(super) unsafe fn from_raw<'a>(ptr: *mut bindings::se_cmd) -> &'a Self {
        // SAFETY: `submit` has initialized a `Cmd`, of which `ptr` is the first field. It is not
        // released during `'a`, by the requirements of this function.
        unsafe { &*ptr.cast() }
    }

    /// Takes the memory and the data back from target core.
    ///
    /// # Safety
    ///
    /// `ptr` must have been initialized by [`Session::submit`], and must not be used afterwards.
    pub(super) unsafe fn take_back(ptr: *mut bindings::se_cmd) -> (T::CmdMemory, T::Cmd) {
        let cmd: *mut Self = ptr.cast();
        // SAFETY: `submit` has initialized the data, at a pointer from `into_raw`. By the
        // requirements of this function, this is the last use of both.
        unsafe {
            let data = ptr::addr_of!((*cmd).data).read();
            (T::CmdMemory::from_raw(cmd), data)
        }
    }

    /// Takes the memory back from target core after the last reference was dropped, for the op
    /// `release_cmd`.
    ///
    /// # Safety
    ///
    /// As [`Self::take_back`]. The session must not be removed during `'a`.
    pub(super) unsafe fn release<'a>(ptr: *mut bindings::se_cmd) -> Released<'a, T> {
        // SAFETY: `submit` has initialized `ptr`, which is not used afterwards, and the session is
        // not removed during `'a`, by the requirements of this function.
        unsafe {
            let (memory, _) = Self::take_back(ptr);
            memory.released()
        }
    }

    /// Returns the session of the command.
    pub fn session(&self) -> &Session<T> {
        // SAFETY: `submit` has set the session. It is not removed before its commands are released:
        // dropping the `Nexus` waits for them.
        unsafe { Session::from_raw((*self.inner.get()).se_sess) }
    }

    /// Returns the address of the sense buffer of a command, for implementations of [`CmdMemory`].
    /// Target core has written it when the command is completed with sense data.
    pub fn sense_buffer(cmd: *const Self) -> *const u8 {
        cmd.cast::<u8>().wrapping_add(mem::offset_of!(Self, sense))
    }

    /// Returns the driver's data.
    pub fn data(&self) -> &T::Cmd {
        &self.data
    }

    /// Returns the direction of the data.
    pub fn direction(&self) -> Direction {
        // SAFETY: The direction is set before submission, and does not change.
        Direction::from_raw(unsafe { (*self.inner.get()).data_direction })
    }

    /// Returns the task tag of the request.
    pub fn tag(&self) -> u64 {
        // SAFETY: The tag is set before submission, and does not change.
        unsafe { (*self.inner.get()).tag }
    }

    /// Returns the logical unit number of the request.
    pub fn lun(&self) -> u64 {
        // SAFETY: The number is set before submission, and does not change.
        unsafe { (*self.inner.get()).orig_fe_lun }
    }
}

/// The memory of a command while target core owns the command.
///
/// # Safety
///
/// - The pointer that `into_raw` returns must be aligned, and valid for reads and writes of a
///   [`Cmd`] by the one owner of the pointer, until `from_raw` takes it back.
/// - The scatterlists that `buffer` returns must be valid for as long, and have `length` bytes.
pub unsafe trait CmdMemory<T: Operations>: Sized + Send {
    /// True if the memory is in the session: its nexus must come from
    /// [`Nexus::with_slots`](super::Nexus::with_slots).
    const IS_IN_SESSION: bool = false;

    /// The memory as the op `release_cmd` gets it.
    type Released<'a>;

    /// Returns the description of the data.
    fn buffer(&self) -> Buffer;

    /// Returns the processor that executes the command; `None` for that of the caller.
    #[inline]
    fn cpu(&self) -> Option<Cpu> {
        None
    }

    /// Converts the memory of a released command for the op `release_cmd`.
    ///
    /// # Safety
    ///
    /// The session of the command must not be removed during `'a`.
    unsafe fn released<'a>(self) -> Self::Released<'a>;

    /// Drops what the memory of the commands of a session has between commands.
    ///
    /// # Safety
    ///
    /// `session` must be a session of `T` that is stopped, and without commands. This function must
    /// be called at most once for it.
    #[inline]
    unsafe fn end(_session: *mut bindings::se_session) {}

    /// Converts the memory to a pointer.
    fn into_raw(self) -> *mut Cmd<T>;

    /// Converts the pointer back to the memory.
    ///
    /// # Safety
    ///
    /// `cmd` must come from [`Self::into_raw`], and must not be used afterwards.
    unsafe fn from_raw(cmd: *mut Cmd<T>) -> Self;
}

/// The memory of a command as the op `release_cmd` gets it.
pub type Released<'a, T> = <<T as Operations>::CmdMemory as CmdMemory<T>>::Released<'a>;

/// Memory of a command from `kmalloc()`. Target core allocates the payload.
pub struct BoxedCmd<T: Operations>(KBox<Memory<T>>);

/// Content of the box. The command is the first field, so a pointer to one is a pointer to the
/// other.
#[repr(C)]
struct Memory<T: Operations> {
    cmd: MaybeUninit<Cmd<T>>,
    length: Option<u32>,
    direction: Direction,
}

// SAFETY: The command in the box is uninitialized while the box exists. The other fields are plain
// data.
unsafe impl<T: Operations> Send for BoxedCmd<T> {}

impl<T: Operations> BoxedCmd<T> {
    /// Allocates memory for a command. Called in any context.
    ///
    /// `length` is the length of the data that the initiator announces, which target core
    /// allocates. If the protocol has no such field, `None` makes target core take the length from
    /// the command descriptor block (`TARGET_SCF_UNKNOWN_SIZE`).
    ///
    /// Target core allocates up to this length, at most `MAX_DATA_SG_NENTS` pages. The driver must
    /// therefore set that constant, and limit the commands that it submits at a time.
    ///
    /// # Errors
    ///
    /// Returns [`ENOMEM`].
    pub fn new(length: Option<u32>, direction: Direction) -> Result<Self> {
        let memory = Memory {
            cmd: MaybeUninit::uninit(),
            length,
            direction,
        };
        Ok(Self(KBox::new(memory, GFP_ATOMIC)?))
    }
}

// SAFETY: The content of a box is aligned, and valid until the box is dropped. There are no
// scatterlists.
unsafe impl<T: Operations> CmdMemory<T> for BoxedCmd<T> {
    type Released<'a> = Self;

    unsafe fn released<'a>(self) -> Self::Released<'a> {
        self
    }

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
        // SAFETY: `cmd` comes from `into_raw` and is not used afterwards, by the requirements of
        // this function, so it is the pointer of a box that this function owns.
        Self(unsafe { KBox::from_raw(cmd.cast()) })
    }
}
