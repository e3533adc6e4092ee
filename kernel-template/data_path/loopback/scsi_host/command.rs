// SPDX-License-Identifier: GPL-2.0-only

//! SCSI commands: ownership, private memory, and responses.
//!
//! C header: [`include/scsi/scsi_cmnd.h`](srctree/include/scsi/scsi_cmnd.h)

use core::{
    cell::UnsafeCell,
    marker::PhantomData,
    mem::{self, MaybeUninit},
    ptr::{self, NonNull}, //
};

use kernel::ffi::c_int;

use super::Driver;
use crate::{
    bindings,
    rcu,
    target::{
        atomic::{Atomic, Full, Release},
        Buffer, Cmd, CmdMemory, Direction, Residual, Response,
    }, //
};

/// Maximum length of a command descriptor block, in bytes.
pub(super) const CDB_MAX: usize = 32;

/// Status CHECK CONDITION, SAM-5 section 5.3.1.
const CHECK_CONDITION: u8 = 0x02;

/// The host byte of a command that did not reach the target.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct HostByte(bindings::scsi_host_status);

impl HostByte {
    /// The target does not exist: the command fails.
    pub(crate) const NO_CONNECT: Self = Self(bindings::scsi_host_status_DID_NO_CONNECT);
    /// The command is malformed: it fails.
    pub(crate) const ERROR: Self = Self(bindings::scsi_host_status_DID_ERROR);
    /// The logical unit was reset: the command is retried.
    pub(crate) const RESET: Self = Self(bindings::scsi_host_status_DID_RESET);
    /// The transport is disrupted: the command is retried a few times.
    pub(crate) const TRANSPORT_DISRUPTED: Self =
        Self(bindings::scsi_host_status_DID_TRANSPORT_DISRUPTED);

    /// Returns the `result` of a command with this host byte and status GOOD.
    fn result(self) -> c_int {
        (self.0 << 16) as c_int
    }
}

/// Returns the tag of a command.
///
/// # Safety
///
/// The command must be in use, and its request must be from the tag set of the host: not a command
/// that `SG_SCSI_RESET` has made.
pub(super) unsafe fn tag(command: NonNull<bindings::scsi_cmnd>) -> u64 {
    // SAFETY: The midlayer allocates a command directly behind its request. The request has a
    // hardware queue, by the requirements of this function.
    unsafe {
        let request = command.as_ptr().cast::<bindings::request>().sub(1);
        bindings::blk_mq_unique_tag(request).into()
    }
}

/// The owner of a command.
pub(super) mod owner {
    /// The midlayer.
    pub(in crate::scsi_host) const MIDLAYER: u32 = 0;
    /// The driver.
    pub(in crate::scsi_host) const DRIVER: u32 = 1;
    /// The driver, but the command has timed out: `scsi_done` must not be called for it.
    pub(in crate::scsi_host) const LATE: u32 = 2;
    /// The driver, which is about to call `scsi_done`.
    pub(in crate::scsi_host) const DONE: u32 = 3;
}

/// The private memory of a command, directly behind its `struct scsi_cmnd`.
#[repr(C)]
pub(super) struct Private<D: Driver> {
    pub(super) owner: Atomic<u32>,
    response: UnsafeCell<Noted>,
    cmd: MaybeUninit<Cmd<D::Fabric>>,
}

/// A response that is not yet in the `struct scsi_cmnd`. The midlayer may access that struct after
/// a timeout, so the response is written there only when the command is returned.
struct Noted {
    /// Status and host byte, as in `struct scsi_cmnd`.
    result: c_int,
    /// Number of bytes that were not transferred.
    residual: u32,
    /// True if target core's command has sense data.
    has_sense: bool,
}

impl Noted {
    /// Creates a response without sense data.
    fn new(result: c_int) -> Self {
        Self {
            result,
            residual: 0,
            has_sense: false,
        }
    }
}

impl<D: Driver> Private<D> {
    /// Returns the address of the private memory of `command`.
    pub(super) fn of(command: NonNull<bindings::scsi_cmnd>) -> *mut Self {
        const { assert!(mem::align_of::<Self>() <= mem::align_of::<bindings::scsi_cmnd>()) };
        command.as_ptr().wrapping_add(1).cast()
    }

    /// Returns the command whose private memory has `cmd`.
    ///
    /// # Safety
    ///
    /// `cmd` must come from [`CmdMemory::into_raw`] of a [`Command`] of `D`.
    unsafe fn command(cmd: NonNull<Cmd<D::Fabric>>) -> NonNull<bindings::scsi_cmnd> {
        // SAFETY: `cmd` comes from `into_raw`, by the requirements of this function, so it is in
        // private memory, which is directly behind the `struct scsi_cmnd`.
        unsafe {
            let private = cmd.as_ptr().byte_sub(mem::offset_of!(Self, cmd));
            NonNull::new_unchecked(private.cast::<bindings::scsi_cmnd>().sub(1))
        }
    }

