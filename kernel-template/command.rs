// SPDX-License-Identifier: GPL-2.0-only

//! Commands, task management functions, and the I_T nexus that they arrive through.
//!
//! A driver sets up a [`Nexus`] for an initiator that logs in, and submits through its [`Session`]
//! what arrives on the wire. From then on target core owns a command: it calls the ops
//! `write_pending`, `queue_data_in` and `queue_status` for it, and `release_cmd` when the last
//! reference is gone. A type of its own stands for each right that target core grants in an op, so
//! that it cannot be used twice, or at the wrong time: [`Pending`], [`Response`], [`TmrResponse`].
//!
//! References, as target core counts them: a command has one of target core's own, which
//! `check_stop_free` ends. A driver that needs the command until the initiator has acknowledged
//! the response has another (`TARGET_SCF_ACK_KREF`), a [`Reference`].
//!
//! Bidirectional commands are not supported.
//!
//! C headers: [`include/target/target_core_base.h`](srctree/include/target/target_core_base.h),
//! [`include/target/target_core_fabric.h`](srctree/include/target/target_core_fabric.h)

#![allow(
    dead_code,
    reason = "a layer for drivers to come: each uses what it needs of it"
)]

use core::{
    marker::PhantomData,
    mem,
    mem::MaybeUninit,
    ops::Deref,
    ptr,
    ptr::NonNull,
    sync::atomic::{AtomicI32, Ordering},
};

// Some kernels have `Zeroable` in `kernel::init`, others in the prelude.
#[allow(
    unused_imports,
    reason = "which of the two holds the trait depends on the kernel"
)]
use kernel::init::*;
use kernel::{
    error::to_result,
    ffi::{c_int, c_void},
    prelude::*,
    str::BStr,
    types::Opaque, //
};

use crate::{
    bindings,
    fabric_ops::Operations,
    target::{self, Tpg}, //
};

/// The length of sense data, in bytes.
const SENSE_LEN: usize = bindings::TRANSPORT_SENSE_BUFFER as usize;

/// A `struct se_cmd` with the driver's data behind it.
///
/// # Safety
///
/// The type must be `repr(C)` or `repr(transparent)` and begin with a `struct se_cmd`.
pub(crate) unsafe trait SeCmd {}

fn se_cmd<O: SeCmd>(object: &O) -> *mut bindings::se_cmd {
    ptr::from_ref(object).cast_mut().cast()
}

/// Reads the flags of a command.
fn flags<O: SeCmd>(object: &O) -> u32 {
    // SAFETY: By the trait's contract this is a command. Target core changes the flags under a
    // lock; those that are asked for here do not change any more.
    unsafe { ptr::addr_of!((*se_cmd(object)).se_cmd_flags).read_volatile() }
}

/// A SCSI command: a `struct se_cmd` and the driver's data for it.
#[repr(C)]
pub(crate) struct Cmd<T: Operations> {
    inner: Opaque<bindings::se_cmd>,
    sense: Opaque<[u8; SENSE_LEN]>,
    data: T::Cmd,
}

// SAFETY: The type is `repr(C)`, and this is its first field.
unsafe impl<T: Operations> SeCmd for Cmd<T> {}

impl<T: Operations> Cmd<T> {
    /// Borrows the command that `ptr` is the C part of.
    ///
    /// # Safety
    ///
    /// `ptr` must have been submitted by [`Session::submit`], and not be released while `'a` lasts.
    pub(crate) unsafe fn from_raw<'a>(ptr: *mut bindings::se_cmd) -> &'a Self {
        // SAFETY: By the requirements of this function.
        unsafe { &*ptr.cast() }
    }

    /// Takes the memory back from target core, after the last reference is gone.
    ///
    /// # Safety
    ///
    /// `ptr` must have been submitted by [`Session::submit`], and nobody may use it any more.
    pub(crate) unsafe fn release(ptr: *mut bindings::se_cmd) -> T::CmdMemory {
        let cmd: *mut Self = ptr.cast();
        // SAFETY: `submit` has written the data, and this is their only owner.
        unsafe { ptr::addr_of_mut!((*cmd).data).drop_in_place() };
        // SAFETY: `submit` has got the pointer from the memory.
        unsafe { T::CmdMemory::from_raw(cmd) }
    }

