// SPDX-License-Identifier: GPL-2.0-only

//! The registration of a fabric with target core.
//!
//! C header: [`include/target/target_core_fabric.h`](srctree/include/target/target_core_fabric.h)

use core::{
    marker::PhantomData,
    ptr,
    ptr::NonNull, //
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
        atomic::{Atomic, Full, Relaxed, Release},
        object::into_raw,
        ops::OperationsVTable,
        work::FabricData,
        Directory,
        Operations, //
    },
};

/// The registration of a fabric with target core. Dropping it unregisters the fabric.
///
/// Only the module that [`module_target_fabric!`](crate::target::module_target_fabric) declares
/// holds a registration, from loading to unloading. Each directory of the fabric holds a reference
/// to the module, so a fabric has no directories when it is unregistered.
///
/// # Invariants
///
/// `data` is the pointer of a box that the registration owns. The fabric is registered with the two
/// attribute lists.
pub struct Registration<T: Operations> {
    data: NonNull<FabricData<T>>,
    _wwn: AttributeList,
    _discovery: AttributeList,
    // Dropped last: no other fabric may have the name before.
    _claim: Claim,
}

// SAFETY: The data may be dropped by any thread, and target core locks what it changes.
unsafe impl<T: Operations> Send for Registration<T> {}

// SAFETY: A shared registration has no methods.
unsafe impl<T: Operations> Sync for Registration<T> {}

impl<T: Operations> Registration<T> {
    /// Creates the data of the fabric and registers the fabric.
    ///
    /// # Safety
    ///
    /// The registration must be dropped when `module` is unloaded, and not earlier: target core may
    /// call the fabric until then.
    ///
    /// # Errors
    ///
    /// Returns [`EEXIST`] if a fabric of this name is registered, the error of
    /// [`Operations::init`], or the error of `target_register_template()`: [`EINVAL`] if it rejects
    /// the ops, [`ENOMEM`].
    pub unsafe fn new(module: &'static ThisModule) -> Result<Self> {
        for op in bindings::UNLISTED_OPS {
            pr_warn!("the op {} of this kernel is new to the module\n", op);
        }
        let claim = Claim::new(T::NAME)?;
        let data = KBox::pin_init(FabricData::<T>::new(module)?, GFP_KERNEL)?;
        let pointer = NonNull::from(&*data);
        let wwn = AttributeList::new(pointer.cast(), T::TFC_WWN_ATTRS.as_ptr())?;
        let discovery = AttributeList::new(pointer.cast(), T::TFC_DISCOVERY_ATTRS.as_ptr())?;
        let mut ops = OperationsVTable::<T>::ops(module.as_ptr().cast());
        ops.tfc_wwn_attrs = wwn.as_ptr();
        ops.tfc_discovery_attrs = discovery.as_ptr();
        // SAFETY: Target core copies the ops. They point to statics and to `wwn` and `discovery`,
        // which live until the fabric is unregistered. The callbacks meet the contracts of the ops,
        // and their module stays loaded until then, by the requirements of this function.
        to_result(unsafe { bindings::target_register_template(&ops) })?;
        Ok(Self {
            // SAFETY: `into_raw` returns the pointer of a box, which is not null.
            data: unsafe { NonNull::new_unchecked(into_raw(data)) },
            _wwn: wwn,
            _discovery: discovery,
            _claim: claim,
        })
    }
}

impl<T: Operations> Drop for Registration<T> {
    fn drop(&mut self) {
        let ops = OperationsVTable::<T>::ops(ptr::null_mut());
        // SAFETY: The fabric is registered, by the type's invariants. Target core reads only the
        // name, which no other fabric of this layer has, by the claim.
        unsafe { bindings::target_unregister_template(&ops) };
        // SAFETY: `data` is the pointer of a box, by the type's invariants. The fabric has no
        // directories any more, so the data are not borrowed.
        drop(unsafe { KBox::from_raw(self.data.as_ptr()) });
    }
}

