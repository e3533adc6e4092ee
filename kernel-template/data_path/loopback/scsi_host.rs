// SPDX-License-Identifier: GPL-2.0-only

//! A SCSI host whose commands are submitted to target core.
//!
//! A [`Driver`] gets each command of the host's devices as an owned [`Command`]. Target core's
//! `struct se_cmd` lies in the command's private memory, so submitting it costs no allocation. The
//! driver returns it to the midlayer with [`Command::done`] or [`Command::fail`].
//!
//! The midlayer reuses the memory of a command once it is done, or once an error handler has
//! reported success for it. So the error handlers here report success only if the driver has
//! returned the command, whatever the driver's own handlers return.
//!
//! C headers: [`include/scsi/scsi_host.h`](srctree/include/scsi/scsi_host.h),
//! [`include/scsi/scsi_cmnd.h`](srctree/include/scsi/scsi_cmnd.h)

use core::{
    cell::UnsafeCell,
    marker::PhantomData,
    mem::{self, MaybeUninit},
    ptr::{self, NonNull},
    sync::atomic::{AtomicBool, AtomicU32, Ordering},
};

use kernel::{
    error::to_result,
    ffi::{c_int, c_ulong, c_void},
    prelude::*,
    str::CString,
    types::Opaque, //
};

use crate::{
    bindings,
    rcu,
    target::{Buffer, Cmd, CmdMemory, Direction, Operations, Residual, Response}, //
};

mod parent_device;

use parent_device::ParentDevice;

/// How many commands a host takes at once, and a device by default.
pub(crate) const QUEUE_DEPTH: u32 = 1024;

/// The most entries in a command's scatterlist. Target core maps one page of an entry at a time, so
/// an entry must not cross a page boundary.
const SCATTERLIST_MAX: u16 = 256;

/// The longest command descriptor block, in bytes.
const CDB_MAX: usize = 32;

/// The most data of a command, in sectors of 512 bytes.
const SECTORS_MAX: u32 = 0xffff;

/// The interval at which a wait checks its condition, in milliseconds.
const RECOVERY_POLL: u32 = 20;

/// The result of `queuecommand` for a command that it does not accept now. The midlayer takes any
/// value that it does not know for `SCSI_MLQUEUE_HOST_BUSY`.
const BUSY: u8 = 1;

/// Status CHECK CONDITION, SAM-5 section 5.3.1.
const CHECK_CONDITION: u8 = 0x02;

/// A driver for SCSI hosts.
#[vtable]
pub(crate) trait Driver: Sized + 'static {
    /// The driver's name in sysfs.
    const NAME: &'static CStr;

    /// The fabric that the commands go to.
    type Fabric: Operations<CmdMemory = Command<Self>>;

    /// The driver's part of a host.
    type Data: Send + Sync;

    /// Takes a command. Called in process context or softirq: do not sleep.
    fn queuecommand(data: &Self::Data, command: Command<Self>);

    /// Aborts the command with this tag, which has timed out. Returns whether it was aborted.
    /// Called in process context.
    fn eh_abort_handler(data: &Self::Data, lun: u64, tag: u64) -> bool;

    /// Resets a logical unit, and ends all commands to it. Returns whether it was reset. Called in
    /// process context.
    fn eh_device_reset_handler(data: &Self::Data, lun: u64) -> bool;
}

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
    fn result(self) -> c_int {
        (self.0 << 16) as c_int
    }
}

/// The host template of a driver, static, and the same for all of its hosts.
pub(crate) struct Template<D> {
    inner: Opaque<bindings::scsi_host_template>,
    claimed: AtomicBool,
    ready: AtomicBool,
    driver: PhantomData<D>,
}

// SAFETY: The template is written once, by the caller that has claimed it, before it is ready.
unsafe impl<D> Sync for Template<D> {}

impl<D: Driver> Template<D> {
    /// A template that is not ready yet.
    pub(crate) const fn new() -> Self {
        Self {
            inner: Opaque::uninit(),
            claimed: AtomicBool::new(false),
            ready: AtomicBool::new(false),
            driver: PhantomData,
        }
    }

