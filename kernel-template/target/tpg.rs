// SPDX-License-Identifier: GPL-2.0-only

//! Portal groups of a target port: `target/$FABRIC/$WWN/tpgt_$TAG`.
//!
//! C header: [`include/target/target_core_base.h`](srctree/include/target/target_core_base.h)

use core::{
    ptr::NonNull,
    sync::atomic::{AtomicUsize, Ordering}, //
};

use kernel::{
    error::to_result,
    ffi::{c_char, c_int},
    prelude::*,
    str::BStr,
    sync::{new_mutex, Mutex},
    types::Opaque, //
};

use crate::{
    bindings,
    target::{
        compat::{AlwaysRefCounted, Completion},
        object::{into_raw, zeroed},
        ops::OperationsVTable,
        Operations,
        Wwn, //
    },
};

/// A target portal group, `target/$FABRIC/$WWN/tpgt_$TAG`: a `struct se_portal_group` and the
/// driver's data for it.
///
/// A thread of the driver holds a group with an [`ARef<Tpg<T>>`](super::ARef), made of a `&Tpg<T>`.
/// The group's `rmdir` waits until the last one is dropped.
///
/// # Invariants
///
/// - `inner` is registered with target core from `create` to `destroy`. It is the
///   first field of a `repr(C)` type, so a pointer to one is a pointer to the other.
/// - `wwn` is alive as long as the portal group is: its directory holds the group's.
/// - `references` counts the references to the group: its directory has one.
#[pin_data]
#[repr(C)]
pub struct Tpg<T: Operations> {
    #[pin]
    inner: Opaque<bindings::se_portal_group>,
    wwn: NonNull<Wwn<T>>,
    references: AtomicUsize,
    #[pin]
    unreferenced: Completion,
    /// Whether initiators may log in. Held while a session is made or removed: target core frees a
    /// node ACL of demo mode twice if two of its sessions come or go at once.
    #[pin]
    pub(super) is_open: Mutex<bool>,
    /// Protects the part of the node ACLs that is [`Operations::NodeAclState`].
    #[pin]
    pub(super) node_acls: Mutex<()>,
    #[pin]
    data: T::Tpg,
}

// SAFETY: Target core locks what it changes of a portal group. The driver's data, with those of the
// target port and the fabric to which `wwn` leads, are `Send` and `Sync`.
unsafe impl<T: Operations> Send for Tpg<T> {}

// SAFETY: Target core locks what it changes of a portal group. The driver's data, with those of the
// target port and the fabric to which `wwn` leads, are `Sync`.
unsafe impl<T: Operations> Sync for Tpg<T> {}

// SAFETY: `destroy` waits until the last reference is dropped.
unsafe impl<T: Operations> AlwaysRefCounted for Tpg<T> {
    fn inc_ref(&self) {
        self.references.fetch_add(1, Ordering::Relaxed);
    }

    unsafe fn dec_ref(tpg: NonNull<Self>) {
        // SAFETY: The caller gives up a reference, by the requirements of this function, so the
        // group is alive until it is counted down.
        let tpg = unsafe { tpg.as_ref() };
        if tpg.references.fetch_sub(1, Ordering::AcqRel) == 1 {
            // The group may be gone when this returns.
            tpg.unreferenced.complete_all();
        }
    }
}

