// SPDX-License-Identifier: GPL-2.0-only

//! SCSI commands: their owner, their private memory, and their response.
//!
//! C header: [`include/scsi/scsi_cmnd.h`](srctree/include/scsi/scsi_cmnd.h)

use core::{
    cell::UnsafeCell,
    marker::PhantomData,
    mem::{self, MaybeUninit},
    ptr::{self, NonNull},
    sync::atomic::{AtomicU32, Ordering}, //
};

use kernel::ffi::c_int;

use super::Driver;
use crate::{
    bindings,
    rcu,
    target::{Buffer, Cmd, CmdMemory, Direction, Residual, Response}, //
};

/// The longest command descriptor block, in bytes.
pub(super) const CDB_MAX: usize = 32;

/// Status CHECK CONDITION, SAM-5 section 5.3.1.
const CHECK_CONDITION: u8 = 0x02;

/// The host byte of a command that did not reach the target.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct HostByte(bindings::scsi_host_status);

impl HostByte {
    /// There is no such target: the command fails.
    pub(crate) const NO_CONNECT: Self = Self(bindings::scsi_host_status_DID_NO_CONNECT);
    /// Something is wrong with the command: it fails.
    pub(crate) const ERROR: Self = Self(bindings::scsi_host_status_DID_ERROR);
    /// The logical unit was reset: the command is tried again.
    pub(crate) const RESET: Self = Self(bindings::scsi_host_status_DID_RESET);
    /// The way to the target is disrupted: the command is tried again, a few times.
    pub(crate) const TRANSPORT_DISRUPTED: Self =
        Self(bindings::scsi_host_status_DID_TRANSPORT_DISRUPTED);

    /// The `result` of a command with this host byte and status GOOD.
    pub(super) fn result(self) -> c_int {
        (self.0 << 16) as c_int
    }
}

/// The tag of a command.
///
/// # Safety
///
/// The command must be one of a host, in use, whose request is of the host's tag set: not one that
/// `SG_SCSI_RESET` has made.
pub(super) unsafe fn tag(command: NonNull<bindings::scsi_cmnd>) -> u64 {
    // SAFETY: The midlayer allocates a command right behind its request, which has a hardware
    // queue, by the requirements of this function.
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
    /// The driver, but the command has timed out: `scsi_done` must not be called for it any more.
    pub(in crate::scsi_host) const LATE: u32 = 2;
    /// The driver, which is about to call `scsi_done`.
    pub(in crate::scsi_host) const DONE: u32 = 3;
}

/// The private memory of a command, behind its `struct scsi_cmnd`.
#[repr(C)]
pub(super) struct Private<D: Driver> {
    pub(super) owner: AtomicU32,
    response: UnsafeCell<Noted>,
    cmd: MaybeUninit<Cmd<D::Fabric>>,
}

/// A response, kept here until the command is returned: until then the midlayer may read the
/// `struct scsi_cmnd`, if the command has timed out.
pub(super) struct Noted {
    /// The status and the host byte, as in `struct scsi_cmnd`.
    result: c_int,
    /// How many bytes were not transferred.
    residual: u32,
    /// Whether there are sense data, in the command of target core.
    has_sense: bool,
}

impl Noted {
    /// A response without sense data.
    pub(super) fn new(result: c_int) -> Self {
        Self {
            result,
            residual: 0,
            has_sense: false,
        }
    }
}

impl<D: Driver> Private<D> {
    /// The private memory of `command`.
    pub(super) fn of(command: NonNull<bindings::scsi_cmnd>) -> *mut Self {
        const { assert!(mem::align_of::<Self>() <= mem::align_of::<bindings::scsi_cmnd>()) };
        command.as_ptr().wrapping_add(1).cast()
    }

