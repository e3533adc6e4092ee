// SPDX-License-Identifier: GPL-2.0-only

//! Portal groups of a target port, `target/$FABRIC/$WWN/tpgt_$TAG`.
//!
//! C header: [`include/target/target_core_base.h`](srctree/include/target/target_core_base.h)

use core::{
    ops::Deref,
    ptr::NonNull, //
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
        atomic::{Acquire, Relaxed},
        compat::{init_zeroed, Refcount},
        object::into_raw,
        ops::OperationsVTable,
        Operations,
        Wwn, //
    },
};

/// The logins that a portal group accepts.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Logins {
    /// None: the group is disabled.
    Closed,
    /// Those of initiators with a node ACL, or in demo mode.
    Open,
    /// None any more: the directory is being removed. Target core may free node ACLs that are held.
    Gone,
}

impl Logins {
    /// Returns the state of a group that is enabled or disabled.
    fn enabled(is_enabled: bool) -> Self {
        if is_enabled {
            Self::Open
        } else {
            Self::Closed
        }
    }
}

/// A target portal group, `target/$FABRIC/$WWN/tpgt_$TAG`: a `struct se_portal_group` and the
/// driver's data.
///
/// A thread of the driver holds a group by an [`RmdirGuard<T>`](super::RmdirGuard), made of a
/// `&Tpg<T>`. `rmdir` of the group waits until the last one is dropped.
///
/// # Invariants
///
/// - `inner` is registered with target core from `create` to `destroy`. It is the first field of a
///   `repr(C)` type, so a pointer to one is a pointer to the other.
/// - `wwn` outlives the portal group, whose directory is in that of the target port.
/// - `references` is the number of references to the group, one of which the directory owns until
///   the group is freed.
#[pin_data]
#[repr(C)]
pub struct Tpg<T: Operations> {
    #[pin]
    inner: Opaque<bindings::se_portal_group>,
    wwn: NonNull<Wwn<T>>,
    references: Refcount,
    /// The login lock, and the state that it protects. Held while a session is created or removed:
    /// target core frees a demo-mode node ACL twice if two of its sessions come or go concurrently.
    #[pin]
    pub(super) logins: Mutex<Logins>,
    /// Protects the [`Operations::NodeAclState`] of all node ACLs of the group.
    #[pin]
    pub(super) node_acls: Mutex<()>,
    #[pin]
    data: T::Tpg,
}

// SAFETY: Target core accesses the fields of a portal group under locks of its own. The driver's
// data, including those of the target port and of the fabric, are `Send` and `Sync`.
unsafe impl<T: Operations> Send for Tpg<T> {}

// SAFETY: Target core accesses the fields of a portal group under locks of its own. The driver's
// data, including those of the target port and of the fabric, are `Sync`.
unsafe impl<T: Operations> Sync for Tpg<T> {}

/// An owned reference to a portal group. `rmdir` of the group waits until it is dropped.
///
/// # Invariants
///
/// The pointer is that of a group. The value owns one of its references.
pub struct RmdirGuard<T: Operations>(NonNull<Tpg<T>>);

// SAFETY: Any thread may use and drop a reference to a group, which is `Sync` and counts
// atomically.
unsafe impl<T: Operations> Send for RmdirGuard<T> {}

// SAFETY: Any thread may use a shared reference to a group, which is `Sync`.
unsafe impl<T: Operations> Sync for RmdirGuard<T> {}

impl<T: Operations> From<&Tpg<T>> for RmdirGuard<T> {
    fn from(tpg: &Tpg<T>) -> Self {
        tpg.references.inc();
        Self(NonNull::from(tpg))
    }
}

impl<T: Operations> Clone for RmdirGuard<T> {
    fn clone(&self) -> Self {
        Self::from(&**self)
    }
}

impl<T: Operations> Deref for RmdirGuard<T> {
    type Target = Tpg<T>;

    fn deref(&self) -> &Tpg<T> {
        // SAFETY: `Tpg::destroy` waits until the last reference is dropped. The value owns one, by
        // the type's invariants.
        unsafe { self.0.as_ref() }
    }
}