/// Declares the kernel module of a fabric. The fabric is registered with target core while the
/// module is loaded.
///
/// `type` is the fabric, which implements [`Operations`](crate::target::Operations). The other
/// fields are those of [`kernel::module!`].
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
                static IS_CALLED: $crate::target::atomic::Atomic<bool> =
                    $crate::target::atomic::Atomic::new(false);
                if IS_CALLED.xchg(true, $crate::target::atomic::Relaxed) {
                    return Err(::kernel::error::code::EBUSY);
                }
                // SAFETY: This is the first call, made by the kernel as it loads the module: no
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

/// Hashes of the names of the registered fabrics; 0 marks a free entry.
static NAMES: [Atomic<usize>; 32] = [const { Atomic::new(0) }; 32];

/// The exclusive use of a fabric name. Target core unregisters fabrics by name, so two of the same
/// name could not be told apart.
struct Claim(&'static Atomic<usize>);

impl Claim {
    /// Claims a name.
    ///
    /// # Errors
    ///
    /// Returns [`EEXIST`] if another fabric has the name, [`ENOSPC`] if all entries are in use.
    fn new(name: &CStr) -> Result<Self> {
        // FNV-1a. A collision only makes the registration fail.
        let text: &BStr = name.as_ref();
        let number = text.iter().fold(0x811c_9dc5_usize, |number, byte| {
            (number ^ usize::from(*byte)).wrapping_mul(0x0100_0193)
        });
        let number = number | 1;
        let takes = |place: &&Atomic<usize>| place.cmpxchg(0, number, Full).is_ok();
        let place = NAMES.iter().find(takes).ok_or(ENOSPC)?;
        let claim = Self(place);
        // Of two concurrent claims to a name, at least one sees the other.
        let is_taken =
            |other: &Atomic<usize>| !ptr::eq(other, place) && other.load(Relaxed) == number;
        if NAMES.iter().any(is_taken) {
            return Err(EEXIST);
        }
        Ok(claim)
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        self.0.store(0, Release);
    }
}

/// An attribute list, preceded by a pointer to the data of the fabric.
///
/// The configfs item of a fabric points to its attribute list. Target core has no other field that
/// could lead from the item to the data.
struct AttributeList(KVec<*mut c_void>);

impl AttributeList {
    /// Copies the attributes in `list`, which is null or ends with a null pointer.
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

    /// Returns the list for target core.
    fn as_ptr(&self) -> *mut *mut bindings::configfs_attribute {
        // The first entry is the pointer to the data.
        self.0.as_ptr().wrapping_add(1).cast_mut().cast()
    }
}

/// Returns the data of the fabric.
///
/// # Safety
///
/// `item` must be the directory of a fabric `T`, or its `discovery_auth`. The fabric must stay
/// registered for `'a`, as it does while it has a directory.
pub(super) unsafe fn data<'a, T: Operations>(
    item: *mut bindings::config_item,
) -> &'a FabricData<T> {
    // SAFETY: `item` is a directory of the fabric, by the requirements of this function, so its
    // attributes are an `AttributeList`, which has a pointer to the data before the first one.
    unsafe {
        let list = (*(*item).ci_type).ct_attrs;
        &**list.cast::<*const FabricData<T>>().sub(1)
    }
}

/// Declares the directories of the fabric itself, whose attributes get the data of the fabric.
macro_rules! directories {
    ($($(#[$attr:meta])* $name:ident;)*) => {$(
        $(#[$attr])*
        pub struct $name<T>(PhantomData<T>);

        // SAFETY: Target core makes such a directory only for the fabric that has the attributes.
        unsafe impl<T: Operations> Directory for $name<T> {
            type Context = T::Data;

            unsafe fn context<'a>(item: *mut bindings::config_item) -> &'a T::Data {
                // SAFETY: `item` is this directory of a fabric `T`, by the requirements of this
                // function. An attribute in it is open, so the fabric is registered.
                unsafe { data::<T>(item) }
            }
        }
    )*};
}

directories! {
    /// `target/$FABRIC/discovery_auth`.
    DiscoveryAttrs;
    /// `target/$FABRIC`.
    WwnAttrs;
}