    /// The command whose private memory `cmd` is in.
    ///
    /// # Safety
    ///
    /// `cmd` must have come from [`CmdMemory::into_raw`] of a [`Command`] of `D`.
    unsafe fn command(cmd: NonNull<Cmd<D::Fabric>>) -> NonNull<bindings::scsi_cmnd> {
        // SAFETY: `into_raw` has got `cmd` from the private memory, by the requirements of this
        // function. That lies right behind the `struct scsi_cmnd`.
        unsafe {
            let private = cmd.as_ptr().byte_sub(mem::offset_of!(Self, cmd));
            NonNull::new_unchecked(private.cast::<bindings::scsi_cmnd>().sub(1))
        }
    }

    /// The owner of `command`.
    ///
    /// # Safety
    ///
    /// The command must be one of a host of `D`, and must stay so while `'a` lasts.
    pub(super) unsafe fn owner<'a>(command: NonNull<bindings::scsi_cmnd>) -> &'a AtomicU32 {
        // SAFETY: The command is one of a host of `D`, by the requirements of this function, so it
        // has private memory. The owner was set by `init_cmd_priv` or, in a command that
        // `SG_SCSI_RESET` makes, is zero: the midlayer. It only changes atomically.
        unsafe { &(*Self::of(command)).owner }
    }
}

/// A command of a SCSI host, owned by the driver. Dropping it fails the command.
///
/// # Invariants
///
/// The command belongs to a host of `D` and its owner is not the midlayer.
pub(crate) struct Command<D: Driver>(
    pub(super) NonNull<bindings::scsi_cmnd>,
    pub(super) PhantomData<D>,
);

// SAFETY: Any thread may give a command back: `scsi_done` may be called anywhere.
unsafe impl<D: Driver> Send for Command<D> {}

impl<D: Driver> Command<D> {
    /// The tag, which no other command of the host has at this time.
    pub(crate) fn tag(&self) -> u64 {
        // SAFETY: The command belongs to a host and to the driver, by the type's invariants: the
        // midlayer has queued it, with a request of the host's tag set.
        unsafe { tag(self.0) }
    }

    /// The number of the target that the command is for.
    pub(crate) fn id(&self) -> u32 {
        // SAFETY: A command has a device, whose address does not change.
        unsafe { (*(*self.0.as_ptr()).device).id }
    }

    /// The number of the logical unit that the command is for.
    pub(crate) fn lun(&self) -> u64 {
        // SAFETY: A command has a device, whose address does not change.
        unsafe { (*(*self.0.as_ptr()).device).lun }
    }

    /// The command descriptor block, padded with zeroes.
    pub(crate) fn cdb(&self) -> [u8; CDB_MAX] {
        // SAFETY: The midlayer does not change the block while the driver has the command.
        unsafe { (*self.0.as_ptr()).cmnd }
    }

    /// Notes the response of target core; [`Self::done`] passes it to the midlayer.
    pub(crate) fn respond(response: &Response<'_, D::Fabric>) {
        let cmd: &Cmd<D::Fabric> = response;
        // SAFETY: Every command of this fabric lies in its `CmdMemory`, which is `Command<D>`.
        let command = unsafe { Private::<D>::command(NonNull::from(cmd)) };
        let noted = Noted {
            result: c_int::from(response.status()),
            // With an overflow the whole buffer is used.
            residual: match response.residual() {
                Residual::Underflow(count) => count,
                Residual::Overflow(_) | Residual::None => 0,
            },
            has_sense: response.status() == CHECK_CONDITION && response.sense().is_some(),
        };
        // SAFETY: The driver owns the command until it is returned, and target core asks for one
        // response to a command at a time.
        unsafe { Self::note(command, noted) };
    }

    /// Notes the response.
    ///
    /// # Safety
    ///
    /// The driver must own the command, and must not note another response at the same time.
    pub(super) unsafe fn note(command: NonNull<bindings::scsi_cmnd>, noted: Noted) {
        // SAFETY: The driver owns the command and nobody else notes a response, by the requirements
        // of this function: the place is written by this call alone.
        unsafe { (*Private::<D>::of(command)).response.get().write(noted) };
    }