    /// The driver's data.
    pub(crate) fn data(&self) -> &T::Cmd {
        &self.data
    }

    /// The task tag that the command was submitted with.
    pub(crate) fn tag(&self) -> u64 {
        // SAFETY: The tag is set before the command is submitted.
        unsafe { (*self.inner.get()).tag }
    }

    /// The logical unit that the command was submitted to.
    pub(crate) fn lun(&self) -> u64 {
        // SAFETY: The number is set before the command is submitted.
        unsafe { (*self.inner.get()).orig_fe_lun }
    }
}

/// Which way data goes, seen from the initiator.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Direction(bindings::dma_data_direction);

impl Direction {
    /// No data.
    pub(crate) const NONE: Self = Self(bindings::dma_data_direction_DMA_NONE);
    /// To the target: a write.
    pub(crate) const OUT: Self = Self(bindings::dma_data_direction_DMA_TO_DEVICE);
    /// From the target: a read.
    pub(crate) const IN: Self = Self(bindings::dma_data_direction_DMA_FROM_DEVICE);

    /// What C says, but for bidirectional commands, which have no data here.
    pub(crate) fn from_raw(direction: bindings::dma_data_direction) -> Self {
        match Self(direction) {
            Self::OUT => Self::OUT,
            Self::IN => Self::IN,
            _ => Self::NONE,
        }
    }
}

/// Where the data of a command are, and how many.
pub(crate) struct Buffer {
    /// How many bytes the initiator sends or expects, with protection information.
    pub(crate) length: u32,
    /// Which way they go.
    pub(crate) direction: Direction,
    /// The scatterlist and its length; without one target core has memory of its own.
    pub(crate) data: (*mut bindings::scatterlist, u32),
    /// The scatterlist of the protection information and its length.
    pub(crate) protection: (*mut bindings::scatterlist, u32),
    /// Whether the initiator asks for protection information that is not in the buffer.
    pub(crate) is_unprotected: bool,
}

/// The memory that a command lives in while target core has it.
///
/// # Safety
///
/// - The pointer that `into_raw` gives must be aligned and valid for reads and writes of a
///   [`Cmd`], for whoever has it alone, until `from_raw` takes it back.
/// - The scatterlists that `buffer` gives must be valid for as long, and describe `length` bytes.
pub(crate) unsafe trait CmdMemory<T: Operations>: Sized + Send {
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

/// Memory for a command from the kernel's allocator; target core allocates the data.
pub(crate) struct BoxedCmd<T: Operations> {
    memory: KBox<MaybeUninit<Cmd<T>>>,
    length: u32,
    direction: Direction,
}

// SAFETY: Nobody looks into the memory.
unsafe impl<T: Operations> Send for BoxedCmd<T> {}

impl<T: Operations> BoxedCmd<T> {
    /// Memory for a command with `length` bytes of data, allocated in any context.
    ///
    /// # Errors
    ///
    /// [`ENOMEM`].
    pub(crate) fn new(length: u32, direction: Direction) -> Result<Self> {
        Ok(Self {
            memory: KBox::new_uninit(GFP_ATOMIC)?,
            length,
            direction,
        })
    }
}

// SAFETY: A box is aligned, and valid until it is dropped. It has no scatterlists.
unsafe impl<T: Operations> CmdMemory<T> for BoxedCmd<T> {
    fn buffer(&self) -> Buffer {
        Buffer {
            length: self.length,
            direction: self.direction,
            data: (ptr::null_mut(), 0),
            protection: (ptr::null_mut(), 0),
            is_unprotected: false,
        }
    }

    fn into_raw(self) -> *mut Cmd<T> {
        KBox::into_raw(self.memory).cast()
    }

