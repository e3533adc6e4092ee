// SPDX-License-Identifier: GPL-2.0-only

//! Attributes: files in the configfs directories of a fabric.
//!
//! Target core makes the files of a directory from an attribute list that the ops point to.
//! [`attributes!`] declares such a list, of types that implement [`Attribute`].
//!
//! C header: [`include/linux/configfs.h`](srctree/include/linux/configfs.h)

use core::{
    cell::UnsafeCell,
    marker::PhantomData,
    ptr, //
};

use kernel::{
    error::VTABLE_DEFAULT_ERROR,
    ffi::{c_char, c_void},
    page::PAGE_SIZE,
    prelude::*,
    str::BStr, //
};

use crate::{
    bindings,
    target::compat::fmt, //
};

/// A kind of configfs directory that a fabric may add attributes to.
///
/// # Safety
///
/// [`Self::context`] must return the `Context` of every `item` that target core passes to
/// attributes of this kind of directory.
pub unsafe trait Directory {
    /// Object that `show` and `store` get.
    type Context: ?Sized;

    /// Returns the object that owns the directory `item`.
    ///
    /// # Safety
    ///
    /// `item` must be a directory of this kind during `'a`.
    unsafe fn context<'a>(item: *mut bindings::config_item) -> &'a Self::Context;
}

/// An attribute: a file in a configfs directory. Implement `show`, `store` or both.
#[vtable]
pub trait Attribute: 'static {
    /// Directory of the attribute.
    type Directory: Directory;

    /// True if the attribute shows a secret, so that only root may read it.
    const IS_SECRET: bool = false;

    /// Writes the value of the attribute to `page`.
    fn show(_context: &<Self::Directory as Directory>::Context, _page: &mut Page<'_>) -> Result {
        kernel::build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// Sets the attribute to `text`, which user space has written: at most 4,095 bytes, without the
    /// newline at its end.
    fn store(_context: &<Self::Directory as Directory>::Context, _text: &BStr) -> Result {
        kernel::build_error!(VTABLE_DEFAULT_ERROR)
    }
}

/// Maximum length of a value, in bytes: `SIMPLE_ATTR_SIZE` of configfs, above which it warns. It
/// allocates `PAGE_SIZE` bytes, which may be more.
const PAGE_LEN: usize = 4096;
const _: () = assert!(PAGE_LEN <= PAGE_SIZE);

/// The page for the value of an attribute, at most 4,096 bytes, written with `write!`.
pub struct Page<'a> {
    buffer: &'a mut [u8],
    len: usize,
}

impl Page<'_> {
    /// Appends formatted text, for `write!`.
    ///
    /// # Errors
    ///
    /// Returns [`EINVAL`] if the text does not fit into the page.
    pub fn write_fmt(&mut self, args: fmt::Arguments<'_>) -> Result {
        let free = self.buffer.get_mut(self.len..).unwrap_or_default();
        // SAFETY: `free` is valid for writes of its length. `%pA` takes a pointer to
        // `fmt::Arguments`.
        let len = unsafe {
            bindings::snprintf(
                free.as_mut_ptr().cast(),
                free.len(),
                kernel::c_str!("%pA").as_char_ptr(),
                ptr::from_ref(&args).cast::<c_void>(),
            )
        };
        // The result is the length of the whole text without the NUL, even if it was truncated.
        let len = usize::try_from(len).map_err(|_| EINVAL)?;
        if len >= free.len() {
            return Err(EINVAL);
        }
        self.len += len;
        Ok(())
    }

    /// Appends bytes.
    ///
    /// # Errors
    ///
    /// Returns [`EINVAL`] if they do not fit into the page.
    #[inline]
    pub fn write_bytes(&mut self, bytes: &[u8]) -> Result {
        let free = self.buffer.get_mut(self.len..).unwrap_or_default();
        free.get_mut(..bytes.len())
            .ok_or(EINVAL)?
            .copy_from_slice(bytes);
        self.len += bytes.len();
        Ok(())
    }
}

/// The `struct configfs_attribute` of an attribute in a directory `D`.
#[repr(transparent)]
pub struct AttributeSlot<D>(UnsafeCell<bindings::configfs_attribute>, PhantomData<D>);

// SAFETY: The slot is never written.
unsafe impl<D> Sync for AttributeSlot<D> {}

impl<D: Directory> AttributeSlot<D> {
    /// Creates the slot of `A`. A `name` that does not end with NUL is a compile error.
    pub const fn new<A: Attribute<Directory = D>>(name: &'static str) -> Self {
        assert!(
            matches!(name.as_bytes(), [.., 0]),
            "the name must end with NUL"
        );
        let readers = if A::IS_SECRET { 0o400 } else { 0o444 };
        let read = if A::HAS_SHOW { readers } else { 0 };
        let write = if A::HAS_STORE { 0o200 } else { 0 };
        Self(
            UnsafeCell::new(bindings::configfs_attribute {
                ca_name: name.as_ptr().cast(),
                // An open attribute file pins the module.
                #[cfg(kernel_has_this_module)]
                ca_owner: kernel::module::this_module::<A::OwnerModule>()
                    .as_ptr()
                    .cast(),
                #[cfg(not(kernel_has_this_module))]
                ca_owner: crate::THIS_MODULE.as_ptr().cast(),
                ca_mode: read | write,
                show: if A::HAS_SHOW {
                    Some(Self::show_callback::<A>)
                } else {
                    None
                },
                store: if A::HAS_STORE {
                    Some(Self::store_callback::<A>)
                } else {
                    None
                },
            }),
            PhantomData,
        )
    }

