// SPDX-License-Identifier: GPL-2.0-only

//! The registration of a fabric with target core.
//!
//! C header: [`include/target/target_core_fabric.h`](srctree/include/target/target_core_fabric.h)

use core::{
    marker::PhantomData,
    ptr,
    ptr::NonNull,
    sync::atomic::{AtomicUsize, Ordering}, //
};

use kernel::{
    error::to_result,
    ffi::c_void,
    prelude::*,
    str::BStr, //
};

use crate::{
    bindings,
    target::{
        ops::OperationsVTable,
        Directory,
        Operations, //
    },
};

/// The registration of a fabric with target core. Dropping it unregisters the fabric.
///
/// The module of [`module_target_fabric!`](crate::target::module_target_fabric) has it from loading to
/// unloading, and nobody else: a driver never holds its own registration. Each directory of the
/// fabric holds a reference to the module, so a fabric is unregistered when no directory is left.
///
/// # Invariants
///
/// `data` is a box, which belongs to this. The fabric is registered with the lists of attributes.
pub struct Registration<T: Operations> {
    data: NonNull<T::Data>,
    _wwn: AttributeList,
    _discovery: AttributeList,
    // Dropped last: until then no other fabric has the name.
    _claim: Claim,
}

// SAFETY: The data may be dropped by any thread, and target core locks what it changes.
unsafe impl<T: Operations> Send for Registration<T> {}

// SAFETY: A shared registration has no methods.
unsafe impl<T: Operations> Sync for Registration<T> {}

impl<T: Operations> Registration<T> {
    /// Makes the fabric's data and registers the fabric.
    ///
    /// # Safety
    ///
    /// The registration must be dropped when `module` is unloaded, neither before nor never: target
    /// core may call the fabric until then.
    ///
    /// # Errors
    ///
    /// [`EEXIST`] if a fabric of this name is registered; the error of [`Operations::init`]; or the
    /// error of `target_register_template()`: [`EINVAL`] if it rejects the ops, [`ENOMEM`].
    pub unsafe fn new(module: &'static ThisModule) -> Result<Self> {
        for op in bindings::UNLISTED_OPS {
            pr_warn!("the op {} of this kernel is new to the module\n", op);
        }
        let claim = Claim::new(T::NAME)?;
        for list in OperationsVTable::<T>::ATTRIBUTES {
            // SAFETY: The list is a constant of `T`, and target core does not know it yet: the claim
            // above shows that no fabric of this name is registered.
            unsafe { set_owner(list, module.as_ptr().cast()) };
        }
        let data = KBox::new(T::init(module)?, GFP_KERNEL)?;
        let pointer = NonNull::from(&*data);
        let wwn = AttributeList::new(pointer.cast(), T::TFC_WWN_ATTRS.as_ptr())?;
        let discovery = AttributeList::new(pointer.cast(), T::TFC_DISCOVERY_ATTRS.as_ptr())?;
        let mut ops = OperationsVTable::<T>::ops(module.as_ptr().cast());
        ops.tfc_wwn_attrs = wwn.as_ptr();
        ops.tfc_discovery_attrs = discovery.as_ptr();
        // SAFETY: Target core copies the ops. All that they point to is static, or lives until the
        // fabric is unregistered. The callbacks meet the contracts of the ops, and the module that
        // holds them stays loaded until then, by the requirements of this function.
        to_result(unsafe { bindings::target_register_template(&ops) })?;
        Ok(Self {
            // SAFETY: `KBox::into_raw` returns the pointer of a box, which is not null.
            data: unsafe { NonNull::new_unchecked(KBox::into_raw(data)) },
            _wwn: wwn,
            _discovery: discovery,
            _claim: claim,
        })
    }
}

impl<T: Operations> Drop for Registration<T> {
    fn drop(&mut self) {
        let ops = OperationsVTable::<T>::ops(ptr::null_mut());
        // SAFETY: The fabric is registered, by the type's invariants. Target core reads nothing but
        // the name, which no other fabric of this layer has, by the claim.
        unsafe { bindings::target_unregister_template(&ops) };
        // SAFETY: The pointer is that of a box, by the type's invariants. No directory of the fabric is
        // left, so nobody borrows the data.
        drop(unsafe { KBox::from_raw(self.data.as_ptr()) });
    }
}

/// Declares the kernel module of a fabric: the fabric is registered with target core while the
/// module is loaded. Takes the fabric, a type that implements
/// [`Operations`](crate::target::Operations), and the other fields of [`kernel::module!`].
///
/// ```ignore
/// module_target_fabric! {
///     type: Fabric,
///     name: "tcm_nab5000",
///     description: "nab5000 target fabric for iSCSI",
///     license: "GPL",
/// }
/// ```
#[macro_export]
#[doc(hidden)]
macro_rules! target_fabric_module {
    (type: $fabric:ty, $($field:tt)*) => {
        /// The loaded module.
        struct TargetFabricModule {
            _registration: $crate::target::Registration<$fabric>,
        }

        impl ::kernel::Module for TargetFabricModule {
            #[allow(unsafe_code)]
            fn init(module: &'static ::kernel::ThisModule) -> ::kernel::error::Result<Self> {
                static IS_CALLED: ::core::sync::atomic::AtomicBool =
                    ::core::sync::atomic::AtomicBool::new(false);
                if IS_CALLED.swap(true, ::core::sync::atomic::Ordering::Relaxed) {
                    return Err(::kernel::error::code::EBUSY);
                }
                // SAFETY: This is the first call, so it is the kernel's, which loads the module: no
                // code of the driver runs before. The kernel drops the result when it unloads the
                // module.
                let registration = unsafe { $crate::target::Registration::new(module)? };
                Ok(Self {
                    _registration: registration,
                })
            }
        }

        ::kernel::prelude::module! {
            type: TargetFabricModule,
            $($field)*
        }
    };
}