    /// Hands the response that was noted to the midlayer.
    ///
    /// # Safety
    ///
    /// The command must be [`owner::DONE`], by the caller.
    unsafe fn publish(command: NonNull<bindings::scsi_cmnd>) {
        const { assert!(bindings::SCSI_SENSE_BUFFERSIZE == bindings::TRANSPORT_SENSE_BUFFER) };
        let private = Private::<D>::of(command);
        let command = command.as_ptr();
        // SAFETY: The caller has made the command `DONE`, by the requirements of this function, so
        // it is in no other use. The two sense buffers have the same length and do not overlap;
        // target core has written its own.
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

    /// Returns the command to the midlayer with the response that was noted. Without one it was
    /// aborted: the midlayer tries it again.
    pub(crate) fn done(self) {
        let command = self.0;
        mem::forget(self);
        // SAFETY: The driver owns the command, by the type's invariants, and has just forgotten it,
        // so it is returned once.
        unsafe { Self::give_back(command) };
    }

    /// Returns the command to the midlayer as one that did not reach the target.
    pub(crate) fn fail(self, byte: HostByte) {
        // SAFETY: The driver owns the command, by the type's invariants, through this value alone.
        unsafe { Self::note(self.0, Noted::new(byte.result())) };
        self.done();
    }

    /// Makes the midlayer the owner, and calls `scsi_done` unless the command has timed out.
    ///
    /// # Safety
    ///
    /// The driver must own the command, and must not use it any more.
    unsafe fn give_back(command: NonNull<bindings::scsi_cmnd>) {
        // An error handler waits until this section has ended before it reports success.
        let _guard = rcu::read_lock();
        // SAFETY: The driver owns the command, by the requirements of this function, so it is one
        // of a host of `D`. Error recovery keeps it until this read-side critical section has
        // ended.
        let owner = unsafe { Private::<D>::owner(command) };
        let done = owner.compare_exchange(
            owner::DRIVER,
            owner::DONE,
            Ordering::AcqRel,
            Ordering::Acquire,
        );
        if done.is_ok() {
            // SAFETY: This function has just made the command `DONE`.
            unsafe { Self::publish(command) };
        }
        owner.store(owner::MIDLAYER, Ordering::Release);
        if done.is_ok() {
            // SAFETY: The driver owned the command, which had not timed out, and this is the first
            // call for it.
            unsafe { bindings::scsi_done(command.as_ptr()) };
        }
    }
}

impl<D: Driver> Drop for Command<D> {
    fn drop(&mut self) {
        // SAFETY: The driver owns the command, by the type's invariants, and does not use it any
        // more.
        unsafe {
            Self::note(self.0, Noted::new(HostByte::ERROR.result()));
            Self::give_back(self.0);
        }
    }
}

// SAFETY: The private memory has the size and alignment of its type, and belongs to the driver
// until it returns the command. So do the scatterlists, which are as long as the midlayer says.
unsafe impl<D: Driver> CmdMemory<D::Fabric> for Command<D> {
    fn buffer(&self) -> Buffer {
        let command = self.0.as_ptr();
        // SAFETY: The driver owns the command, by the type's invariants. Until it is returned, the
        // midlayer does not change what is read here.
        unsafe {
            let data = &(*command).sdb;
            let protection = match (*command).prot_sdb.as_ref() {
                Some(protection) => (protection.table.sgl, protection.table.nents),
                None => (ptr::null_mut(), 0),
            };
            let normal = bindings::scsi_prot_operations_SCSI_PROT_NORMAL;
            // If the command asks for protection information and the buffer has none, target core
            // neither generates nor strips any: the command is executed without.
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
        // SAFETY: The command has private memory, which is there until the driver returns the
        // command.
        unsafe { ptr::addr_of_mut!((*private).cmd).cast() }
    }

    unsafe fn from_raw(cmd: *mut Cmd<D::Fabric>) -> Self {
        // SAFETY: `cmd` comes from `into_raw`, by the requirements of this function, so it lies in
        // the private memory of a command and is not null.
        let command = unsafe { Private::<D>::command(NonNull::new_unchecked(cmd)) };
        Self(command, PhantomData)
    }
}