    /// Makes the template ready for hosts of `module`. An open device of a host holds the module.
    ///
    /// # Errors
    ///
    /// [`EBUSY`] if that has been done already.
    pub(crate) fn prepare(&'static self, module: &'static ThisModule) -> Result {
        if self.claimed.swap(true, Ordering::Acquire) {
            return Err(EBUSY);
        }
        let template = self.inner.get();
        // SAFETY: The template has just been claimed, and is not ready, so it is not in use. All
        // zero is valid: no function, null pointers, and numbers. Its pointers are to statics.
        unsafe {
            template.write_bytes(0, 1);
            (*template).module = module.as_ptr().cast();
            (*template).name = D::NAME.as_char_ptr();
            (*template).proc_name = D::NAME.as_char_ptr();
            (*template).queuecommand = Some(Callbacks::<D>::queuecommand_callback);
            (*template).init_cmd_priv = Some(Callbacks::<D>::init_cmd_priv_callback);
            (*template).change_queue_depth = Some(bindings::scsi_change_queue_depth);
            (*template).eh_timed_out = Some(Callbacks::<D>::eh_timed_out_callback);
            (*template).eh_abort_handler = Some(Callbacks::<D>::eh_abort_handler_callback);
            (*template).eh_device_reset_handler =
                Some(Callbacks::<D>::eh_device_reset_handler_callback);
            (*template).eh_host_reset_handler =
                Some(Callbacks::<D>::eh_host_reset_handler_callback);
            (*template).this_id = -1;
            (*template).can_queue = QUEUE_DEPTH as c_int;
            (*template).cmd_per_lun = QUEUE_DEPTH as i16;
            (*template).sg_tablesize = SCATTERLIST_MAX;
            (*template).max_sectors = SECTORS_MAX;
            (*template).dma_boundary = (kernel::page::PAGE_SIZE - 1) as c_ulong;
            (*template).cmd_size = mem::size_of::<Private<D>>() as u32;
            (*template).set_track_queue_depth(1);
        }
        self.ready.store(true, Ordering::Release);
        Ok(())
    }

    /// The template, if it is ready.
    fn as_ptr(&'static self) -> Result<*mut bindings::scsi_host_template> {
        if self.ready.load(Ordering::Acquire) {
            Ok(self.inner.get())
        } else {
            Err(ENODEV)
        }
    }
}

impl<D: Driver> Default for Template<D> {
    fn default() -> Self {
        Self::new()
    }
}

/// A SCSI host. Dropping it removes its devices.
///
/// # Invariants
///
/// `inner` is added to the midlayer, made from the template of `D`, whose module it holds, and its
/// `HostData` point to `data`.
pub(crate) struct Host<D: Driver> {
    inner: NonNull<bindings::Scsi_Host>,
    data: Pin<KBox<D::Data>>,
    _parent: ParentDevice,
}

// SAFETY: The midlayer locks what it changes of a host, any thread may remove one, and the data are
// `Send`.
unsafe impl<D: Driver> Send for Host<D> {}

// SAFETY: The midlayer locks what it changes of a host, and the data are `Sync`.
unsafe impl<D: Driver> Sync for Host<D> {}

/// The memory behind a `struct Scsi_Host`, which lives as long as that. An open device may keep it
/// alive, and have its error handlers called, after the host is removed.
#[repr(C)]
struct HostData<D: Driver> {
    data: *const D::Data,
    /// The number of error handlers that use the host, and the flag [`GONE`].
    handlers: AtomicU32,
}

/// The flag that a host is about to be removed.
const GONE: u32 = 1 << 31;

/// The data of a host, borrowed by an error handler. The host is not removed before the guard is
/// dropped.
struct HandlerGuard<'a, D: Driver> {
    data: &'a D::Data,
    handlers: &'a AtomicU32,
}

impl<D: Driver> Drop for HandlerGuard<'_, D> {
    fn drop(&mut self) {
        self.handlers.fetch_sub(1, Ordering::Release);
    }
}

