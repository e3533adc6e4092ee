// SPDX-License-Identifier: GPL-2.0-only

//! The LUNs of a portal group, and directories that a driver depends on: `rmdir` of one fails.
//!
//! C headers: [`include/target/target_core_base.h`](srctree/include/target/target_core_base.h),
//! [`include/target/target_core_fabric.h`](srctree/include/target/target_core_fabric.h)

use core::{
    mem::ManuallyDrop,
    ptr,
    ptr::NonNull, //
};

use kernel::{
    bindings::{mutex_lock, mutex_unlock},
    error::to_result,
    prelude::*,
    types::Opaque, //
};

use crate::{
    bindings,
    target::{
        work::Workqueue,
        Lun,
        Operations,
        RmdirGuard,
        Tpg, //
    },
};

impl<T: Operations> Tpg<T> {
    /// Calls `each` for each LUN with a backstore. Called in process context; sleeps. LUNs are
    /// neither linked nor unlinked meanwhile. Not in `tpg_check_demo_mode_write_protect`, which
    /// runs under the same lock. `each` must not look up a node ACL, log in or out, or walk LUNs:
    /// these take the same lock, or wait for it.
    pub fn for_each_lun(&self, mut each: impl FnMut(&Lun)) {
        // SAFETY: The lock that the function holds keeps the LUN on the list, so it is alive.
        self.walk(|lun| each(unsafe { Lun::from_raw(lun) }));
    }

    /// Calls `each` for each LUN with a backstore, under the lock of the list.
    pub(super) fn walk(&self, mut each: impl FnMut(*mut bindings::se_lun)) {
        let tpg = self.as_raw();
        // SAFETY: The portal group is registered, by the invariants of `Tpg`. Target core changes
        // the list under this lock, and a LUN on it is alive.
        unsafe {
            let lock = (&raw mut (*tpg).tpg_lun_mutex).cast();
            mutex_lock(lock);
            let mut link = (*tpg).tpg_lun_hlist.first;
            while !link.is_null() {
                let next = (*link).next;
                let lun: *const bindings::se_lun =
                    kernel::container_of!(link, bindings::se_lun, link);
                each(lun.cast_mut());
                link = next;
            }
            mutex_unlock(lock);
        }
    }

    /// Depends on the directory of the portal group: until the result is dropped, `rmdir` of it
    /// fails with `EBUSY`.
    ///
    /// Called in process context; sleeps. Not in an op or an attribute, which run under locks of
    /// configfs that this takes.
    ///
    /// # Errors
    ///
    /// Returns [`ENOENT`] if the directory is being removed; [`ENOMEM`].
    pub fn depend(&self) -> Result<Dependency<T>> {
        // SAFETY: The portal group has this item.
        let item = unsafe { &raw mut (*self.as_raw()).tpg_group.cg_item };
        // SAFETY: The item is in the portal group, which outlives the call.
        unsafe { Dependency::new(self, item) }
    }

    /// Depends on the directory of the backstore that is linked to a LUN: until the result is
    /// dropped, `rmdir` of it fails with `EBUSY`, even after the LUN is unlinked. Called as
    /// [`Self::depend`] is.
    ///
    /// # Errors
    ///
    /// Returns [`ENOENT`] if there is no such LUN; [`ENOMEM`].
    pub fn depend_on_backstore(&self, number: u64) -> Result<Dependency<T>> {
        let mut found = None;
        self.walk(|lun| {
            // SAFETY: The lock keeps the LUN on the list, and its backstore linked: both are alive.
            unsafe {
                if (*lun).unpacked_lun == number {
                    let device = (*lun).lun_se_dev;
                    // The last reference to the device uses its HBA.
                    let hba = &raw mut (*(*device).se_hba).hba_group.cg_item;
                    let item = &raw mut (*device).dev_group.cg_item;
                    found = Some((
                        bindings::config_item_get(hba),
                        bindings::config_item_get(item),
                    ));
                }
            }
        });
        let (hba, device) = found.ok_or(ENOENT)?;
        // SAFETY: The references from above keep the items alive. Each is dropped here once.
        unsafe {
            let result = Dependency::new(self, device);
            bindings::config_item_put(device);
            bindings::config_item_put(hba);
            result
        }
    }
}

