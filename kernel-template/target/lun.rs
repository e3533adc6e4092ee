// SPDX-License-Identifier: GPL-2.0-only

//! Logical units of a portal group, `…/tpgt_$TAG/lun/lun_$NUMBER`.
//!
//! C header: [`include/target/target_core_base.h`](srctree/include/target/target_core_base.h)

use kernel::types::Opaque;

use crate::bindings;

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
