// SPDX-License-Identifier: GPL-2.0-only

//! Logical units of a portal group: `…/tpgt_$TAG/lun/lun_$NUMBER`.
//!
//! C header: [`include/target/target_core_base.h`](srctree/include/target/target_core_base.h)

use kernel::types::Opaque;

use crate::bindings;

/// A logical unit of a portal group, `struct se_lun`.
#[repr(transparent)]
pub struct Lun(Opaque<bindings::se_lun>);

impl Lun {
    /// Borrows the logical unit.
    ///
    /// # Safety
    ///
    /// `ptr` must be valid, and stay so while `'a` lasts.
    pub(super) unsafe fn from_raw<'a>(ptr: *mut bindings::se_lun) -> &'a Self {
        // SAFETY: The type is transparent; by the requirements of this function.
        unsafe { &*ptr.cast() }
    }

    /// The number of the logical unit, as in the directory's name `lun_$NUMBER`.
    pub fn unpacked_lun(&self) -> u64 {
        // SAFETY: The object is valid, and the number does not change while it is.
        unsafe { (*self.0.get()).unpacked_lun }
    }
}
