// SPDX-License-Identifier: GPL-2.0-only

//! Safe wrappers round what a fabric module shares with target core.
//!
//! A fabric is a tree of configfs directories: `target/$FABRIC/$WWN/tpgt_$TAG/acls/$INITIATOR`.
//! Target core embeds one C object in each of them and calls the fabric when one is made or
//! dropped. Each wrapper here ([`Wwn`], [`Tpg`], [`NodeAcl`], [`Np`]) is such a C object with the
//! driver's own data behind it. The ops themselves are in `fabric_ops.rs`, commands and what they
//! arrive through in `command.rs`.
//!
//! C headers: [`include/target/target_core_base.h`](srctree/include/target/target_core_base.h),
//! [`include/linux/configfs.h`](srctree/include/linux/configfs.h)

#![allow(
    dead_code,
    reason = "a layer for drivers to come: each uses what it needs of it"
)]

use core::{
    cell::UnsafeCell,
    marker::PhantomData,
    ptr::{self, NonNull},
    sync::atomic::{AtomicBool, Ordering},
};

// Some kernels have `Zeroable` in `kernel::init`, others in the prelude.
#[allow(
    unused_imports,
    reason = "which of the two holds the trait depends on the kernel"
)]
use kernel::init::*;
use kernel::{
    error::{to_result, VTABLE_DEFAULT_ERROR},
    ffi::{c_char, c_int},
    prelude::*,
    str::BStr,
    sync::{new_condvar, new_spinlock, CondVar, SpinLock},
    types::Opaque, //
};

use crate::{
    bindings,
    fabric_ops::{Operations, OperationsVTable}, //
};

/// The T10 protocol identifier of a fabric, for `core_tpg_register()`.
///
/// See SPC-4, section 7.6.1, and `enum scsi_protocol` in `include/scsi/scsi_proto.h`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Protocol(u8);

impl Protocol {
    /// Fibre Channel.
    pub(crate) const FCP: Self = Self(0x0);
    /// Parallel SCSI.
    pub(crate) const SPI: Self = Self(0x1);
    /// Serial Storage Architecture.
    pub(crate) const SSA: Self = Self(0x2);
    /// Serial Bus Protocol, on IEEE 1394.
    pub(crate) const SBP: Self = Self(0x3);
    /// SCSI RDMA Protocol.
    pub(crate) const SRP: Self = Self(0x4);
    /// Internet SCSI.
    pub(crate) const ISCSI: Self = Self(0x5);
    /// Serial Attached SCSI.
    pub(crate) const SAS: Self = Self(0x6);
    /// Automation/Drive Interface.
    pub(crate) const ADT: Self = Self(0x7);
    /// ATA/ATAPI.
    pub(crate) const ATA: Self = Self(0x8);
    // The kernel's enum has no names for the next three; T10 does.
    /// USB Attached SCSI.
    pub(crate) const UAS: Self = Self(0x9);
    /// SCSI over PCI Express.
    pub(crate) const SOP: Self = Self(0xa);
    /// PCI Express.
    pub(crate) const PCIE: Self = Self(0xb);
}

/// A target port, `target/$FABRIC/$WWN`: a `struct se_wwn` and the driver's data for it.
///
/// # Invariants
///
/// `inner` was zeroed before target core saw it. It is in `repr(C)` the first field, so a pointer
/// to one is a pointer to the other.
#[pin_data]
#[repr(C)]
pub(crate) struct Wwn<T: Operations> {
    #[pin]
    inner: Opaque<bindings::se_wwn>,
    #[pin]
    data: T::Wwn,
}

impl<T: Operations> Wwn<T> {
    /// Makes a target port for target core to own until it calls `fabric_drop_wwn`.
    ///
    /// # Errors
    ///
    /// What `data` fails with, or [`ENOMEM`].
    pub(crate) fn create(data: impl PinInit<T::Wwn, Error>) -> Result<*mut bindings::se_wwn> {
        let wwn = KBox::pin_init(
            try_pin_init!(Self {
                inner <- zeroed(),
                data <- data,
            }),
            GFP_KERNEL,
        )?;
        Ok(into_raw(wwn).cast())
    }