    /// Returns the owner of `command`.
    ///
    /// # Safety
    ///
    /// The command must be a command of a host of `D` during `'a`.
    pub(super) unsafe fn owner<'a>(command: NonNull<bindings::scsi_cmnd>) -> &'a Atomic<u32> {
        // SAFETY: The command is a command of a host of `D`, by the requirements of this function,
        // so it has private memory. `init_cmd_priv` has set the owner; in a command that
        // `SG_SCSI_RESET` has made it is zero, `MIDLAYER`. All accesses are atomic.
        unsafe { &(*Self::of(command)).owner }
    }
}

/// A command of a SCSI host, owned by the driver. Dropping it fails the command.
///
/// # Invariants
///
/// The command belongs to a host of `D`, and its owner is not the midlayer.
pub(crate) struct Command<D: Driver>(NonNull<bindings::scsi_cmnd>, PhantomData<D>);

// SAFETY: Any thread may return a command, since `scsi_done` may be called in any context.
unsafe impl<D: Driver> Send for Command<D> {}

impl<D: Driver> Command<D> {
    /// Takes over a command that `queuecommand` got. Until the driver responds, the response is
    /// that of a command that was aborted.
    ///
    /// # Safety
    ///
    /// The command must be a command of a host of `D`, which the caller has made
    /// [`owner::DRIVER`]. This function must be called once for it.
    pub(super) unsafe fn from_queue(command: NonNull<bindings::scsi_cmnd>) -> Self {
        // SAFETY: The driver is the owner, and no handle exists yet that could make a concurrent
        // call, by the requirements of this function.
        unsafe { Self::note(command, Noted::new(HostByte::RESET.result())) };
        Self(command, PhantomData)
    }

    /// Returns the tag, which is unique among the current commands of the host.
    pub(crate) fn tag(&self) -> u64 {
        // SAFETY: The driver owns the command, by the type's invariants, so the midlayer has queued
        // it, with a request from the tag set of the host.
        unsafe { tag(self.0) }
    }

    /// Returns the target identifier of the command.
    pub(crate) fn id(&self) -> u32 {
        // SAFETY: Each command has a device, whose address does not change.
        unsafe { (*(*self.0.as_ptr()).device).id }
    }

    /// Returns the logical unit number of the command.
    pub(crate) fn lun(&self) -> u64 {
        // SAFETY: Each command has a device, whose address does not change.
        unsafe { (*(*self.0.as_ptr()).device).lun }
    }

    /// Returns the command descriptor block, padded with zeros.
    pub(crate) fn cdb(&self) -> [u8; CDB_MAX] {
        // SAFETY: The midlayer does not change the block while the driver owns the command.
        unsafe { (*self.0.as_ptr()).cmnd }
    }

    /// Records the response of target core, for [`Self::done`] to pass to the midlayer.
    pub(crate) fn respond(response: &Response<'_, D::Fabric>) {
        let cmd: &Cmd<D::Fabric> = response;
        // SAFETY: Each command of this fabric is in a `CmdMemory`, which is `Command<D>`.
        let command = unsafe { Private::<D>::command(NonNull::from(cmd)) };
        let noted = Noted {
            result: c_int::from(response.status()),
            // An overflow uses the whole buffer.
            residual: match response.residual() {
                Residual::Underflow(count) => count,
                Residual::Overflow(_) | Residual::None => 0,
            },
            has_sense: response.status() == CHECK_CONDITION && response.sense().is_some(),
        };
        // SAFETY: The driver owns the command, which is not returned yet. Target core asks for one
        // response to a command at a time.
        unsafe { Self::note(command, noted) };
    }

    /// Records a response.
    ///
    /// # Safety
    ///
    /// The driver must own the command. Calls for it must not be concurrent.
    unsafe fn note(command: NonNull<bindings::scsi_cmnd>, noted: Noted) {
        // SAFETY: The driver owns the command and there is no concurrent call, by the requirements
        // of this function, so the field is in no other use.
        unsafe { (*Private::<D>::of(command)).response.get().write(noted) };
    }

    /// Writes the recorded response to the `struct scsi_cmnd`.
    ///
    /// # Safety
    ///
    /// The caller must have made the command [`owner::DONE`].
    unsafe fn publish(command: NonNull<bindings::scsi_cmnd>) {
        const { assert!(bindings::SCSI_SENSE_BUFFERSIZE == bindings::TRANSPORT_SENSE_BUFFER) };
        let private = Private::<D>::of(command);
        let command = command.as_ptr();
        // SAFETY: The caller has made the command `DONE`, by the requirements of this function, so
        // it is in no other use. Target core has written its sense buffer. Both sense buffers have
        // the same length and do not overlap.
        unsafe {
            let noted = &*(*private).response.get();
            (*command).result = noted.result;
            (*command).resid_len = noted.residual;
            if noted.has_sense {
                let cmd: *const Cmd<D::Fabric> = (*private).cmd.as_ptr();
                let sense = Cmd::sense_buffer(cmd);
                let length = bindings::SCSI_SENSE_BUFFERSIZE as usize;
                ptr::copy_nonoverlapping(sense, (*command).sense_buffer, length);
            }
        }
    }