    /// Called by configfs when user space reads the attribute.
    ///
    /// # Safety
    ///
    /// `item` must be a directory `D` during this call. `page` must have [`PAGE_LEN`] bytes that
    /// are in no other use during this call.
    unsafe extern "C" fn show_callback<A: Attribute<Directory = D>>(
        item: *mut bindings::config_item,
        page: *mut c_char,
    ) -> isize {
        // SAFETY: `item` is a directory `D` during this call, by the requirements of this callback.
        let context = unsafe { D::context(item) };
        // SAFETY: `page` has `PAGE_LEN` bytes that are in no other use, by the requirements of this
        // callback. They are initialized here: configfs may pass the page of a previous write.
        let buffer = unsafe {
            page.write_bytes(0, PAGE_LEN);
            core::slice::from_raw_parts_mut(page.cast(), PAGE_LEN)
        };
        let mut page = Page { buffer, len: 0 };
        match A::show(context, &mut page) {
            Ok(()) => page.len as isize,
            Err(error) => error.to_errno() as isize,
        }
    }

    /// Called by configfs when user space writes the attribute.
    ///
    /// # Safety
    ///
    /// `item` must be a directory `D` during this call. `page` must have `count` bytes, which must
    /// not change during this call.
    unsafe extern "C" fn store_callback<A: Attribute<Directory = D>>(
        item: *mut bindings::config_item,
        page: *const c_char,
        count: usize,
    ) -> isize {
        // SAFETY: `item` is a directory `D` during this call, by the requirements of this callback.
        let context = unsafe { D::context(item) };
        // SAFETY: `page` has `count` bytes that do not change during this call, by the requirements
        // of this callback.
        let text: &[u8] = unsafe { core::slice::from_raw_parts(page.cast(), count) };
        let text = text.strip_suffix(b"\n").unwrap_or(text);
        match A::store(context, BStr::from_bytes(text)) {
            Ok(()) => count as isize,
            Err(error) => error.to_errno() as isize,
        }
    }
}

/// An array of pointers to `N - 1` attributes in a directory `D`, terminated by a null pointer.
#[repr(transparent)]
pub struct AttributeArray<D, const N: usize>(
    UnsafeCell<[*mut bindings::configfs_attribute; N]>,
    PhantomData<D>,
);

// SAFETY: The array is never written.
unsafe impl<D, const N: usize> Sync for AttributeArray<D, N> {}

impl<D, const N: usize> AttributeArray<D, N> {
    /// Creates the array of pointers to `slots`.
    pub const fn new<const M: usize>(slots: &'static [AttributeSlot<D>; M]) -> Self {
        assert!(
            N == M + 1,
            "the array has an entry for each attribute and for the terminator"
        );
        let mut array = [ptr::null_mut(); N];
        let mut index = 0;
        while index < M {
            array[index] = slots[index].0.get();
            index += 1;
        }
        Self(UnsafeCell::new(array), PhantomData)
    }
}

/// The attributes in a directory `D`, declared by [`attributes!`].
pub struct Attributes<D>(*mut *mut bindings::configfs_attribute, PhantomData<D>);

impl<D> Attributes<D> {
    /// No attributes.
    pub const NONE: Self = Self(ptr::null_mut(), PhantomData);

    /// Creates the attributes of an array.
    pub const fn new<const N: usize>(array: &'static AttributeArray<D, N>) -> Self {
        Self(array.0.get().cast(), PhantomData)
    }

    /// Returns the attributes for target core.
    pub const fn as_ptr(&self) -> *mut *mut bindings::configfs_attribute {
        self.0
    }
}

/// Declares the [`Attributes`] of a directory: for each the file name, and the type that implements
/// [`Attribute`].
///
/// ```ignore
/// attributes!(WwnAttrs<Fabric> { version: Version })
/// ```
#[macro_export]
#[doc(hidden)]
macro_rules! target_attributes {
    ($directory:ty { $($name:ident: $attribute:ty),+ $(,)? }) => {{
        const COUNT: usize = [$(stringify!($name)),+].len();
        static SLOTS: [$crate::target::AttributeSlot<$directory>; COUNT] = [$(
            $crate::target::AttributeSlot::new::<$attribute>(concat!(stringify!($name), "\0"))
        ),+];
        static ARRAY: $crate::target::AttributeArray<$directory, { COUNT + 1 }> =
            $crate::target::AttributeArray::new(&SLOTS);
        $crate::target::Attributes::<$directory>::new(&ARRAY)
    }};
}
pub use target_attributes as attributes;