impl<D: Driver> Host<D> {
    /// Makes a host with targets up to the number `max_id`, and adds it.
    ///
    /// # Errors
    ///
    /// [`ENODEV`] if the template is not prepared, the error of `data` or of the midlayer, or
    /// [`ENOMEM`].
    pub(crate) fn new(
        template: &'static Template<D>,
        max_id: u32,
        data: impl PinInit<D::Data, Error>,
    ) -> Result<Self> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let template = template.as_ptr()?;
        let data = KBox::pin_init(data, GFP_KERNEL)?;
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let driver = D::NAME.to_str().map_err(|_| EINVAL)?;
        let name = CString::try_from_fmt(format_args!("{driver}.{number}"))?;
        let parent = ParentDevice::new(&name)?;
        let size = mem::size_of::<HostData<D>>() as c_int;
        // SAFETY: The template is ready, by `as_ptr`, and static, so it outlives the host.
        let host = unsafe { bindings::scsi_host_alloc(template, size) };
        let host = NonNull::new(host).ok_or(ENOMEM)?;
        // SAFETY: The host has just been allocated, with `size` bytes behind it for this.
        unsafe {
            Self::host_data(host).write(HostData {
                data: ptr::from_ref(&*data),
                handlers: AtomicU32::new(0),
            })
        };
        // SAFETY: The host has just been allocated, and is not added yet.
        unsafe { Self::set_limits(host, max_id) };
        let device = parent.as_raw();
        // SAFETY: The host is complete. `parent` keeps the device registered until the host is
        // removed.
        let status = unsafe { bindings::scsi_add_host_with_dma(host.as_ptr(), device, device) };
        if let Err(error) = to_result(status) {
            // SAFETY: The reference is the one that `scsi_host_alloc` returned. Nobody else knows
            // of the host, which was not added.
            unsafe { bindings::scsi_host_put(host.as_ptr()) };
            return Err(error);
        }
        // SAFETY: The template is that of this module, which is loaded, since it runs. With this
        // reference it stays loaded even if the host is leaked.
        unsafe { bindings::tcm_nab5000_module_get((*template).module) };
        Ok(Self {
            inner: host,
            data,
            _parent: parent,
        })
    }

    /// Sets the limits and capabilities of a host.
    ///
    /// # Safety
    ///
    /// The host must be allocated, and not be added yet.
    unsafe fn set_limits(host: NonNull<bindings::Scsi_Host>, max_id: u32) {
        let host = host.as_ptr();
        let protection = bindings::scsi_host_prot_capabilities_SHOST_DIF_TYPE1_PROTECTION
            | bindings::scsi_host_prot_capabilities_SHOST_DIF_TYPE2_PROTECTION
            | bindings::scsi_host_prot_capabilities_SHOST_DIF_TYPE3_PROTECTION
            | bindings::scsi_host_prot_capabilities_SHOST_DIX_TYPE1_PROTECTION
            | bindings::scsi_host_prot_capabilities_SHOST_DIX_TYPE2_PROTECTION
            | bindings::scsi_host_prot_capabilities_SHOST_DIX_TYPE3_PROTECTION;
        // SAFETY: The host is allocated and not added yet, by the requirements of this function, so
        // nobody else uses it.
        unsafe {
            (*host).max_id = max_id.saturating_add(1);
            (*host).max_lun = u64::MAX;
            (*host).max_cmd_len = CDB_MAX as u16;
            // A queue for each processor, which share the tags and the memory of the commands.
            (*host).nr_hw_queues = bindings::tcm_nab5000_num_online_cpus();
            (*host).set_host_tagset(1);
            (*host).prot_capabilities = protection;
            (*host).prot_guard_type = bindings::scsi_host_guard_type_SHOST_DIX_GUARD_CRC as u8;
        }
    }

    /// The memory behind a host.
    ///
    /// # Safety
    ///
    /// The host must be allocated, with room for it.
    unsafe fn host_data(host: NonNull<bindings::Scsi_Host>) -> *mut HostData<D> {
        // SAFETY: The host is allocated with room behind it, by the requirements of this function:
        // the place lies in the same allocation.
        unsafe { ptr::addr_of_mut!((*host.as_ptr()).hostdata).cast() }
    }

    /// Borrows the data of a host.
    ///
    /// # Safety
    ///
    /// The host must be one of `D`, and not be removed while `'a` lasts.
    unsafe fn data_of<'a>(host: NonNull<bindings::Scsi_Host>) -> &'a D::Data {
        // SAFETY: The host is one of `D`, by the requirements of this function, so `new` has
        // written the pointer. The data are only shared until the host is removed.
        unsafe { &*(*Self::host_data(host)).data }
    }

    /// Borrows the data of a host for the error handler of `command`, unless the host goes away and
    /// the command is one that does not keep it: a reset by user space.
    ///
    /// # Safety
    ///
    /// The command must be one of a host of `D` that is not freed while `'a` lasts. The host may be
    /// removed.
    unsafe fn enter<'a>(command: NonNull<bindings::scsi_cmnd>) -> Option<HandlerGuard<'a, D>> {
        // SAFETY: The command belongs to a host that is not freed, by the requirements of this
        // function. A command has a device, which has a host.
        let (host, submitter) = unsafe {
            let command = command.as_ptr();
            ((*(*command).device).host, (*command).submitter)
        };
        // SAFETY: `host` is the host of the command, one of `D` and not freed, so `new` has written
        // the memory behind it.
        let HostData { data, handlers } =
            unsafe { &*Self::host_data(NonNull::new_unchecked(host)) };
        let before = handlers.fetch_add(1, Ordering::Acquire);
        if before & GONE != 0
            && submitter == bindings::scsi_cmnd_submitter_SUBMITTED_BY_SCSI_RESET_IOCTL
        {
            handlers.fetch_sub(1, Ordering::Relaxed);
            return None;
        }
        Some(HandlerGuard {
            // SAFETY: `Host`'s drop waits until no handler is counted, and then for every command
            // but that of a reset by user space, which is refused above.
            data: unsafe { &**data },
            handlers,
        })
    }

    /// The driver's data.
    pub(crate) fn data(&self) -> &D::Data {
        &self.data
    }

    /// The host's number.
    pub(crate) fn number(&self) -> u32 {
        // SAFETY: The host is there until this is dropped, and its number does not change.
        unsafe { (*self.inner.as_ptr()).host_no }
    }

    /// Adds a device, if there is a logical unit. Called in process context; sends commands.
    ///
    /// # Errors
    ///
    /// [`ENODEV`] if there is no logical unit, [`ENOMEM`].
    pub(crate) fn add_device(&self, id: u32, lun: u64) -> Result {
        // SAFETY: The host is added, by the type's invariants.
        to_result(unsafe { bindings::scsi_add_device(self.inner.as_ptr(), 0, id, lun) })
    }

    /// Removes a device, once its commands have ended. Called in process context; sends commands.
    ///
    /// # Errors
    ///
    /// [`ENODEV`] if there is no such device.
    pub(crate) fn remove_device(&self, id: u32, lun: u64) -> Result {
        // SAFETY: The host is added, by the type's invariants.
        let device = unsafe { bindings::scsi_device_lookup(self.inner.as_ptr(), 0, id, lun) };
        if device.is_null() {
            return Err(ENODEV);
        }
        // SAFETY: The lookup has taken a reference, which is dropped here.
        unsafe {
            bindings::scsi_remove_device(device);
            bindings::scsi_device_put(device);
        }
        Ok(())
    }
}