    unsafe fn from_raw(cmd: *mut Cmd<T>) -> Self {
        Self {
            // SAFETY: By the requirements of this function the pointer is that of a box.
            memory: unsafe { KBox::from_raw(cmd.cast()) },
            length: 0,
            direction: Direction::NONE,
        }
    }
}

/// The order in which a command is to be executed, SAM-5 section 8.9.
#[derive(Clone, Copy)]
pub(crate) struct TaskAttribute(u32);

impl TaskAttribute {
    /// In any order.
    pub(crate) const SIMPLE: Self = Self(bindings::TCM_SIMPLE_TAG);
    /// After all that came before, and before all that comes after it.
    pub(crate) const ORDERED: Self = Self(bindings::TCM_ORDERED_TAG);
    /// At once.
    pub(crate) const HEAD: Self = Self(bindings::TCM_HEAD_TAG);
}

/// What an initiator asks for.
pub(crate) struct Request<'a> {
    /// The task tag, by which the initiator may ask to abort the command.
    pub(crate) tag: u64,
    /// The logical unit.
    pub(crate) lun: u64,
    /// The command descriptor block, or more: its first byte says how long it is.
    pub(crate) cdb: &'a [u8],
    /// The order of execution.
    pub(crate) attribute: TaskAttribute,
}

impl Request<'_> {
    /// Whether the command descriptor block is as long as its first byte says, SPC-4 section 4.2.5.
    fn is_whole(&self) -> bool {
        let length = match self.cdb {
            // The command of variable length says how many bytes follow the first eight.
            [0x7f, _, _, _, _, _, _, additional, ..] => 8 + usize::from(*additional),
            [0x00..=0x1f, ..] => 6,
            [0x20..=0x5f, ..] => 10,
            [0x80..=0x9f, ..] => 16,
            [0x60..=0x7e | 0xa0..=0xbf, ..] => 12,
            [0xc0..=0xff, ..] => 10,
            _ => return false,
        };
        self.cdb.len() >= length
    }
}

/// Why target core does not get a command.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The command descriptor block is shorter than its first byte says.
    ShortCdb,
    /// The nexus is about to go.
    Stopped,
}

/// An I_T nexus: a `struct se_session` of the fabric.
#[repr(transparent)]
pub(crate) struct Session<T: Operations>(Opaque<bindings::se_session>, PhantomData<T>);

impl<T: Operations> Session<T> {
    /// Borrows the session.
    ///
    /// # Safety
    ///
    /// `ptr` must be a session of this fabric, and not be removed while `'a` lasts.
    pub(crate) unsafe fn from_raw<'a>(ptr: *mut bindings::se_session) -> &'a Self {
        // SAFETY: The type is transparent; by the requirements of this function.
        unsafe { &*ptr.cast() }
    }

    /// The portal group that the initiator has logged in to.
    pub(crate) fn tpg(&self) -> &Tpg<T> {
        // SAFETY: A portal group outlives its sessions, and does not change while they exist.
        unsafe { Tpg::from_raw((*self.0.get()).se_tpg) }
    }

    /// The initiator's name.
    pub(crate) fn initiator_name(&self) -> &BStr {
        // SAFETY: A node ACL outlives its sessions; its name ends with NUL and does not change.
        unsafe { target::name((*(*self.0.get()).se_node_acl).initiatorname.as_ptr()) }
    }

    /// Establishes the unit attention condition of an I_T nexus loss, which the initiator is told
    /// of next time.
    pub(crate) fn report_nexus_loss(&self) {
        // SAFETY: A node ACL outlives its sessions.
        unsafe { bindings::core_allocate_nexus_loss_ua((*self.0.get()).se_node_acl) };
    }

    /// Submits a command. Target core answers it through the ops, even before this returns.
    ///
    /// May be called in any context, as long as submission is queued (`DEFAULT_SUBMIT_TYPE`).
    ///
    /// # Errors
    ///
    /// Gives the memory back, and says why target core does not get the command.
    pub(crate) fn submit(
        &self,
        memory: T::CmdMemory,
        data: T::Cmd,
        request: &Request<'_>,
    ) -> Result<(), (Refusal, T::CmdMemory)> {
        self.start(memory, data, request, 0).map(drop)
    }

    /// Submits a command as [`Self::submit`] does, and keeps a reference to it.
    ///
    /// # Errors
    ///
    /// As [`Self::submit`].
    pub(crate) fn submit_counted(
        &self,
        memory: T::CmdMemory,
        data: T::Cmd,
        request: &Request<'_>,
    ) -> Result<Reference<Cmd<T>>, (Refusal, T::CmdMemory)> {
        let ack = bindings::target_sc_flags_table_TARGET_SCF_ACK_KREF;
        let cmd = self.start(memory, data, request, ack)?;
        // The flag has made target core count a reference for the driver.
        Ok(Reference(cmd))
    }

