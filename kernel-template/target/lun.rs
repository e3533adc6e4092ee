// SPDX-License-Identifier: GPL-2.0-only

//! Logical units of a portal group, `…/tpgt_$TAG/lun/lun_$NUMBER`.
//!
//! C header: [`include/target/target_core_base.h`](srctree/include/target/target_core_base.h)

use kernel::types::Opaque;

use crate::{
    bindings,
    target::{
        atomic::{atomic_load, Atomic, Relaxed},
        Operations,
        Tpg, //
    },
};

/// A logical unit of a portal group, `struct se_lun`.
#[repr(transparent)]
pub struct Lun(Opaque<bindings::se_lun>);

impl Lun {
    /// Borrows a logical unit.
    ///
    /// # Safety
    ///
    /// `ptr` must point to a LUN of target core, which must not be freed during `'a`.
    pub(super) unsafe fn from_raw<'a>(ptr: *mut bindings::se_lun) -> &'a Self {
        // SAFETY: `ptr` points to a LUN that is alive during `'a`, by the requirements of this
        // function. The type is transparent.
        unsafe { &*ptr.cast() }
    }

    /// Returns the logical unit number, as in the name of the directory `lun_$NUMBER`.
    pub fn unpacked_lun(&self) -> u64 {
        // SAFETY: The LUN is alive while it is borrowed. Target core sets the number when it makes
        // the LUN, and does not change it.
        unsafe { (*self.0.get()).unpacked_lun }
    }
}

impl<T: Operations> Tpg<T> {
    /// Marks a LUN before target core unlinks its backstore, for the op `fabric_pre_unlink`.
    ///
    /// Target core removes the device entries for the LUN, waits for its commands, and takes it off
    /// the list of the group. A demo-mode login in between gets an entry that nobody removes, and
    /// uses the LUN after it is freed. So all logins to the group are refused until then.
    ///
    /// # Safety
    ///
    /// Target core must call the op `fabric_pre_unlink` for `lun`.
    pub(super) unsafe fn begin_unlink(&self, lun: &Lun) {
        // A login that has begun gets its entries before they are removed.
        let _logins = self.logins.lock();
        // SAFETY: The LUN is alive while it is borrowed. Target core sets the field to the same
        // value after the op, and clears it when the LUN is off the list.
        unsafe { Atomic::from_ptr(&raw mut (*lun.0.get()).lun_shutdown) }.store(true, Relaxed);
    }

    /// Returns true if the backstore of a LUN is being unlinked.
    pub(super) fn is_unlinking(&self) -> bool {
        let mut is_unlinking = false;
        // SAFETY: The lock that the function holds keeps the LUN on the list, so it is alive.
        self.walk(|lun| unsafe {
            is_unlinking |= atomic_load(&raw mut (*lun).lun_shutdown, Relaxed);
        });
        is_unlinking
    }
}