    /// Borrows the target port that `ptr` is the C part of.
    ///
    /// # Safety
    ///
    /// `ptr` must come from [`Self::create`], and must not be dropped while `'a` lasts.
    pub(crate) unsafe fn from_raw<'a>(ptr: *mut bindings::se_wwn) -> &'a Self {
        // SAFETY: By the type's invariant `ptr` points to a `Self`, which is alive by the
        // requirements of this function. Only shared references to it exist.
        unsafe { &*ptr.cast() }
    }

    /// Frees a target port.
    ///
    /// # Safety
    ///
    /// `ptr` must come from [`Self::create`], and nobody may use it any more.
    pub(crate) unsafe fn destroy(ptr: *mut bindings::se_wwn) {
        // SAFETY: By the requirements of this function `ptr` is the box that `create` gave away,
        // and this is its only owner.
        drop(unsafe { KBox::from_raw(ptr.cast::<Self>()) });
    }

    /// The driver's data.
    pub(crate) fn data(&self) -> &T::Wwn {
        &self.data
    }
}

/// A target portal group, `target/$FABRIC/$WWN/tpgt_$TAG`: a `struct se_portal_group` and the
/// driver's data for it.
///
/// # Invariants
///
/// - `inner` is registered with target core from [`Self::create`] to [`Self::destroy`]. It is in
///   `repr(C)` the first field, so a pointer to one is a pointer to the other.
/// - `wwn` is alive as long as the portal group is: its directory holds the group's.
/// - `sessions` counts the sessions in the group.
#[pin_data]
#[repr(C)]
pub(crate) struct Tpg<T: Operations> {
    #[pin]
    inner: Opaque<bindings::se_portal_group>,
    wwn: NonNull<Wwn<T>>,
    #[pin]
    sessions: SpinLock<usize>,
    #[pin]
    no_session: CondVar,
    #[pin]
    data: T::Tpg,
}

impl<T: Operations> Tpg<T> {
    /// Makes a portal group, registers it, and hands it to target core to own until it calls
    /// `fabric_drop_tpg`.
    ///
    /// # Errors
    ///
    /// What `data` or `core_tpg_register()` fails with, or [`ENOMEM`].
    ///
    /// # Safety
    ///
    /// The result must be given to target core as that of `fabric_make_tpg` for `wwn`: then the
    /// group's directory holds `wwn`, and the group ends with `fabric_drop_tpg`.
    pub(crate) unsafe fn create(
        wwn: &Wwn<T>,
        data: impl PinInit<T::Tpg, Error>,
    ) -> Result<*mut bindings::se_portal_group> {
        let tpg = KBox::pin_init(
            try_pin_init!(Self {
                inner <- zeroed(),
                wwn: NonNull::from(wwn),
                sessions <- new_spinlock!(0),
                no_session <- new_condvar!(),
                data <- data,
            }),
            GFP_KERNEL,
        )?;
        // SAFETY: `wwn` belongs to target core, which has set the fabric in it. `inner` is zeroed,
        // and stays where it is until `destroy` has taken the registration back. The ops that this
        // call may use find a portal group that is complete.
        to_result(unsafe {
            bindings::core_tpg_register(wwn.inner.get(), tpg.inner.get(), T::PROTOCOL.0.into())
        })?;
        Ok(into_raw(tpg).cast())
    }

    /// Borrows the portal group that `ptr` is the C part of.
    ///
    /// # Safety
    ///
    /// `ptr` must come from [`Self::create`], and must not be dropped while `'a` lasts.
    pub(crate) unsafe fn from_raw<'a>(ptr: *mut bindings::se_portal_group) -> &'a Self {
        // SAFETY: By the type's invariants `ptr` points to a `Self`, which is alive by the
        // requirements of this function. Only shared references to it exist.
        unsafe { &*ptr.cast() }
    }