    /// Submits a command; the result may be used as far as `flags` keep a reference to it.
    fn start(
        &self,
        memory: T::CmdMemory,
        data: T::Cmd,
        request: &Request<'_>,
        flags: bindings::target_sc_flags_table,
    ) -> Result<NonNull<Cmd<T>>, (Refusal, T::CmdMemory)> {
        if !request.is_whole() {
            return Err((Refusal::ShortCdb, memory));
        }
        let buffer = memory.buffer();
        let cmd = memory.into_raw();
        let inner: *mut bindings::se_cmd = cmd.cast();
        // SAFETY: By the memory's contract the pointer is valid for writes. Target core wants the
        // command all zero, but for what is set here, and does not fill the sense buffer's end.
        unsafe {
            inner.write_bytes(0, 1);
            ptr::addr_of_mut!((*cmd).sense).write_bytes(0, 1);
            ptr::addr_of_mut!((*cmd).data).write(data);
            (*inner).tag = request.tag;
            (*inner).prot_pto = buffer.is_unprotected;
        }
        // SAFETY: The command is all zero. The session is alive, and target core holds it for the
        // command from here on. The sense buffer is as long as target core wants it.
        let stopped = unsafe {
            bindings::target_init_cmd(
                inner,
                self.0.get(),
                ptr::addr_of_mut!((*cmd).sense).cast(),
                request.lun,
                buffer.length,
                request.attribute.0 as c_int,
                buffer.direction.0 as c_int,
                flags as c_int,
            )
        };
        if stopped != 0 {
            // SAFETY: Target core has not taken the command.
            return Err((Refusal::Stopped, unsafe { Cmd::<T>::release(inner) }));
        }
        let (data, data_count) = buffer.data;
        let (protection, protection_count) = buffer.protection;
        // SAFETY: The command has just been initialized. Its descriptor block is whole, and target
        // core copies it. By the memory's contract the scatterlists are valid until release.
        let refused = unsafe {
            bindings::target_submit_prep(
                inner,
                request.cdb.as_ptr().cast_mut(),
                data,
                data_count,
                ptr::null_mut(),
                0,
                protection,
                protection_count,
                bindings::TCM_GFP_ATOMIC,
            )
        };
        // A command that is refused has its answer already.
        if refused == 0 {
            // SAFETY: The command has just been prepared.
            unsafe { bindings::target_submit(inner) };
        }
        // SAFETY: The memory's pointer is not null.
        Ok(unsafe { NonNull::new_unchecked(cmd) })
    }

    /// Submits a task management function. Target core answers it with `queue_tm_rsp`, or aborts it
    /// in turn, with `aborted_task`.
    ///
    /// May be called in any context.
    ///
    /// # Errors
    ///
    /// [`ENOMEM`], or `ESHUTDOWN` if the nexus is about to go.
    pub(crate) fn submit_tmr(
        &self,
        lun: u64,
        function: TmrFunction,
        tmr: Pin<KBox<Tmr<T>>>,
    ) -> Result<Reference<Tmr<T>>> {
        let (function, tag) = function.to_raw();
        let ack = bindings::target_sc_flags_table_TARGET_SCF_ACK_KREF;
        let tmr = target::into_raw(tmr);
        // SAFETY: The C part is all zero. The session is alive, and target core holds it for the
        // function from here on. A task management function has no sense data.
        let result = to_result(unsafe {
            bindings::target_submit_tmr(
                tmr.cast(),
                self.0.get(),
                ptr::null_mut(),
                lun,
                ptr::null_mut::<c_void>(),
                function,
                bindings::TCM_GFP_ATOMIC,
                tag,
                ack as c_int,
            )
        });
        if let Err(error) = result {
            // SAFETY: Target core has not taken the function, so this is its only owner.
            drop(unsafe { KBox::from_raw(tmr) });
            return Err(error);
        }
        // SAFETY: A box is not null. The flag has made target core count a reference for the
        // driver.
        Ok(Reference(unsafe { NonNull::new_unchecked(tmr) }))
    }
}

