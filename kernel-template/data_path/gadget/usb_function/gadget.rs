// SPDX-License-Identifier: GPL-2.0-only

//! Gadgets, as configfs has them.
//!
//! C header: [`include/linux/configfs.h`](srctree/include/linux/configfs.h)

use core::ptr::NonNull;

use kernel::prelude::*;

use crate::bindings;

/// A gadget that has an instance. It does not keep the gadget's directory.
///
/// # Invariants
///
/// The value owns a reference to the item of the gadget.
pub(crate) struct Gadget(NonNull<bindings::config_item>);

// SAFETY: configfs counts the references to an item atomically, for any thread.
unsafe impl Send for Gadget {}

// SAFETY: configfs counts the references to an item atomically, for any thread.
unsafe impl Sync for Gadget {}

impl Gadget {
    /// Returns the gadget of an instance.
    ///
    /// # Errors
    ///
    /// Returns [`ENODEV`] if the directory of the instance is being removed.
    ///
    /// # Safety
    ///
    /// The framework must hold the lock of the gadget that the instance is in.
    pub(super) unsafe fn of(instance: *const bindings::usb_function_instance) -> Result<Self> {
        // SAFETY: The parent of the item is the group of functions, which is in the gadget like the
        // gadget's own group, and outlives the lock; it is null if the directory is being removed.
        unsafe {
            let item = &raw const (*instance).group.cg_item;
            let functions = NonNull::new((&raw const (*item).ci_parent).read_volatile());
            let gadget = NonNull::new((*functions.ok_or(ENODEV)?.as_ptr()).ci_parent);
            let gadget = gadget.ok_or(ENODEV)?;
            bindings::config_item_get(gadget.as_ptr());
            Ok(Self(gadget))
        }
    }

    /// Unbinds the gadget from its controller, as writing an empty line to `UDC` does. Called in
    /// process context; sleeps. Hangs in a method of [`Function`](super::Function).
    pub(crate) fn unregister(&self) {
        // SAFETY: The value owns a reference to the item of a gadget.
        unsafe { bindings::unregister_gadget_item(self.0.as_ptr()) };
    }
}

impl Clone for Gadget {
    fn clone(&self) -> Self {
        // SAFETY: The value owns a reference to the item, so another can be counted.
        unsafe { bindings::config_item_get(self.0.as_ptr()) };
        Self(self.0)
    }
}

impl Drop for Gadget {
    fn drop(&mut self) {
        // SAFETY: The value owns a reference, which is dropped here.
        unsafe { bindings::config_item_put(self.0.as_ptr()) };
    }
}
