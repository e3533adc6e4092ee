// SPDX-License-Identifier: GPL-2.0-only

//! Helpers for wrappers of C objects that target core owns, and for the driver's data in them.

use kernel::{
    build_error,
    error::VTABLE_DEFAULT_ERROR,
    ffi::c_char,
    prelude::*,
    str::BStr, //
};

use crate::target::compat::pin_init_from_closure;

/// Borrows a C string, such as the name of a directory.
///
/// # Safety
///
/// `text` must end with NUL, and must not change during `'a`.
#[inline]
pub(super) unsafe fn bstr<'a>(text: *const c_char) -> &'a BStr {
    // SAFETY: `text` ends with NUL and does not change during `'a`, by the requirements of this
    // function.
    unsafe { CStr::from_char_ptr(text) }.as_ref()
}

/// Converts a result to a pointer or an `ERR_PTR()`, for callbacks.
pub fn err_ptr<T>(result: Result<*mut T>) -> *mut T {
    result.unwrap_or_else(|error| error.to_errno() as isize as *mut T)
}

/// Returns an initializer that moves `value` into place, for a value that is already made. Kernel
/// crates differ in the error type of a value that is passed as an initializer.
pub fn by_value<T>(value: T) -> impl PinInit<T, Error> {
    let init = |slot: *mut T| {
        // SAFETY: `pin_init_from_closure` passes a slot that is valid for writes.
        unsafe { slot.write(value) };
        Ok(())
    };
    // SAFETY: The closure initializes the whole slot. The value was not pinned before.
    unsafe { pin_init_from_closure(init) }
}

/// The default body of an op that returns an initializer, whose type cannot be inferred. The build
/// fails if it is reachable.
pub(super) fn not_implemented<T>() -> Result<impl PinInit<T, Error>> {
    fn never<T>() -> T {
        build_error!(VTABLE_DEFAULT_ERROR)
    }
    never::<Result<T>>().map(by_value)
}

/// Converts a box to a raw pointer, for [`KBox::from_raw`].
pub(super) fn into_raw<T>(boxed: Pin<KBox<T>>) -> *mut T {
    // SAFETY: All users of the pointer treat the object as pinned: until it is dropped, they only
    // borrow it shared.
    KBox::into_raw(unsafe { Pin::into_inner_unchecked(boxed) })
}