/// The dependence on a directory. It holds the portal group. Dropping it ends the dependence a
/// little later, in the workqueue of the fabric. Dropped in any context, hard interrupts included.
///
/// # Invariants
///
/// The value owns a box from `KBox::into_raw`.
pub struct Dependency<T: Operations>(NonNull<Depended<T>>);

// SAFETY: Any thread may end the dependence.
unsafe impl<T: Operations> Send for Dependency<T> {}

// SAFETY: A shared dependence has no methods.
unsafe impl<T: Operations> Sync for Dependency<T> {}

/// A directory that is depended on.
///
/// # Invariants
///
/// configfs has counted this dependence on `item`, which is alive for as long.
struct Depended<T: Operations> {
    item: *mut bindings::config_item,
    /// Initialized when it is queued.
    work: Opaque<bindings::work_struct>,
    // Dropped last: after that, the portal group and the module may be removed.
    tpg: RmdirGuard<T>,
}

impl<T: Operations> Dependency<T> {
    /// Depends on an item.
    ///
    /// # Safety
    ///
    /// `item` must be alive during this call.
    unsafe fn new(tpg: &Tpg<T>, item: *mut bindings::config_item) -> Result<Self> {
        let depended = KBox::new(
            ManuallyDrop::new(Depended {
                item,
                work: Opaque::uninit(),
                tpg: tpg.into(),
            }),
            GFP_KERNEL,
        );
        let mut depended = depended?;
        // SAFETY: The item is alive, by the requirements of this function. configfs looks for it in
        // its tree.
        if let Err(error) = to_result(unsafe { bindings::target_depend_item(item) }) {
            // SAFETY: Nothing is depended on, so only the portal group is to be dropped, here once.
            unsafe { ptr::drop_in_place(&mut depended.tpg) };
            return Err(error);
        }
        Ok(Self(NonNull::from(KBox::leak(depended)).cast()))
    }

    /// Ends the dependence at once. Called in process context.
    pub fn end(self) {
        let depended = ManuallyDrop::new(self).0.as_ptr();
        // SAFETY: `self` is consumed, so its box is left to this call.
        unsafe { Self::undepend(depended) };
    }

    /// Ends the dependence, and frees the box.
    ///
    /// # Safety
    ///
    /// `depended` must be the box of a value that is left to this call.
    unsafe fn undepend(depended: *mut Depended<T>) {
        // SAFETY: The box is left to this call, by the requirements of this function. The
        // dependence keeps the item alive until it ends here.
        unsafe {
            bindings::target_undepend_item((*depended).item);
            drop(KBox::from_raw(depended));
        }
    }

    /// Called by the workqueue for a value that was dropped.
    ///
    /// # Safety
    ///
    /// `work` must be in the box of a value that is left to this call.
    unsafe extern "C" fn callback(work: *mut bindings::work_struct) {
        let work: *mut Opaque<bindings::work_struct> = work.cast();
        // SAFETY: `work` is in a box that is left to this call, by the requirements of this
        // callback. `Opaque` is transparent.
        unsafe {
            let depended: *const Depended<T> = kernel::container_of!(work, Depended<T>, work);
            Self::undepend(depended.cast_mut());
        }
    }
}

impl<T: Operations> Drop for Dependency<T> {
    fn drop(&mut self) {
        let depended = self.0.as_ptr();
        // SAFETY: The box is that of this value, which leaves it to the callback. It holds the
        // portal group, so the workqueue is alive.
        unsafe {
            let queue: *const Workqueue = (*depended).tpg.wwn().ends();
            (*queue).queue_new((*depended).work.get(), Self::callback);
        }
    }
}