    /// Takes a portal group from target core and frees it, once the last session has left it.
    ///
    /// # Safety
    ///
    /// `ptr` must come from [`Self::create`], and nobody but target core and the group's sessions
    /// may use it any more.
    pub(crate) unsafe fn destroy(ptr: *mut bindings::se_portal_group) {
        // SAFETY: By the requirements of this function.
        unsafe { Self::from_raw(ptr) }.wait_for_sessions();
        // SAFETY: `create` has registered `ptr`, and by the requirements of this function nothing
        // of it is in use. The call always gives 0.
        unsafe { bindings::core_tpg_deregister(ptr) };
        // SAFETY: By the requirements of this function `ptr` is the box that `create` gave away.
        // Target core has just forgotten it, so this is its only owner.
        drop(unsafe { KBox::from_raw(ptr.cast::<Self>()) });
    }

    /// The C part.
    pub(crate) fn as_raw(&self) -> *mut bindings::se_portal_group {
        self.inner.get()
    }

    /// Counts a session, before it is set up.
    pub(crate) fn session_begins(&self) {
        *self.sessions.lock() += 1;
    }

    /// Takes back a count, after the session is removed. The group may be gone when this returns.
    pub(crate) fn session_ends(&self) {
        let mut sessions = self.sessions.lock();
        *sessions -= 1;
        if *sessions == 0 {
            self.no_session.notify_all();
        }
    }

    /// Waits until no session is left. The driver should have ended them: it is told if not.
    fn wait_for_sessions(&self) {
        let mut sessions = self.sessions.lock();
        if *sessions != 0 {
            pr_warn!("portal group: waiting for {} sessions to end\n", *sessions);
        }
        while *sessions != 0 {
            self.no_session.wait(&mut sessions);
        }
    }

    /// The driver's data.
    pub(crate) fn data(&self) -> &T::Tpg {
        &self.data
    }

    /// The target port that the group belongs to.
    pub(crate) fn wwn(&self) -> &Wwn<T> {
        // SAFETY: By the type's invariants the target port outlives the group.
        unsafe { self.wwn.as_ref() }
    }
}

/// An initiator's access control list, `…/tpgt_$TAG/acls/$INITIATOR`: a `struct se_node_acl` and
/// the driver's data for it.
///
/// Target core allocates it, all zero, and frees it without a word to the driver. In demo mode it
/// does not even call `fabric_init_nodeacl`. So the data must be valid when it is all zero, must
/// need no `Drop`, and changes through shared references only: a session may use a list that an
/// administrator is about to make explicit.
#[repr(C)]
pub(crate) struct NodeAcl<T: Operations> {
    inner: Opaque<bindings::se_node_acl>,
    data: T::NodeAcl,
}

impl<T: Operations> NodeAcl<T> {
    /// What target core has to allocate, in bytes: `node_acl_size`.
    pub(crate) const SIZE: usize = {
        assert!(
            !core::mem::needs_drop::<T::NodeAcl>(),
            "target core frees node ACLs without dropping the driver's data"
        );
        assert!(
            core::mem::align_of::<Self>() <= core::mem::align_of::<u64>(),
            "target core allocates node ACLs with kmalloc()'s least alignment"
        );
        core::mem::size_of::<Self>()
    };

    /// Borrows the list that `ptr` is the C part of.
    ///
    /// # Safety
    ///
    /// Target core must have allocated `ptr` with `node_acl_size` set to [`Self::SIZE`], and must
    /// not free it while `'a` lasts.
    pub(crate) unsafe fn from_raw<'a>(ptr: *mut bindings::se_node_acl) -> &'a Self {
        // SAFETY: `ptr` is followed by zeroed memory for the data, aligned as `SIZE` checks. All
        // zero is valid since `T::NodeAcl` is `Zeroable`. Only shared references to it exist.
        unsafe { &*ptr.cast() }
    }

    /// Ends the making of a list with what `fabric_init_nodeacl` says.
    ///
    /// Where that is an error, target core frees the list, but not the name of its directory, which
    /// has memory of its own if it is long. An empty name has none.
    ///
    /// # Safety
    ///
    /// The result must be given to target core as that of `fabric_init_nodeacl` for this list.
    pub(crate) unsafe fn made(&self, result: Result) -> c_int {
        if result.is_err() {
            let inner = self.inner.get();
            // SAFETY: The list is valid, and by the requirements of this function its directory is
            // one that nobody sees yet, and that goes away next. The format takes no arguments.
            unsafe {
                bindings::config_item_set_name(
                    &raw mut (*inner).acl_group.cg_item,
                    kernel::c_str!("").as_char_ptr(),
                )
            };
        }
        errno(result)
    }