impl<T: Operations> Tpg<T> {
    /// Makes a portal group, registers it, and hands it to target core to own until it calls
    /// `fabric_drop_tpg`. It is closed if the fabric has `fabric_enable_tpg`, else open.
    ///
    /// # Errors
    ///
    /// What `data` or `core_tpg_register()` fails with, or [`ENOMEM`].
    ///
    /// # Safety
    ///
    /// The result must be given to target core as that of `fabric_make_tpg` for `wwn`: then the
    /// group's directory holds `wwn`, and the group ends with `fabric_drop_tpg`.
    pub(super) unsafe fn create(
        wwn: &Wwn<T>,
        data: impl PinInit<T::Tpg, Error>,
    ) -> Result<*mut bindings::se_portal_group> {
        let tpg = KBox::pin_init(
            try_pin_init!(Self {
                inner <- zeroed(),
                wwn: NonNull::from(wwn),
                references: AtomicUsize::new(1),
                unreferenced <- Completion::new(),
                is_open <- new_mutex!(!OperationsVTable::<T>::HAS_ENABLE),
                node_acls <- new_mutex!(()),
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
    pub(super) unsafe fn from_raw<'a>(ptr: *mut bindings::se_portal_group) -> &'a Self {
        // SAFETY: By the type's invariants `ptr` points to a `Self`, which is alive by the
        // requirements of this function. Only shared references to it exist.
        unsafe { &*ptr.cast() }
    }

    /// Takes a portal group from target core, waits until no session and no thread of the driver
    /// holds it, and frees it.
    ///
    /// # Safety
    ///
    /// `ptr` must come from [`Self::create`], and nobody but target core and those that hold a
    /// reference may use it any more.
    pub(super) unsafe fn destroy(ptr: *mut bindings::se_portal_group) {
        // SAFETY: `ptr` comes from `create`, by the requirements of this function, and is not freed
        // before the end of it.
        let tpg = unsafe { Self::from_raw(ptr) };
        let others = tpg.references.load(Ordering::Relaxed) - 1;
        if others != 0 {
            pr_warn!(
                "portal group: waiting for {} references to be dropped\n",
                others
            );
        }
        // SAFETY: `create` has counted this reference, for the directory that is removed now.
        unsafe { Self::dec_ref(NonNull::from(tpg)) };
        tpg.unreferenced.wait_for_completion();
        // SAFETY: `create` has registered `ptr`. Its directory and all that lie in it are removed,
        // and each session has dropped its reference. The call always returns 0.
        unsafe { bindings::core_tpg_deregister(tpg.as_raw()) };
        // Target core may call ops of the group in here, to name it in the log.
        if tpg.references.load(Ordering::Acquire) != 0 {
            pr_err!(
                "portal group: tpg_get_wwn or tpg_get_tag has kept a handle of it, which leaks\n"
            );
            return;
        }
        // SAFETY: By the requirements of this function `ptr` is the box that `create` gave away.
        // Target core has just forgotten it, so this is its only owner.
        drop(unsafe { KBox::from_raw(ptr.cast::<Self>()) });
    }

    /// The C part.
    pub(super) fn as_raw(&self) -> *mut bindings::se_portal_group {
        self.inner.get()
    }

    /// Closes the group for good: its directory goes away.
    pub(super) fn close(&self) {
        *self.is_open.lock() = false;
    }

    /// Opens the group to initiators, or closes it, for the op `fabric_enable_tpg`. It is open
    /// before the driver lets initiators in, and closed before the driver ends their sessions.
    ///
    /// # Errors
    ///
    /// What `op` fails with; the group is then as before.
    pub(super) fn enable(&self, enable: bool, op: impl FnOnce() -> Result) -> Result {
        let before = core::mem::replace(&mut *self.is_open.lock(), enable);
        let result = op();
        if result.is_err() {
            *self.is_open.lock() = before;
        }
        result
    }

    /// The driver's data.
    pub fn data(&self) -> &T::Tpg {
        &self.data
    }

    /// The target port that the group belongs to.
    pub fn wwn(&self) -> &Wwn<T> {
        // SAFETY: The target port outlives the group, by the type's invariants.
        unsafe { self.wwn.as_ref() }
    }
}

/// The tag in a portal group's name, `tpgt_$TAG`.
///
/// # Errors
///
/// [`EINVAL`] unless the name is `tpgt_` and a decimal number below 65536 in its one canonical
/// form, so that no two directories have the same tag.
///
/// # Examples
///
/// ```
/// # use kernel::{str::BStr, target::tpg_tag};
/// assert_eq!(tpg_tag(BStr::from_bytes(b"tpgt_7"))?, 7);
/// assert!(tpg_tag(BStr::from_bytes(b"tpgt_07")).is_err());
/// # Ok::<(), kernel::error::Error>(())
/// ```
pub fn tpg_tag(name: &BStr) -> Result<u16> {
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

/// The longest name of a target port, in bytes, that is passed to target core. In VPD page 83h it
/// prints two of them, and more, into 1,024 bytes.
const NAME_MAX: usize = 223;

/// The name of a target port, for target core; empty if it is too long.
#[inline]
pub(super) fn bounded(name: &CStr) -> *mut c_char {
    let text: &BStr = name.as_ref();
    let name = if text.len() > NAME_MAX {
        kernel::c_str!("")
    } else {
        name
    };
    // Target core only reads it.
    name.as_char_ptr().cast_mut()
}

/// The value that a callback returns to C: 0 or a negative errno.
#[inline]
pub(super) fn errno(result: Result) -> c_int {
    match result {
        Ok(()) => 0,
        Err(error) => error.to_errno(),
    }
}

/// Declares the directories of an object, each by its config group in the C object.
macro_rules! directories {
    ($($(#[$attr:meta])* $name:ident => $wrapper:ident, $ctype:ident.$group:ident;)*) => {$(
        $(#[$attr])*
        pub struct $name<T>(core::marker::PhantomData<T>);

        // SAFETY: Target core makes such directories from this group of the C object alone.
        unsafe impl<T: $crate::target::Operations> $crate::target::Directory for $name<T> {
            type Context = $wrapper<T>;

            unsafe fn context<'a>(item: *mut $crate::bindings::config_item) -> &'a $wrapper<T> {
                // SAFETY: By the requirements of this function `item` is this field of the C
                // object, which lives at least as long as its directory.
                unsafe {
                    let object: *const $crate::bindings::$ctype =
                        kernel::container_of!(item, $crate::bindings::$ctype, $group.cg_item);
                    $wrapper::from_raw(object.cast_mut())
                }
            }
        }
    )*};
}
pub(super) use directories;

directories! {
    /// `tpgt_$TAG` itself.
    TpgBaseAttrs => Tpg, se_portal_group.tpg_group;
    /// `tpgt_$TAG/attrib`.
    TpgAttribAttrs => Tpg, se_portal_group.tpg_attrib_group;
    /// `tpgt_$TAG/auth`.
    TpgAuthAttrs => Tpg, se_portal_group.tpg_auth_group;
    /// `tpgt_$TAG/param`.
    TpgParamAttrs => Tpg, se_portal_group.tpg_param_group;
}
