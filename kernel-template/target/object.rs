// SPDX-License-Identifier: GPL-2.0-only

//! Helpers of the wrappers of C objects, which target core owns.

use kernel::{
    ffi::c_char,
    prelude::*,
    str::BStr,
    types::Opaque, //
};

/// Borrows a C string, such as the name of a directory.
///
/// # Safety
///
/// `text` must end with NUL, and must not change while `'a` lasts.
#[inline]
pub(super) unsafe fn bstr<'a>(text: *const c_char) -> &'a BStr {
    // SAFETY: `text` ends with NUL and does not change while `'a` lasts, by the requirements of
    // this function.
    unsafe { CStr::from_char_ptr(text) }.as_ref()
}

/// The value that a callback returns to C: a pointer or an `ERR_PTR()`.
pub(super) fn err_ptr<T>(result: Result<*mut T>) -> *mut T {
    result.unwrap_or_else(|error| error.to_errno() as isize as *mut T)
}

/// Zeroes a C object in place.
pub(super) fn zeroed<T>() -> impl PinInit<Opaque<T>> {
    // SAFETY: `ffi_init` passes a slot that is valid for writes, and an `Opaque` may hold any
    // bytes.
    Opaque::ffi_init(|slot: *mut T| unsafe { slot.write_bytes(0, 1) })
}

/// Gives a box away, to be taken back with [`KBox::from_raw`].
pub(super) fn into_raw<T>(boxed: Pin<KBox<T>>) -> *mut T {
    // SAFETY: All users of the pointer treat the object as pinned: they only share it until it is
    // dropped.
    KBox::into_raw(unsafe { Pin::into_inner_unchecked(boxed) })
}