    /// The driver's data.
    pub(crate) fn data(&self) -> &T::NodeAcl {
        &self.data
    }
}

/// A network portal, `…/tpgt_$TAG/np/$PORTAL`: a `struct se_tpg_np` and the driver's data for it.
///
/// # Invariants
///
/// `inner` is in `repr(C)` the first field, so a pointer to one is a pointer to the other.
#[pin_data]
#[repr(C)]
pub(crate) struct Np<T: Operations> {
    #[pin]
    inner: Opaque<bindings::se_tpg_np>,
    data: T::Np,
}

impl<T: Operations> Np<T> {
    /// Makes a network portal for target core to own until it calls `fabric_drop_np`.
    ///
    /// # Errors
    ///
    /// [`ENOMEM`].
    pub(crate) fn create(data: T::Np) -> Result<*mut bindings::se_tpg_np> {
        let np = KBox::pin_init(
            try_pin_init!(Self {
                inner <- zeroed(),
                data,
            }),
            GFP_KERNEL,
        )?;
        Ok(into_raw(np).cast())
    }

    /// Borrows the network portal that `ptr` is the C part of.
    ///
    /// # Safety
    ///
    /// `ptr` must come from [`Self::create`], and must not be dropped while `'a` lasts.
    pub(crate) unsafe fn from_raw<'a>(ptr: *mut bindings::se_tpg_np) -> &'a Self {
        // SAFETY: By the type's invariant `ptr` points to a `Self`, which is alive by the
        // requirements of this function. Only shared references to it exist.
        unsafe { &*ptr.cast() }
    }

    /// Frees a network portal.
    ///
    /// # Safety
    ///
    /// `ptr` must come from [`Self::create`], and nobody may use it any more.
    pub(crate) unsafe fn destroy(ptr: *mut bindings::se_tpg_np) {
        // SAFETY: By the requirements of this function `ptr` is the box that `create` gave away,
        // and this is its only owner.
        drop(unsafe { KBox::from_raw(ptr.cast::<Self>()) });
    }

    /// The driver's data.
    pub(crate) fn data(&self) -> &T::Np {
        &self.data
    }
}

/// A logical unit of a portal group, `struct se_lun`.
#[repr(transparent)]
pub(crate) struct Lun(Opaque<bindings::se_lun>);

impl Lun {
    /// Borrows the logical unit.
    ///
    /// # Safety
    ///
    /// `ptr` must be valid, and stay so while `'a` lasts.
    pub(crate) unsafe fn from_raw<'a>(ptr: *mut bindings::se_lun) -> &'a Self {
        // SAFETY: The type is transparent; by the requirements of this function.
        unsafe { &*ptr.cast() }
    }

    /// The number of the logical unit, as in the directory's name `lun_$NUMBER`.
    pub(crate) fn unpacked_lun(&self) -> u64 {
        // SAFETY: The object is valid, and the number does not change while it is.
        unsafe { (*self.0.get()).unpacked_lun }
    }
}

/// The fabric's registration with target core; dropping it unregisters the fabric.
///
/// A module keeps it for as long as it is loaded. Each directory of the fabric holds a reference to
/// the module, so a fabric in use is not unregistered.
pub(crate) struct Registration<T: Operations>(PhantomData<T>);

/// Whether the module has a [`Registration`]: one at most, so that who registers may change the
/// attributes.
static REGISTERED: AtomicBool = AtomicBool::new(false);