impl<D: Driver> Drop for Host<D> {
    fn drop(&mut self) {
        let host = self.inner.as_ptr();
        // A process that has a device open can still reset it (`SG_SCSI_RESET`). The removal of the
        // host does not wait for that, and frees the tags that the handler searches.
        // SAFETY: The host is there until `scsi_host_put` below, and `new` has written the memory
        // behind it.
        let handlers = unsafe { &(*Self::host_data(self.inner)).handlers };
        handlers.fetch_or(GONE, Ordering::AcqRel);
        while handlers.load(Ordering::Acquire) != GONE {
            // SAFETY: A host is dropped in process context, which may sleep.
            unsafe { bindings::msleep(RECOVERY_POLL) };
        }
        // SAFETY: The host is added, by the type's invariants. Once it is removed, no more commands
        // are queued, and none is left to error recovery.
        unsafe { bindings::scsi_remove_host(host) };
        // SAFETY: The reference is the one that `scsi_host_alloc` returned, the module's is the one
        // that `new` took. The module is not unloaded under this code, whose caller holds it, too.
        unsafe {
            let module = (*(*host).hostt).module;
            bindings::scsi_host_put(host);
            bindings::tcm_nab5000_module_put(module);
        }
    }
}

/// The tag of a command.
///
/// # Safety
///
/// The command must be one of a host, in use, whose request is of the host's tag set: not one that
/// `SG_SCSI_RESET` has made.
unsafe fn tag(command: NonNull<bindings::scsi_cmnd>) -> u64 {
    // SAFETY: The midlayer allocates a command right behind its request, which has a hardware
    // queue, by the requirements of this function.
    unsafe {
        let request = command.as_ptr().cast::<bindings::request>().sub(1);
        bindings::blk_mq_unique_tag(request).into()
    }
}