/// What a fabric does to protection information on its way, by direction.
#[derive(Clone, Copy)]
pub(crate) struct ProtectionOps(bindings::target_prot_op);

impl ProtectionOps {
    /// Nothing: there is none.
    pub(crate) const NORMAL: Self = Self(bindings::target_prot_op_TARGET_PROT_NORMAL);
    /// It passes both ways.
    pub(crate) const PASS: Self = Self(
        bindings::target_prot_op_TARGET_PROT_DIN_PASS
            | bindings::target_prot_op_TARGET_PROT_DOUT_PASS,
    );
}

/// An I_T nexus that the driver has set up. Dropping it ends it: target core takes no more
/// commands from it, and those that it has are waited for.
///
/// # Invariants
///
/// `session` is registered with target core. `tpg` counts it, and waits for it before it goes.
pub(crate) struct Nexus<T: Operations> {
    session: NonNull<bindings::se_session>,
    tpg: NonNull<Tpg<T>>,
}

// SAFETY: Target core's sessions may be used and removed by any thread.
unsafe impl<T: Operations> Send for Nexus<T> {}

// SAFETY: Target core locks what it changes of a session.
unsafe impl<T: Operations> Sync for Nexus<T> {}

impl<T: Operations> Nexus<T> {
    /// Logs `initiator` in to `tpg`. Called in process context.
    ///
    /// # Errors
    ///
    /// [`EACCES`] if the initiator has no node ACL and `tpg_check_demo_mode` wants one, [`ENOMEM`].
    pub(crate) fn new(tpg: &Tpg<T>, initiator: &CStr, protection: ProtectionOps) -> Result<Self> {
        tpg.session_begins();
        // SAFETY: The portal group is registered, and waits for the session before it goes. Target
        // core copies the name.
        let session = unsafe {
            bindings::target_setup_session(
                tpg.as_raw(),
                0,
                0,
                protection.0,
                initiator.as_char_ptr(),
                ptr::null_mut(),
                None,
            )
        };
        match target::from_err_ptr(session) {
            Ok(session) => Ok(Self {
                session,
                tpg: NonNull::from(tpg),
            }),
            Err(error) => {
                tpg.session_ends();
                Err(error)
            }
        }
    }
}

impl<T: Operations> Deref for Nexus<T> {
    type Target = Session<T>;

    fn deref(&self) -> &Session<T> {
        // SAFETY: By the type's invariants the session lasts as long as the nexus.
        unsafe { Session::from_raw(self.session.as_ptr()) }
    }
}

impl<T: Operations> Drop for Nexus<T> {
    fn drop(&mut self) {
        let session = self.session.as_ptr();
        // SAFETY: By the type's invariants the session is registered. Once it is stopped it takes
        // no commands, and once all have ended nobody uses it.
        unsafe {
            bindings::target_stop_session(session);
            bindings::target_wait_for_sess_cmds(session);
            bindings::target_remove_session(session);
        }
        // SAFETY: The portal group is alive: it still counts this session.
        unsafe { self.tpg.as_ref() }.session_ends();
    }
}

/// A counted reference to a command or a task management function.
///
/// # Invariants
///
/// The object is alive, and one of its references belongs to this.
pub(crate) struct Reference<O: SeCmd>(NonNull<O>);

// SAFETY: A reference may be dropped by any thread.
unsafe impl<O: SeCmd> Send for Reference<O> {}

// SAFETY: What can be done with the object through shared references may be done by any thread.
unsafe impl<O: SeCmd> Sync for Reference<O> {}

impl<O: SeCmd> Reference<O> {
    /// Makes a reference of one that target core has counted.
    ///
    /// # Safety
    ///
    /// `ptr` must be alive, and one of its references belong to the caller, who gives it away.
    pub(crate) unsafe fn from_raw(ptr: *mut bindings::se_cmd) -> Self {
        // SAFETY: By the requirements of this function the pointer is not null.
        Self(unsafe { NonNull::new_unchecked(ptr.cast()) })
    }