    /// Returns the command to the midlayer with the recorded response. A command without one was
    /// aborted; the midlayer retries it.
    pub(crate) fn done(self) {
        let command = self.0;
        mem::forget(self);
        // SAFETY: The driver owned the command, by the type's invariants. `self` has been
        // forgotten, so the command is returned once.
        unsafe { Self::give_back(command) };
    }

    /// Returns the command to the midlayer as one that did not reach the target.
    pub(crate) fn fail(self, byte: HostByte) {
        // SAFETY: The driver owns the command, by the type's invariants. `self` is its only handle,
        // so there is no concurrent call.
        unsafe { Self::note(self.0, Noted::new(byte.result())) };
        self.done();
    }

    /// Makes the midlayer the owner, and calls `scsi_done` unless the command has timed out.
    ///
    /// # Safety
    ///
    /// The driver must own the command, and must not use it afterwards.
    unsafe fn give_back(command: NonNull<bindings::scsi_cmnd>) {
        // Error handlers wait for this section before they report success.
        let _guard = rcu::read_lock();
        // SAFETY: The driver owns the command, by the requirements of this function, so it is a
        // command of a host of `D`. Error recovery does not reuse it before this RCU read-side
        // critical section has ended.
        let owner = unsafe { Private::<D>::owner(command) };
        let done = owner.cmpxchg(owner::DRIVER, owner::DONE, Full);
        if done.is_ok() {
            // SAFETY: The exchange above has made the command `DONE`.
            unsafe { Self::publish(command) };
        }
        owner.store(owner::MIDLAYER, Release);
        if done.is_ok() {
            // SAFETY: The driver owned the command, which had not timed out. This is the only call
            // for it.
            unsafe { bindings::scsi_done(command.as_ptr()) };
        }
    }
}

impl<D: Driver> Drop for Command<D> {
    fn drop(&mut self) {
        // SAFETY: The driver owns the command, by the type's invariants, and does not use it
        // afterwards. There is no concurrent call: `self` is the only handle.
        unsafe {
            Self::note(self.0, Noted::new(HostByte::ERROR.result()));
            Self::give_back(self.0);
        }
    }
}

// SAFETY: The private memory has the size and alignment of its type. The driver owns it, and the
// scatterlists, until it returns the command. The midlayer has set the lengths of the scatterlists.
unsafe impl<D: Driver> CmdMemory<D::Fabric> for Command<D> {
    type Released<'a> = Self;

    unsafe fn released<'a>(self) -> Self::Released<'a> {
        self
    }

    fn buffer(&self) -> Buffer {
        let command = self.0.as_ptr();
        // SAFETY: The driver owns the command, by the type's invariants. The midlayer does not
        // change the fields that are read here before the command is returned.
        unsafe {
            let data = &(*command).sdb;
            let protection = match (*command).prot_sdb.as_ref() {
                Some(protection) => (protection.table.sgl, protection.table.nents),
                None => (ptr::null_mut(), 0),
            };
            let normal = bindings::scsi_prot_operations_SCSI_PROT_NORMAL;
            // If the command asks for protection information that the buffer lacks, target core
            // must neither generate nor strip it: the command is executed without.
            let is_unprotected = u32::from((*command).prot_op) != normal && protection.1 == 0;
            Buffer {
                length: Some(if is_unprotected {
                    data.length
                } else {
                    bindings::tcm_nab5000_scsi_transfer_length(command)
                }),
                direction: Direction::from_raw((*command).sc_data_direction),
                data: (data.table.sgl, data.table.nents),
                protection,
                is_unprotected,
            }
        }
    }

    fn into_raw(self) -> *mut Cmd<D::Fabric> {
        let private = Private::<D>::of(self.0);
        mem::forget(self);
        // SAFETY: Each command has private memory, which is valid until the driver returns the
        // command.
        unsafe { ptr::addr_of_mut!((*private).cmd).cast() }
    }

    unsafe fn from_raw(cmd: *mut Cmd<D::Fabric>) -> Self {
        // SAFETY: `cmd` comes from `into_raw`, by the requirements of this function, so it is in
        // the private memory of a command, and not null.
        let command = unsafe { Private::<D>::command(NonNull::new_unchecked(cmd)) };
        Self(command, PhantomData)
    }
}