/// The owner of a command.
mod owner {
    /// The midlayer.
    pub(super) const MIDLAYER: u32 = 0;
    /// The driver.
    pub(super) const DRIVER: u32 = 1;
    /// The driver, but the command has timed out: `scsi_done` must not be called for it any more.
    pub(super) const LATE: u32 = 2;
    /// The driver, which is about to call `scsi_done`.
    pub(super) const DONE: u32 = 3;
}

/// The private memory of a command, behind its `struct scsi_cmnd`.
#[repr(C)]
struct Private<D: Driver> {
    owner: AtomicU32,
    response: UnsafeCell<Noted>,
    cmd: MaybeUninit<Cmd<D::Fabric>>,
}

/// A response, kept here until the command is returned: until then the midlayer may read the
/// `struct scsi_cmnd`, if the command has timed out.
struct Noted {
    /// The status and the host byte, as in `struct scsi_cmnd`.
    result: c_int,
    /// How many bytes were not transferred.
    residual: u32,
    /// Whether there are sense data, in the command of target core.
    has_sense: bool,
}

impl Noted {
    /// A response without sense data.
    fn new(result: c_int) -> Self {
        Self {
            result,
            residual: 0,
            has_sense: false,
        }
    }
}

impl<D: Driver> Private<D> {
    /// The private memory of `command`.
    fn of(command: NonNull<bindings::scsi_cmnd>) -> *mut Self {
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
    unsafe fn owner<'a>(command: NonNull<bindings::scsi_cmnd>) -> &'a AtomicU32 {
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
pub(crate) struct Command<D: Driver>(NonNull<bindings::scsi_cmnd>, PhantomData<D>);

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
    unsafe fn note(command: NonNull<bindings::scsi_cmnd>, noted: Noted) {
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

/// The functions that the midlayer calls.
struct Callbacks<D>(PhantomData<D>);

impl<D: Driver> Callbacks<D> {
    /// Called by the midlayer when it allocates a command.
    ///
    /// # Safety
    ///
    /// `command` must have private memory of the size in the template.
    unsafe extern "C" fn init_cmd_priv_callback(
        _: *mut bindings::Scsi_Host,
        command: *mut bindings::scsi_cmnd,
    ) -> c_int {
        // SAFETY: `command` has private memory of this type, by the requirements of this callback,
        // and nobody uses it before it is made.
        unsafe {
            let private = Private::<D>::of(NonNull::new_unchecked(command));
            ptr::addr_of_mut!((*private).owner).write(AtomicU32::new(owner::MIDLAYER));
        }
        0
    }

    /// Called by the midlayer for a new command. `Status` is the type of the result, which depends
    /// on the kernel: `int` or an enum. 0 means that the command is accepted.
    ///
    /// # Safety
    ///
    /// `host` must be a host of `D`, and `command` one of its commands, which the midlayer passes
    /// to the driver.
    unsafe extern "C" fn queuecommand_callback<Status: From<u8>>(
        host: *mut bindings::Scsi_Host,
        command: *mut bindings::scsi_cmnd,
    ) -> Status {
        // SAFETY: `host` is a host and `command` one of its commands, by the requirements of this
        // callback, so neither is null.
        let (host, command) = unsafe {
            (
                NonNull::new_unchecked(host),
                NonNull::new_unchecked(command),
            )
        };
        // SAFETY: `command` is one of a host of `D`, by the requirements of this callback, and is
        // so at least until it is returned.
        let owner = unsafe { Private::<D>::owner(command) };
        let taken = owner.compare_exchange(
            owner::MIDLAYER,
            owner::DRIVER,
            Ordering::AcqRel,
            Ordering::Relaxed,
        );
        if taken.is_err() {
            // The command has timed out and is still with the driver; error recovery tries to reuse
            // it for a command of its own.
            return Status::from(BUSY);
        }
        // SAFETY: The driver has just become the owner. A command without another response ends
        // with this one.
        unsafe { Command::<D>::note(command, Noted::new(HostByte::RESET.result())) };
        // SAFETY: `host` is a host of `D`, by the requirements of this callback. The midlayer waits
        // for its calls of this callback before it removes a device.
        let data = unsafe { Host::<D>::data_of(host) };
        D::queuecommand(data, Command(command, PhantomData));
        Status::from(0)
    }

    /// Called by the midlayer when a command has timed out.
    ///
    /// # Safety
    ///
    /// `command` must be one of a host of `D`.
    unsafe extern "C" fn eh_timed_out_callback(
        command: *mut bindings::scsi_cmnd,
    ) -> bindings::scsi_timeout_action {
        // SAFETY: `command` is one of a host of `D`, by the requirements of this callback, and the
        // midlayer keeps it while it decides on it.
        let owner = unsafe { Private::<D>::owner(NonNull::new_unchecked(command)) };
        let late = owner.compare_exchange(
            owner::DRIVER,
            owner::LATE,
            Ordering::AcqRel,
            Ordering::Acquire,
        );
        match late {
            Ok(_) => bindings::scsi_timeout_action_SCSI_EH_NOT_HANDLED,
            // The driver is completing it at this moment.
            Err(_) => bindings::scsi_timeout_action_SCSI_EH_DONE,
        }
    }

    /// Called by the midlayer to abort a command that has timed out.
    ///
    /// # Safety
    ///
    /// `command` must be one of a host of `D`, and must have timed out.
    unsafe extern "C" fn eh_abort_handler_callback(command: *mut bindings::scsi_cmnd) -> c_int {
        // SAFETY: `command` is a command, by the requirements of this callback, so it is not null.
        let command = unsafe { NonNull::new_unchecked(command) };
        // SAFETY: `command` is one of a host of `D`, by the requirements of this callback, and
        // error recovery keeps both until it returns.
        let Some(guard) = (unsafe { Host::<D>::enter(command) }) else {
            return disposition(false);
        };
        // SAFETY: `command` has a device. It has timed out, by the requirements of this callback,
        // so its request is of the host's tag set.
        let (lun, tag) = unsafe { ((*(*command.as_ptr()).device).lun, tag(command)) };
        let done = D::eh_abort_handler(guard.data, lun, tag);
        // SAFETY: `command` is one of a host of `D` that has timed out, by the requirements of this
        // callback: the midlayer does not wait for `scsi_done` any more.
        disposition(done && unsafe { Self::is_back(command) })
    }

    /// Called by the midlayer to reset a device.
    ///
    /// # Safety
    ///
    /// `command` must be one to the device, of a host of `D`; the midlayer must no longer wait for
    /// `scsi_done`.
    unsafe extern "C" fn eh_device_reset_handler_callback(
        command: *mut bindings::scsi_cmnd,
    ) -> c_int {
        // SAFETY: `command` is a command, by the requirements of this callback, so it is not null.
        let command = unsafe { NonNull::new_unchecked(command) };
        // SAFETY: `command` is one to a device of a host of `D`, by the requirements of this
        // callback, and error recovery keeps all three until it returns.
        let (guard, device) = unsafe { (Host::<D>::enter(command), (*command.as_ptr()).device) };
        let Some(guard) = guard else {
            return disposition(false);
        };
        // SAFETY: A command's device is there as long as the command.
        let (host, lun) = unsafe { ((*device).host, (*device).lun) };
        let done = D::eh_device_reset_handler(guard.data, lun);
        // SAFETY: `command` is one of a host of `D` and the midlayer does not wait for `scsi_done`
        // any more, by the requirements of this callback.
        let is_back = done && unsafe { Self::is_back(command) };
        // SAFETY: The host is one of `D`, by the requirements of this callback. `guard` keeps it
        // from being removed.
        disposition(is_back && !unsafe { Self::has_late(host, device) })
    }

    /// Called by the midlayer as a last resort. With success it takes all commands of the host that
    /// have timed out for its own.
    ///
    /// # Safety
    ///
    /// `command` must be one of a host of `D`; the midlayer must no longer wait for `scsi_done`.
    unsafe extern "C" fn eh_host_reset_handler_callback(
        command: *mut bindings::scsi_cmnd,
    ) -> c_int {
        // SAFETY: `command` is a command, by the requirements of this callback, so it is not null.
        let command = unsafe { NonNull::new_unchecked(command) };
        // SAFETY: `command` is one of a host of `D`, by the requirements of this callback, and
        // error recovery keeps both until it returns.
        let Some(_guard) = (unsafe { Host::<D>::enter(command) }) else {
            return disposition(false);
        };
        // SAFETY: A command's device and its host are there as long as the command.
        let host = unsafe { (*(*command.as_ptr()).device).host };
        // SAFETY: `command` is one of `host`, which is one of `D`, and the midlayer does not wait
        // for `scsi_done` any more, by the requirements of this callback. `_guard` keeps the host
        // from being removed.
        while unsafe { !Self::is_back(command) || Self::has_late(host, ptr::null_mut()) } {
            // SAFETY: Error recovery runs in a thread of its own, or in that of `SG_SCSI_RESET`:
            // both may sleep.
            unsafe { bindings::msleep(RECOVERY_POLL) };
        }
        disposition(true)
    }

    /// Whether the driver has returned `command`. If it has not, the command counts as timed out
    /// from here on.
    ///
    /// # Safety
    ///
    /// `command` must be one of a host of `D`; the midlayer must no longer wait for `scsi_done`.
    unsafe fn is_back(command: NonNull<bindings::scsi_cmnd>) -> bool {
        // SAFETY: `command` is one of a host of `D`, by the requirements of this function, and is
        // error recovery's until it reports success.
        let owner = unsafe { Private::<D>::owner(command) };
        let _ = owner.compare_exchange(
            owner::DRIVER,
            owner::LATE,
            Ordering::AcqRel,
            Ordering::Relaxed,
        );
        let is_back = owner.load(Ordering::Acquire) == owner::MIDLAYER;
        if is_back {
            // The driver may not have called `scsi_done` yet, if it does; wait until it has.
            rcu::synchronize_rcu();
        }
        is_back
    }

    /// Whether the driver still has a command of the host that has timed out. Commands to all
    /// devices count if `device` is null, else those to `device`.
    ///
    /// # Safety
    ///
    /// The host must be one of `D`, and not be removed: a [`HandlerGuard`] sees to that.
    unsafe fn has_late(host: *mut bindings::Scsi_Host, device: *mut bindings::scsi_device) -> bool {
        let mut search = Search {
            device,
            found: false,
        };
        // SAFETY: The host is one of `D` and not removed, by the requirements of this function, so
        // its tags are there and its commands are those of `D`. `search` outlives the call.
        unsafe {
            bindings::scsi_host_busy_iter(
                host,
                Some(Self::search_callback),
                ptr::addr_of_mut!(search).cast(),
            );
        }
        search.found
    }

    /// Called by the midlayer for each command that is in use.
    ///
    /// # Safety
    ///
    /// `command` must be one of a host of `D`, and `search` must be a [`Search`] in no other use.
    unsafe extern "C" fn search_callback(
        command: *mut bindings::scsi_cmnd,
        search: *mut c_void,
    ) -> bool {
        // SAFETY: `command` is one of a host of `D`, and `search` a `Search` in no other use, by
        // the requirements of this callback.
        let (search, owner, device) = unsafe {
            (
                &mut *search.cast::<Search>(),
                Private::<D>::owner(NonNull::new_unchecked(command)),
                (*command).device,
            )
        };
        let is_there = search.device.is_null() || search.device == device;
        search.found |= is_there && owner.load(Ordering::Acquire) == owner::LATE;
        !search.found
    }
}

/// A search among the commands of a host for one that has timed out.
struct Search {
    device: *mut bindings::scsi_device,
    found: bool,
}

/// The result of an error handler.
fn disposition(is_done: bool) -> c_int {
    let disposition = if is_done {
        bindings::scsi_disposition_SUCCESS
    } else {
        bindings::scsi_disposition_FAILED
    };
    disposition as c_int
}