    /// Drops the reference, and says whether it was the last.
    pub(crate) fn put(self) -> bool {
        let ptr = self.0.as_ptr().cast();
        mem::forget(self);
        // SAFETY: By the type's invariants the reference may be dropped, once: it is forgotten.
        unsafe { bindings::target_put_sess_cmd(ptr) != 0 }
    }
}

impl<O: SeCmd> Deref for Reference<O> {
    type Target = O;

    fn deref(&self) -> &O {
        // SAFETY: By the type's invariants the object is alive.
        unsafe { self.0.as_ref() }
    }
}

impl<O: SeCmd> Drop for Reference<O> {
    fn drop(&mut self) {
        // SAFETY: By the type's invariants the reference may be dropped.
        unsafe { bindings::target_put_sess_cmd(self.0.as_ptr().cast()) };
    }
}

/// A command or a task management function: where target core does not say which.
#[repr(transparent)]
pub(crate) struct Task<T: Operations>(Opaque<bindings::se_cmd>, PhantomData<T>);

// SAFETY: The type is transparent.
unsafe impl<T: Operations> SeCmd for Task<T> {}

/// What a [`Task`] is.
pub(crate) enum TaskKind<'a, T: Operations> {
    /// A command.
    Cmd(&'a Cmd<T>),
    /// A task management function.
    Tmr(&'a Tmr<T>),
}

impl<T: Operations> Task<T> {
    /// Borrows the task.
    ///
    /// # Safety
    ///
    /// `ptr` must be a command or task management function of this fabric, and not be released
    /// while `'a` lasts.
    pub(crate) unsafe fn from_raw<'a>(ptr: *mut bindings::se_cmd) -> &'a Self {
        // SAFETY: The type is transparent; by the requirements of this function.
        unsafe { &*ptr.cast() }
    }

    /// Whether this is a task management function.
    pub(crate) fn is_tmr(&self) -> bool {
        flags(self) & bindings::se_cmd_flags_table_SCF_SCSI_TMR_CDB != 0
    }

    /// What this is.
    pub(crate) fn kind(&self) -> TaskKind<'_, T> {
        if self.is_tmr() {
            // SAFETY: The flag says that `submit_tmr` has submitted this.
            TaskKind::Tmr(unsafe { Tmr::from_raw(self.0.get()) })
        } else {
            // SAFETY: Without the flag `submit` has submitted this.
            TaskKind::Cmd(unsafe { Cmd::from_raw(self.0.get()) })
        }
    }

    /// Undoes beforehand what target core does next to a task that it aborts: drop the driver's
    /// reference for it, whether the driver has dropped it or not. A [`Reference`] does that.
    ///
    /// # Safety
    ///
    /// May be called in the op `aborted_task` alone, once.
    pub(crate) unsafe fn keep_reference(&self) {
        if flags(self) & bindings::se_cmd_flags_table_SCF_ACK_KREF == 0 {
            return;
        }
        // SAFETY: The task is alive, and `kref` is a counter that is only changed atomically.
        let count = unsafe {
            let kref = ptr::addr_of_mut!((*self.0.get()).cmd_kref.refcount.refs.counter);
            AtomicI32::from_ptr(kref)
        };
        count.fetch_add(1, Ordering::Relaxed);
    }
}

/// A write whose data target core waits for. Dropping it fails the command.
///
/// # Invariants
///
/// Target core waits for exactly one call for the command, and keeps it alive until then.
pub(crate) struct Pending<T: Operations>(NonNull<Cmd<T>>);

// SAFETY: Target core may be told by any thread.
unsafe impl<T: Operations> Send for Pending<T> {}

impl<T: Operations> Pending<T> {
    /// Makes the right of what `write_pending` got.
    ///
    /// # Safety
    ///
    /// Target core must have called `write_pending` for `ptr`, and the right must be made once for
    /// each such call.
    pub(crate) unsafe fn from_raw(ptr: *mut bindings::se_cmd) -> Self {
        // SAFETY: By the requirements of this function the pointer is not null.
        Self(unsafe { NonNull::new_unchecked(ptr.cast()) })
    }