impl<T: Operations> Drop for RmdirGuard<T> {
    fn drop(&mut self) {
        // Never the last reference, which is that of the directory. The group may be freed before
        // this returns.
        self.references.dec();
    }
}

impl<T: Operations> Tpg<T> {
    /// Creates and registers a portal group. Target core owns it until it calls `fabric_drop_tpg`.
    /// The group is closed to logins if the fabric has `fabric_enable_tpg` and not
    /// [`Operations::LOGIN_WHILE_DISABLED`], else open.
    ///
    /// # Errors
    ///
    /// Returns the error of `data` or `core_tpg_register()`, or [`ENOMEM`].
    ///
    /// # Safety
    ///
    /// The result must be returned to target core from `fabric_make_tpg` for `wwn`. The directory
    /// of the group then pins `wwn`, and the group ends with `fabric_drop_tpg`.
    pub(super) unsafe fn create(
        wwn: &Wwn<T>,
        data: impl PinInit<T::Tpg, Error>,
    ) -> Result<*mut bindings::se_portal_group> {
        let tpg = KBox::pin_init(
            try_pin_init!(Self {
                inner <- init_zeroed(),
                wwn: NonNull::from(wwn),
                references: Refcount::new(1),
                logins <- new_mutex!(Logins::enabled(
                    !OperationsVTable::<T>::HAS_ENABLE || T::LOGIN_WHILE_DISABLED
                )),
                node_acls <- new_mutex!(()),
                data <- data,
            }),
            GFP_KERNEL,
        )?;
        // SAFETY: Target core has set the fabric in `wwn`. `inner` is zeroed, and is pinned until
        // `destroy` has undone the registration. The portal group is complete, so ops may be called
        // for it.
        to_result(unsafe {
            bindings::core_tpg_register(wwn.inner.get(), tpg.inner.get(), T::PROTOCOL.0.into())
        })?;
        Ok(into_raw(tpg).cast())
    }

    /// Borrows the portal group whose C part is `ptr`.
    ///
    /// # Safety
    ///
    /// `ptr` must come from [`Self::create`], and must not be freed during `'a`.
    pub(super) unsafe fn from_raw<'a>(ptr: *mut bindings::se_portal_group) -> &'a Self {
        // SAFETY: `ptr` points to a `Self`, by the type's invariants, which is alive, by the
        // requirements of this function. Only shared references to it exist.
        unsafe { &*ptr.cast() }
    }

    /// Waits until no session and no thread of the driver holds a portal group, unregisters it and
    /// frees it.
    ///
    /// # Safety
    ///
    /// `ptr` must come from [`Self::create`]. During this call it must be used only by target core,
    /// and through references that are already counted; afterwards it must not be used.
    pub(super) unsafe fn destroy(ptr: *mut bindings::se_portal_group) {
        // SAFETY: `ptr` comes from `create`, by the requirements of this function, and is freed at
        // the end of it.
        let tpg = unsafe { Self::from_raw(ptr) };
        let others = tpg.references.as_atomic().load(Relaxed) - 1;
        if others != 0 {
            pr_warn!(
                "portal group: waiting for {} references to be dropped\n",
                others
            );
        }
        tpg.wait_for_references();
        // SAFETY: `create` has registered `ptr`. The directories in the group are removed, and each
        // session has dropped its reference. The call always returns 0.
        unsafe { bindings::core_tpg_deregister(tpg.as_raw()) };
        // Target core calls ops of the group until then, and these may take references.
        tpg.wait_for_references();
        // SAFETY: `ptr` is the pointer of the box that `create` made, by the requirements of this
        // function. It is unregistered and has no other references, so this is its only owner.
        drop(unsafe { KBox::from_raw(ptr.cast::<Self>()) });
    }