impl<T: Operations> Registration<T> {
    /// Registers the fabric that `T` describes.
    ///
    /// # Errors
    ///
    /// [`EBUSY`] if the module has registered a fabric already, else what
    /// `target_register_template()` fails with: [`EINVAL`] if it does not like the ops, [`ENOMEM`].
    pub(crate) fn new(module: &'static ThisModule) -> Result<Self> {
        if REGISTERED.swap(true, Ordering::Acquire) {
            return Err(EBUSY);
        }
        for list in OperationsVTable::<T>::ATTRIBUTES {
            // SAFETY: The lists are those of the fabric, which is not registered.
            unsafe { set_owner(list, module.as_ptr().cast()) };
        }
        let ops = OperationsVTable::<T>::ops(module.as_ptr().cast());
        // SAFETY: Target core copies the ops. All that they point to is static. The callbacks meet
        // the contracts of the ops, and the module that holds them stays loaded while a directory
        // of the fabric exists.
        let result = to_result(unsafe { bindings::target_register_template(&ops) });
        if result.is_err() {
            REGISTERED.store(false, Ordering::Release);
        }
        result.map(|()| Self(PhantomData))
    }
}

impl<T: Operations> Drop for Registration<T> {
    fn drop(&mut self) {
        let ops = OperationsVTable::<T>::ops(ptr::null_mut());
        // SAFETY: `new` has registered a fabric of this name, and target core looks at the name
        // alone.
        unsafe { bindings::target_unregister_template(&ops) };
        REGISTERED.store(false, Ordering::Release);
    }
}

/// A kind of directory that a fabric may add attributes to: what holds it.
///
/// # Safety
///
/// Every `item` that target core gives the attributes of this kind must be embedded in the C part of
/// a `Context`, at the place that [`Self::context`] derives it from.
pub(crate) unsafe trait Directory {
    /// What the attributes in such a directory belong to.
    type Context: ?Sized;

    /// Finds what `item` is the directory of.
    ///
    /// # Safety
    ///
    /// `item` must be a directory of this kind, and must stay so while `'a` lasts.
    unsafe fn context<'a>(item: *mut bindings::config_item) -> &'a Self::Context;
}

