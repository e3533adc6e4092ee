// SPDX-License-Identifier: GPL-2.0-only

//! Portal groups of a target port: `target/$FABRIC/$WWN/tpgt_$TAG`.
//!
//! C header: [`include/target/target_core_base.h`](srctree/include/target/target_core_base.h)

use core::ptr::NonNull;

use kernel::{
    error::to_result,
    prelude::*,
    str::BStr,
    sync::{new_condvar, new_spinlock, CondVar, SpinLock},
    types::Opaque, //
};

use crate::{
    bindings,
    target::{into_raw, zeroed, Operations, Wwn}, //
};

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
pub struct Tpg<T: Operations> {
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
    pub(super) unsafe fn create(
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
    pub(super) unsafe fn from_raw<'a>(ptr: *mut bindings::se_portal_group) -> &'a Self {
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
    pub(super) unsafe fn destroy(ptr: *mut bindings::se_portal_group) {
        // SAFETY: By the requirements of this function.
        unsafe { Self::from_raw(ptr) }.wait_for_sessions();
        // SAFETY: `create` has registered `ptr`, and by the requirements of this function nothing
        // of it is in use. The call always returns 0.
        unsafe { bindings::core_tpg_deregister(ptr) };
        // SAFETY: By the requirements of this function `ptr` is the box that `create` gave away.
        // Target core has just forgotten it, so this is its only owner.
        drop(unsafe { KBox::from_raw(ptr.cast::<Self>()) });
    }

    /// The C part.
    pub(super) fn as_raw(&self) -> *mut bindings::se_portal_group {
        self.inner.get()
    }

    /// Counts a session, before it is set up.
    pub(super) fn session_begins(&self) {
        *self.sessions.lock() += 1;
    }

    /// Takes back a count, after the session is removed. The group may be gone when this returns.
    pub(super) fn session_ends(&self) {
        let mut sessions = self.sessions.lock();
        *sessions -= 1;
        if *sessions == 0 {
            self.no_session.notify_all();
        }
    }

    /// Waits until no session is left. The driver should have ended them; the log says so if not.
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
    pub fn data(&self) -> &T::Tpg {
        &self.data
    }

    /// The target port that the group belongs to.
    pub fn wwn(&self) -> &Wwn<T> {
        // SAFETY: By the type's invariants the target port outlives the group.
        unsafe { self.wwn.as_ref() }
    }
}

/// The tag in a portal group's name, `tpgt_$TAG`.
///
/// # Errors
///
/// [`EINVAL`] unless the name is `tpgt_` and a decimal number below 65536 in its one canonical
/// form, so that no two directories have the same tag.
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