    /// Executes the command: its data have arrived. May be called in any context.
    pub(crate) fn execute(self) {
        let ptr = self.0.as_ptr().cast();
        mem::forget(self);
        // SAFETY: By the type's invariants target core waits for this.
        unsafe { bindings::target_execute_cmd(ptr) };
    }
}

impl<T: Operations> Deref for Pending<T> {
    type Target = Cmd<T>;

    fn deref(&self) -> &Cmd<T> {
        // SAFETY: By the type's invariants the command is alive.
        unsafe { self.0.as_ref() }
    }
}

impl<T: Operations> Drop for Pending<T> {
    fn drop(&mut self) {
        let reason = bindings::tcm_sense_reason_table_TCM_CHECK_CONDITION_ABORT_CMD;
        // SAFETY: By the type's invariants target core waits for this.
        unsafe {
            bindings::transport_generic_request_failure(self.0.as_ptr().cast(), reason);
        }
    }
}

/// What `write_pending` gives to target core: 0, or that it shall try again with the command that
/// it has got back.
pub(crate) fn pending_errno<T: Operations>(result: Result<(), Pending<T>>) -> c_int {
    match result {
        Ok(()) => 0,
        Err(pending) => {
            // Target core will call `write_pending` again.
            mem::forget(pending);
            EAGAIN.to_errno()
        }
    }
}

/// The response to a command, to be sent to the initiator.
pub(crate) struct Response<'a, T: Operations>(&'a Cmd<T>);

/// How far the data that the command asks for, and the buffer for them, differ in length.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Residual {
    /// Not at all.
    None,
    /// So many bytes of the buffer were not used.
    Underflow(u32),
    /// So many bytes did not fit into the buffer.
    Overflow(u32),
}

impl<T: Operations> Response<'_, T> {
    /// Makes the response that `queue_data_in` or `queue_status` shall send.
    ///
    /// # Safety
    ///
    /// Target core must have called one of these ops for `ptr`, and the response must end with it.
    pub(crate) unsafe fn from_raw(ptr: *mut bindings::se_cmd) -> Self {
        // SAFETY: By the requirements of this function the command is alive.
        Self(unsafe { Cmd::from_raw(ptr) })
    }

    /// The status, SAM-5 section 5.3.1.
    pub(crate) fn status(&self) -> u8 {
        // SAFETY: Target core does not change the status once there is a response.
        unsafe { (*self.0.inner.get()).scsi_status }
    }

    /// The sense data, SPC-4 section 4.5, if there are any.
    pub(crate) fn sense(&self) -> Option<&[u8; SENSE_LEN]> {
        let mask = bindings::se_cmd_flags_table_SCF_TRANSPORT_TASK_SENSE
            | bindings::se_cmd_flags_table_SCF_EMULATED_TASK_SENSE;
        if flags(self.0) & mask == 0 {
            return None;
        }
        // SAFETY: `submit` has zeroed the buffer. Target core has written the sense data, and does
        // not change them once there is a response.
        Some(unsafe { &*self.0.sense.get() })
    }

    /// The residual.
    pub(crate) fn residual(&self) -> Residual {
        // SAFETY: Target core does not change the count once there is a response.
        let count = unsafe { (*self.0.inner.get()).residual_count };
        let flags = flags(self.0);
        if flags & bindings::se_cmd_flags_table_SCF_OVERFLOW_BIT != 0 {
            Residual::Overflow(count)
        } else if flags & bindings::se_cmd_flags_table_SCF_UNDERFLOW_BIT != 0 {
            Residual::Underflow(count)
        } else {
            Residual::None
        }
    }
}

impl<T: Operations> Deref for Response<'_, T> {
    type Target = Cmd<T>;

    fn deref(&self) -> &Cmd<T> {
        self.0
    }
}

/// What a task management function shall do, SAM-5 section 7.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum TmrFunction {
    /// Abort the command with this tag.
    AbortTask(u64),
    /// Abort all commands of the nexus. Target core does not support it.
    AbortTaskSet,
    /// Clear an auto contingent allegiance. Target core does not support it.
    ClearAca,
    /// Abort all commands to the logical unit. Target core does not support it.
    ClearTaskSet,
    /// Reset the logical unit.
    LunReset,
    /// Reset the target. Target core rejects it.
    TargetWarmReset,
}