/// Declares the directories that hold an object, each by its config group in the C object.
macro_rules! directories {
    ($($(#[$attr:meta])* $name:ident => $wrapper:ident, $ctype:ident.$group:ident;)*) => {$(
        $(#[$attr])*
        pub(crate) struct $name<T>(PhantomData<T>);

        // SAFETY: Target core makes such directories from this group of the C object alone.
        unsafe impl<T: Operations> Directory for $name<T> {
            type Context = $wrapper<T>;

            unsafe fn context<'a>(item: *mut bindings::config_item) -> &'a $wrapper<T> {
                let offset = core::mem::offset_of!(bindings::$ctype, $group)
                    + core::mem::offset_of!(bindings::config_group, cg_item);
                // SAFETY: By the requirements of this function `item` lies at this offset in the
                // C object, which lives at least as long as its directory.
                unsafe { $wrapper::from_raw(item.byte_sub(offset).cast()) }
            }
        }
    )*};
}

directories! {
    /// `tpgt_$TAG` itself.
    TpgBaseAttrs => Tpg, se_portal_group.tpg_group;
    /// `tpgt_$TAG/attrib`.
    TpgAttribAttrs => Tpg, se_portal_group.tpg_attrib_group;
    /// `tpgt_$TAG/auth`.
    TpgAuthAttrs => Tpg, se_portal_group.tpg_auth_group;
    /// `tpgt_$TAG/param`.
    TpgParamAttrs => Tpg, se_portal_group.tpg_param_group;
    /// `tpgt_$TAG/np/$PORTAL`.
    TpgNpBaseAttrs => Np, se_tpg_np.tpg_np_group;
    /// `tpgt_$TAG/acls/$INITIATOR` itself.
    TpgNaclBaseAttrs => NodeAcl, se_node_acl.acl_group;
    /// `tpgt_$TAG/acls/$INITIATOR/attrib`.
    TpgNaclAttribAttrs => NodeAcl, se_node_acl.acl_attrib_group;
    /// `tpgt_$TAG/acls/$INITIATOR/auth`.
    TpgNaclAuthAttrs => NodeAcl, se_node_acl.acl_auth_group;
    /// `tpgt_$TAG/acls/$INITIATOR/param`.
    TpgNaclParamAttrs => NodeAcl, se_node_acl.acl_param_group;
}

/// Declares the directories that belong to the fabric as a whole.
macro_rules! fabric_directories {
    ($($(#[$attr:meta])* $name:ident;)*) => {$(
        $(#[$attr])*
        pub(crate) struct $name<T>(PhantomData<T>);

        // SAFETY: The context does not depend on the item.
        unsafe impl<T: Operations> Directory for $name<T> {
            type Context = ();

            unsafe fn context<'a>(_: *mut bindings::config_item) -> &'a () {
                &()
            }
        }
    )*};
}

fabric_directories! {
    /// `target/$FABRIC/discovery_auth`.
    DiscoveryAttrs;
    /// `target/$FABRIC`, the directory of the target ports.
    WwnAttrs;
}

/// An attribute: a file in a directory of the fabric. Implement `show`, `store` or both.
#[vtable]
pub(crate) trait Attribute: 'static {
    /// Where the attribute is.
    type Directory: Directory;

    /// Writes the attribute's value to `page`.
    fn show(_context: &<Self::Directory as Directory>::Context, _page: &mut Page<'_>) -> Result {
        kernel::build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// Takes `text`, what user space wrote, at most a page, without the newline at its end.
    fn store(_context: &<Self::Directory as Directory>::Context, _text: &BStr) -> Result {
        kernel::build_error!(VTABLE_DEFAULT_ERROR)
    }
}

/// The page that an attribute's value is written to, by `write!`.
pub(crate) struct Page<'a> {
    buffer: &'a mut [u8],
    len: usize,
}

impl Page<'_> {
    /// Appends formatted text; what `write!` calls.
    ///
    /// # Errors
    ///
    /// [`EINVAL`] if the text does not fit into the page.
    pub(crate) fn write_fmt(&mut self, args: core::fmt::Arguments<'_>) -> Result {
        core::fmt::Write::write_fmt(self, args).map_err(|_| EINVAL)
    }

    /// Appends bytes as they are.
    ///
    /// # Errors
    ///
    /// [`EINVAL`] if they do not fit into the page.
    pub(crate) fn write_bytes(&mut self, bytes: &[u8]) -> Result {
        let free = self.buffer.get_mut(self.len..).unwrap_or_default();
        free.get_mut(..bytes.len())
            .ok_or(EINVAL)?
            .copy_from_slice(bytes);
        self.len += bytes.len();
        Ok(())
    }
}

impl core::fmt::Write for Page<'_> {
    fn write_str(&mut self, text: &str) -> core::fmt::Result {
        self.write_bytes(text.as_bytes())
            .map_err(|_| core::fmt::Error)
    }
}

/// A `struct configfs_attribute` for an attribute in a `D`.
#[repr(transparent)]
pub(crate) struct AttributeSlot<D>(UnsafeCell<bindings::configfs_attribute>, PhantomData<D>);

// SAFETY: The slot is written before target core knows of it, by the one `Registration`, and only
// read from then on.
unsafe impl<D> Sync for AttributeSlot<D> {}

impl<D: Directory> AttributeSlot<D> {
    /// Makes the slot of `A`; `name` must end with NUL, or the module does not compile.
    pub(crate) const fn new<A: Attribute<Directory = D>>(name: &'static str) -> Self {
        assert!(
            matches!(name.as_bytes(), [.., 0]),
            "the name must end with NUL"
        );
        let read = if A::HAS_SHOW { 0o444 } else { 0 };
        let write = if A::HAS_STORE { 0o200 } else { 0 };
        Self(
            UnsafeCell::new(bindings::configfs_attribute {
                ca_name: name.as_ptr().cast(),
                ca_owner: ptr::null_mut(),
                ca_mode: read | write,
                show: if A::HAS_SHOW {
                    Some(Self::show_callback::<A>)
                } else {
                    None
                },
                store: if A::HAS_STORE {
                    Some(Self::store_callback::<A>)
                } else {
                    None
                },
            }),
            PhantomData,
        )
    }

    /// Called by configfs when user space reads the attribute.
    ///
    /// # Safety
    ///
    /// `item` must be a directory of the kind `D`, and `page` must have `PAGE_SIZE` bytes for this
    /// call alone.
    unsafe extern "C" fn show_callback<A: Attribute<Directory = D>>(
        item: *mut bindings::config_item,
        page: *mut c_char,
    ) -> isize {
        // SAFETY: By function safety requirements.
        let context = unsafe { D::context(item) };
        // SAFETY: By function safety requirements; configfs gives a zeroed page.
        let buffer =
            unsafe { core::slice::from_raw_parts_mut(page.cast(), kernel::page::PAGE_SIZE) };
        let mut page = Page { buffer, len: 0 };
        match A::show(context, &mut page) {
            Ok(()) => page.len as isize,
            Err(error) => error.to_errno() as isize,
        }
    }

    /// Called by configfs when user space writes the attribute.
    ///
    /// # Safety
    ///
    /// `item` must be a directory of the kind `D`, and `page` must hold `count` bytes.
    unsafe extern "C" fn store_callback<A: Attribute<Directory = D>>(
        item: *mut bindings::config_item,
        page: *const c_char,
        count: usize,
    ) -> isize {
        // SAFETY: By function safety requirements.
        let context = unsafe { D::context(item) };
        // SAFETY: By function safety requirements.
        let text: &[u8] = unsafe { core::slice::from_raw_parts(page.cast(), count) };
        let text = text.strip_suffix(b"\n").unwrap_or(text);
        match A::store(context, BStr::from_bytes(text)) {
            Ok(()) => count as isize,
            Err(error) => error.to_errno() as isize,
        }
    }
}

/// The pointers to `N - 1` attributes in a `D`, and the null pointer that ends them.
#[repr(transparent)]
pub(crate) struct AttributeArray<D, const N: usize>(
    UnsafeCell<[*mut bindings::configfs_attribute; N]>,
    PhantomData<D>,
);

// SAFETY: The array is never written to.
unsafe impl<D, const N: usize> Sync for AttributeArray<D, N> {}

impl<D, const N: usize> AttributeArray<D, N> {
    /// Points to each of `slots`.
    pub(crate) const fn new<const M: usize>(slots: &'static [AttributeSlot<D>; M]) -> Self {
        assert!(
            N == M + 1,
            "the array has a place for each attribute and for the end"
        );
        let mut array = [ptr::null_mut(); N];
        let mut index = 0;
        while index < M {
            array[index] = slots[index].0.get();
            index += 1;
        }
        Self(UnsafeCell::new(array), PhantomData)
    }
}

/// The attributes in a directory of the kind `D`; made by [`attributes!`].
pub(crate) struct Attributes<D>(*mut *mut bindings::configfs_attribute, PhantomData<D>);

impl<D> Attributes<D> {
    /// No attributes.
    pub(crate) const NONE: Self = Self(ptr::null_mut(), PhantomData);

    /// The attributes that `array` points to.
    pub(crate) const fn new<const N: usize>(array: &'static AttributeArray<D, N>) -> Self {
        Self(array.0.get().cast(), PhantomData)
    }

    /// The attributes as target core wants them.
    pub(crate) const fn as_ptr(&self) -> *mut *mut bindings::configfs_attribute {
        self.0
    }
}

/// Makes the [`Attributes`] of a directory, each by its file name and the type that implements
/// [`Attribute`].
///
/// ```ignore
/// attributes!(WwnAttrs<Fabric> { version: Version })
/// ```
macro_rules! attributes {
    ($directory:ty { $($name:ident: $attribute:ty),+ $(,)? }) => {{
        const COUNT: usize = [$(stringify!($name)),+].len();
        static SLOTS: [$crate::target::AttributeSlot<$directory>; COUNT] = [$(
            $crate::target::AttributeSlot::new::<$attribute>(concat!(stringify!($name), "\0"))
        ),+];
        static ARRAY: $crate::target::AttributeArray<$directory, { COUNT + 1 }> =
            $crate::target::AttributeArray::new(&SLOTS);
        $crate::target::Attributes::<$directory>::new(&ARRAY)
    }};
}
pub(crate) use attributes;

/// Sets the module that the attributes in `list` belong to, so that an open file holds it.
///
/// # Safety
///
/// `list` must be null or come from [`Attributes::as_ptr`], and target core must not know it yet.
unsafe fn set_owner(list: *mut *mut bindings::configfs_attribute, module: *mut bindings::module) {
    if list.is_null() {
        return;
    }
    for index in 0.. {
        // SAFETY: The array ends with a null pointer, where the loop ends.
        let attribute = unsafe { *list.add(index) };
        if attribute.is_null() {
            return;
        }
        // SAFETY: The attribute is static, and by the requirements of this function nobody else
        // looks at it.
        unsafe { (*attribute).ca_owner = module };
    }
}

/// Borrows the name of a directory.
///
/// # Safety
///
/// `name` must end with NUL, and must not change while `'a` lasts.
pub(crate) unsafe fn name<'a>(name: *const c_char) -> &'a BStr {
    let mut len = 0;
    // SAFETY: By the requirements of this function every byte up to the NUL may be read.
    while unsafe { *name.add(len) } != 0 {
        len += 1;
    }
    // SAFETY: The `len` bytes before the NUL have just been read.
    BStr::from_bytes(unsafe { core::slice::from_raw_parts(name.cast(), len) })
}

/// The text in `bytes`, which end with NUL, for target core; empty if they do not.
pub(crate) fn c_str(bytes: &[u8]) -> &CStr {
    CStr::from_bytes_with_nul(bytes).unwrap_or(kernel::c_str!(""))
}

/// The tag in a portal group's name, `tpgt_$TAG`.
///
/// # Errors
///
/// [`EINVAL`] unless the name is `tpgt_` and a decimal number below 65536 in its one canonical
/// form, so that no two directories have the same tag.
pub(crate) fn tpg_tag(name: &BStr) -> Result<u16> {
    let digits = <[u8]>::strip_prefix(name, b"tpgt_").unwrap_or_default();
    let is_canonical = matches!(digits, [b'0'] | [b'1'..=b'9', ..]);
    let tag = digits.iter().try_fold(0u16, |tag, byte| {
        let digit = byte.wrapping_sub(b'0');
        let tag = tag.checked_mul(10)?.checked_add(digit.into())?;
        (digit < 10).then_some(tag)
    });
    let tag = tag.filter(|_| is_canonical);
    tag.ok_or_else(|| {
        pr_err!(
            "portal group {}: want tpgt_ and a number from 0 to 65535\n",
            name
        );
        EINVAL
    })
}

/// What a callback gives for 0 or a negative errno.
pub(crate) fn errno(result: Result) -> c_int {
    match result {
        Ok(()) => 0,
        Err(error) => error.to_errno(),
    }
}

/// What a callback gives for a pointer or an `ERR_PTR()`.
pub(crate) fn err_ptr<T>(result: Result<*mut T>) -> *mut T {
    result.unwrap_or_else(|error| error.to_errno() as isize as *mut T)
}

/// What C gives for a pointer or an `ERR_PTR()`.
pub(crate) fn from_err_ptr<T>(ptr: *mut T) -> Result<NonNull<T>> {
    // The largest errno is 4095, `MAX_ERRNO`.
    if let errno @ -4095..=-1 = ptr as isize {
        to_result(errno as c_int)?;
    }
    NonNull::new(ptr).ok_or(ENOMEM)
}

/// Zeroes a C object in place.
pub(crate) fn zeroed<T>() -> impl PinInit<Opaque<T>> {
    // SAFETY: The slot is valid for writes; an `Opaque` may hold anything.
    Opaque::ffi_init(|slot: *mut T| unsafe { slot.write_bytes(0, 1) })
}

/// Gives a box away, to be taken back with [`KBox::from_raw`].
pub(crate) fn into_raw<T>(boxed: Pin<KBox<T>>) -> *mut T {
    // SAFETY: Whoever gets the pointer treats what it points to as pinned: it is only shared until
    // it is dropped.
    KBox::into_raw(unsafe { Pin::into_inner_unchecked(boxed) })
}