    /// Waits until only the reference of the directory is left.
    ///
    /// The directory keeps that reference, so no other one is the last, and whoever drops one does
    /// not access the group afterwards.
    fn wait_for_references(&self) {
        while self.references.as_atomic().load(Acquire) != 1 {
            // SAFETY: `rmdir` runs in process context and may sleep.
            unsafe { bindings::schedule_timeout_uninterruptible(1) };
        }
    }

    /// Returns the C part.
    pub(super) fn as_raw(&self) -> *mut bindings::se_portal_group {
        self.inner.get()
    }

    /// Closes the group for good: its directory is being removed.
    pub(super) fn close(&self) {
        *self.logins.lock() = Logins::Gone;
    }

    /// Opens or closes the group to logins, unless [`Operations::LOGIN_WHILE_DISABLED`] leaves it
    /// open, then calls `op`, the driver's `fabric_enable_tpg`. The
    /// group is open before the driver accepts initiators, and closed before it ends their
    /// sessions.
    ///
    /// # Errors
    ///
    /// Returns the error of `op`; the group is then in its previous state.
    pub(super) fn enable(&self, enable: bool, op: impl FnOnce() -> Result) -> Result {
        if T::LOGIN_WHILE_DISABLED {
            return op();
        }
        let before = core::mem::replace(&mut *self.logins.lock(), Logins::enabled(enable));
        let result = op();
        if result.is_err() {
            *self.logins.lock() = before;
        }
        result
    }

    /// Returns the driver's data.
    pub fn data(&self) -> &T::Tpg {
        &self.data
    }

    /// Returns the target port of the group.
    pub fn wwn(&self) -> &Wwn<T> {
        // SAFETY: The target port outlives the group, by the type's invariants.
        unsafe { self.wwn.as_ref() }
    }
}

/// Returns the tag in the name of a portal group, `tpgt_$TAG`.
///
/// # Errors
///
/// Returns [`EINVAL`] unless the name is `tpgt_` and a decimal number below 65536 without leading
/// zeros. So no two directories have the same tag.
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
            "cannot use portal group name {}: want tpgt_ and a number from 0 to 65535\n",
            name
        );
        EINVAL
    })
}

/// Maximum length of a target port name for target core, in bytes. For VPD page 83h, target core
/// prints the name twice, with other text, into 1,024 bytes.
const NAME_MAX: usize = 223;

/// Returns the name of a target port for target core; empty if it is too long.
#[inline]
pub(super) fn bounded(name: &CStr) -> *mut c_char {
    let text: &BStr = name.as_ref();
    let name = if text.len() > NAME_MAX {
        kernel::c_str!("")
    } else {
        name
    };
    // Target core only reads the name.
    name.as_char_ptr().cast_mut()
}

/// Converts a result to 0 or a negative errno, for callbacks.
#[inline]
pub(super) fn errno(result: Result) -> c_int {
    match result {
        Ok(()) => 0,
        Err(error) => error.to_errno(),
    }
}

/// Declares directories of an object, each with its config group in the C object.
macro_rules! directories {
    ($($(#[$attr:meta])* $name:ident => $wrapper:ident, $ctype:ident.$group:ident;)*) => {$(
        $(#[$attr])*
        pub struct $name<T>(core::marker::PhantomData<T>);

        // SAFETY: Target core makes such a directory only from this config group of the C object.
        unsafe impl<T: $crate::target::Operations> $crate::target::Directory for $name<T> {
            type Context = $wrapper<T>;

            unsafe fn context<'a>(item: *mut $crate::bindings::config_item) -> &'a $wrapper<T> {
                // SAFETY: `item` is this field of the C object, by the requirements of this
                // function. The object lives at least as long as its directory.
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
    /// `tpgt_$TAG`.
    TpgBaseAttrs => Tpg, se_portal_group.tpg_group;
    /// `tpgt_$TAG/attrib`.
    TpgAttribAttrs => Tpg, se_portal_group.tpg_attrib_group;
    /// `tpgt_$TAG/auth`.
    TpgAuthAttrs => Tpg, se_portal_group.tpg_auth_group;
    /// `tpgt_$TAG/param`.
    TpgParamAttrs => Tpg, se_portal_group.tpg_param_group;
}