impl TmrFunction {
    /// The function's number, and the tag that it refers to.
    fn to_raw(self) -> (u8, u64) {
        let (function, tag) = match self {
            Self::AbortTask(tag) => (bindings::tcm_tmreq_table_TMR_ABORT_TASK, tag),
            Self::AbortTaskSet => (bindings::tcm_tmreq_table_TMR_ABORT_TASK_SET, 0),
            Self::ClearAca => (bindings::tcm_tmreq_table_TMR_CLEAR_ACA, 0),
            Self::ClearTaskSet => (bindings::tcm_tmreq_table_TMR_CLEAR_TASK_SET, 0),
            Self::LunReset => (bindings::tcm_tmreq_table_TMR_LUN_RESET, 0),
            Self::TargetWarmReset => (bindings::tcm_tmreq_table_TMR_TARGET_WARM_RESET, 0),
        };
        (function as u8, tag)
    }
}

/// A task management function: a `struct se_cmd` and the driver's data for it.
#[pin_data]
#[repr(C)]
pub(crate) struct Tmr<T: Operations> {
    #[pin]
    inner: Opaque<bindings::se_cmd>,
    #[pin]
    data: T::Tmr,
}

// SAFETY: The type is `repr(C)`, and this is its first field.
unsafe impl<T: Operations> SeCmd for Tmr<T> {}

impl<T: Operations> Tmr<T> {
    /// Makes a task management function, to be submitted. Called in process context.
    ///
    /// # Errors
    ///
    /// What `data` fails with, or [`ENOMEM`].
    pub(crate) fn new(data: impl PinInit<T::Tmr, Error>) -> Result<Pin<KBox<Self>>> {
        KBox::pin_init(
            try_pin_init!(Self {
                inner <- target::zeroed(),
                data <- data,
            }),
            GFP_KERNEL,
        )
    }

    /// Borrows the function that `ptr` is the C part of.
    ///
    /// # Safety
    ///
    /// `ptr` must have been submitted by [`Session::submit_tmr`], and not be released while `'a`
    /// lasts.
    pub(crate) unsafe fn from_raw<'a>(ptr: *mut bindings::se_cmd) -> &'a Self {
        // SAFETY: By the requirements of this function.
        unsafe { &*ptr.cast() }
    }

    /// Frees the function, after the last reference is gone.
    ///
    /// # Safety
    ///
    /// `ptr` must have been submitted by [`Session::submit_tmr`], and nobody may use it any more.
    pub(crate) unsafe fn release(ptr: *mut bindings::se_cmd) {
        // SAFETY: By the requirements of this function this is the box's only owner.
        drop(unsafe { KBox::from_raw(ptr.cast::<Self>()) });
    }

    /// The driver's data.
    pub(crate) fn data(&self) -> &T::Tmr {
        &self.data
    }
}

/// The response to a task management function, to be sent to the initiator.
pub(crate) struct TmrResponse<'a, T: Operations>(&'a Tmr<T>);

impl<T: Operations> TmrResponse<'_, T> {
    /// Makes the response that `queue_tm_rsp` shall send.
    ///
    /// # Safety
    ///
    /// Target core must have called the op for `ptr`, and the response must end with it.
    pub(crate) unsafe fn from_raw(ptr: *mut bindings::se_cmd) -> Self {
        // SAFETY: By the requirements of this function the task management function is alive.
        Self(unsafe { Tmr::from_raw(ptr) })
    }

    /// The response code, of `enum tcm_tmrsp_table`.
    pub(crate) fn code(&self) -> u8 {
        // SAFETY: Target core does not change the response once it calls for it to be sent.
        unsafe { (*(*self.0.inner.get()).se_tmr_req).response }
    }

    /// Whether the function is complete.
    pub(crate) fn is_complete(&self) -> bool {
        u32::from(self.code()) == bindings::tcm_tmrsp_table_TMR_FUNCTION_COMPLETE
    }
}

impl<T: Operations> Deref for TmrResponse<'_, T> {
    type Target = Tmr<T>;

    fn deref(&self) -> &Tmr<T> {
        self.0
    }
}