pub use target_fabric_module as module_target_fabric;

/// The names of the fabrics that are registered through this, each as a number that is not 0.
static NAMES: [AtomicUsize; 32] = [const { AtomicUsize::new(0) }; 32];

/// A fabric's name, which no other fabric has until this is dropped: target core unregisters the
/// first fabric of a name, whichever it is.
struct Claim(&'static AtomicUsize);

impl Claim {
    /// Claims a name.
    ///
    /// # Errors
    ///
    /// [`EEXIST`] if another fabric has it, [`ENOSPC`] if there are too many fabrics.
    fn new(name: &CStr) -> Result<Self> {
        // FNV-1a: a number that two names share by chance is no more than an error.
        let text: &BStr = name.as_ref();
        let number = text.iter().fold(0x811c_9dc5_usize, |number, byte| {
            (number ^ usize::from(*byte)).wrapping_mul(0x0100_0193)
        });
        let number = number | 1;
        let takes = |place: &&AtomicUsize| {
            place
                .compare_exchange(0, number, Ordering::SeqCst, Ordering::Relaxed)
                .is_ok()
        };
        let place = NAMES.iter().find(takes).ok_or(ENOSPC)?;
        let claim = Self(place);
        // Of two that claim a name at the same time, one at least sees the other.
        let is_taken =
            |other: &AtomicUsize| !ptr::eq(other, place) && other.load(Ordering::SeqCst) == number;
        if NAMES.iter().any(is_taken) {
            return Err(EEXIST);
        }
        Ok(claim)
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        self.0.store(0, Ordering::Release);
    }
}

/// A list of attributes with a pointer to the fabric's data before it. An item of the fabric leads
/// to its list, and so to the data: target core has no other place for them.
struct AttributeList(KVec<*mut c_void>);

impl AttributeList {
    /// Makes the list of the attributes in `list`, which is null or ends with a null pointer.
    fn new(data: NonNull<c_void>, list: *mut *mut bindings::configfs_attribute) -> Result<Self> {
        let mut own = KVec::new();
        own.push(data.as_ptr(), GFP_KERNEL)?;
        for index in 0.. {
            let attribute = if list.is_null() {
                ptr::null_mut()
            } else {
                // SAFETY: The list ends with a null pointer, where the loop ends.
                unsafe { *list.add(index) }
            };
            own.push(attribute.cast(), GFP_KERNEL)?;
            if attribute.is_null() {
                break;
            }
        }
        Ok(Self(own))
    }

    /// The list as target core wants it.
    fn as_ptr(&self) -> *mut *mut bindings::configfs_attribute {
        // The first entry is not of the list.
        self.0.as_ptr().wrapping_add(1).cast_mut().cast()
    }
}

/// The data of the fabric.
///
/// # Safety
///
/// `item` must be the directory of a fabric `T`, or its `discovery_auth`, and the fabric must stay
/// registered while `'a` lasts: one of its directories does that.
pub(super) unsafe fn data<'a, T: Operations>(item: *mut bindings::config_item) -> &'a T::Data {
    // SAFETY: By the requirements of this function the item's attributes are an `AttributeList`,
    // which has a pointer to the data before them.
    unsafe {
        let list = (*(*item).ci_type).ct_attrs;
        &**list.cast::<*const T::Data>().sub(1)
    }
}

/// Sets the module that the attributes in `list` belong to, so that an open file holds it.
///
/// # Safety
///
/// `list` must be null or come from [`Attributes::as_ptr`](super::Attributes::as_ptr), and target
/// core must not know it yet.
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

/// Declares the directories of the fabric as a whole: their attributes are called with its data.
macro_rules! directories {
    ($($(#[$attr:meta])* $name:ident;)*) => {$(
        $(#[$attr])*
        pub struct $name<T>(PhantomData<T>);

        // SAFETY: Target core makes such directories of the fabric alone.
        unsafe impl<T: Operations> Directory for $name<T> {
            type Context = T::Data;

            unsafe fn context<'a>(item: *mut bindings::config_item) -> &'a T::Data {
                // SAFETY: `item` is this directory of a fabric `T`, by the requirements of this
                // function; an attribute of it is open, so the fabric is registered.
                unsafe { data::<T>(item) }
            }
        }
    )*};
}

directories! {
    /// `target/$FABRIC/discovery_auth`.
    DiscoveryAttrs;
    /// `target/$FABRIC`, the directory of the target ports.
    WwnAttrs;
}
