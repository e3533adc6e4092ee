// SPDX-License-Identifier: GPL-2.0-only

//! Attributes: the files in the configfs directories of a fabric.
//!
//! Target core makes the files of a directory from a list that the ops point to. [`attributes!`]
//! makes such a list of types that implement [`Attribute`].
//!
//! C header: [`include/linux/configfs.h`](srctree/include/linux/configfs.h)

use core::{
    cell::UnsafeCell,
    fmt,
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

use crate::bindings;

/// A kind of directory that a fabric may add attributes to.
///
/// # Safety
///
/// [`Self::context`] must find the `Context` of every `item` that target core passes to attributes
/// of this kind.
pub unsafe trait Directory {
    /// The object that `show` and `store` of the attributes are called with.
    type Context: ?Sized;

    /// Finds the object that `item` is the directory of.
    ///
    /// # Safety
    ///
    /// `item` must be a directory of this kind, and must stay so while `'a` lasts.
    unsafe fn context<'a>(item: *mut bindings::config_item) -> &'a Self::Context;
}

/// An attribute: a file in a directory of the fabric. Implement `show`, `store` or both.
#[vtable]
pub trait Attribute: 'static {
    /// Where the attribute is.
    type Directory: Directory;

    /// Whether the attribute shows a secret: then only root may read it.
    const IS_SECRET: bool = false;

    /// Writes the attribute's value to `page`.
    fn show(_context: &<Self::Directory as Directory>::Context, _page: &mut Page<'_>) -> Result {
        kernel::build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// Sets the attribute to `text`, at most a page that user space wrote, without the newline at
    /// its end.
    fn store(_context: &<Self::Directory as Directory>::Context, _text: &BStr) -> Result {
        kernel::build_error!(VTABLE_DEFAULT_ERROR)
    }
}

/// The page that an attribute writes its value to, with `write!`.
pub struct Page<'a> {
    buffer: &'a mut [u8],
    len: usize,
}

impl Page<'_> {
    /// Appends formatted text; what `write!` calls.
    ///
    /// # Errors
    ///
    /// [`EINVAL`] if the text does not fit into the page.
    pub fn write_fmt(&mut self, args: fmt::Arguments<'_>) -> Result {
        let free = self.buffer.get_mut(self.len..).unwrap_or_default();
        // SAFETY: The buffer is as long as it says, and `%pA` takes a pointer to the arguments.
        let len = unsafe {
            bindings::snprintf(
                free.as_mut_ptr().cast(),
                free.len(),
                kernel::c_str!("%pA").as_char_ptr(),
                ptr::from_ref(&args).cast::<c_void>(),
            )
        };
        // The result is the length of the whole text without the NUL, even if there was no room.
        let len = usize::try_from(len).map_err(|_| EINVAL)?;
        if len >= free.len() {
            return Err(EINVAL);
        }
        self.len += len;
        Ok(())
    }

    /// Appends bytes as they are.
    ///
    /// # Errors
    ///
    /// [`EINVAL`] if they do not fit into the page.
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

/// A `struct configfs_attribute` for an attribute in a `D`.
#[repr(transparent)]
pub struct AttributeSlot<D>(UnsafeCell<bindings::configfs_attribute>, PhantomData<D>);

// SAFETY: A `Registration` writes the slot before target core knows of the fabric, of which there
// is one at a time. While it is registered, the slot is only read.
unsafe impl<D> Sync for AttributeSlot<D> {}

impl<D: Directory> AttributeSlot<D> {
    /// Makes the slot of `A`; `name` must end with NUL, or the module does not compile.
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
                ca_owner: ptr::null_mut(),
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
    /// `item` must be a directory of the kind `D` during this call, and `page` must have
    /// `PAGE_SIZE` bytes for this call alone.
    unsafe extern "C" fn show_callback<A: Attribute<Directory = D>>(
        item: *mut bindings::config_item,
        page: *mut c_char,
    ) -> isize {
        // SAFETY: `item` is a directory of the kind `D` during this call, by the requirements of
        // this callback.
        let context = unsafe { D::context(item) };
        // SAFETY: `page` has `PAGE_SIZE` bytes for this call alone, by the requirements of this
        // callback. After a write to the same file, configfs passes the page of the write, of which
        // it has initialized a part.
        let buffer = unsafe {
            page.write_bytes(0, PAGE_SIZE);
            core::slice::from_raw_parts_mut(page.cast(), PAGE_SIZE)
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
    /// `item` must be a directory of the kind `D` during this call, and `page` must hold `count`
    /// bytes, which must not change during this call.
    unsafe extern "C" fn store_callback<A: Attribute<Directory = D>>(
        item: *mut bindings::config_item,
        page: *const c_char,
        count: usize,
    ) -> isize {
        // SAFETY: `item` is a directory of the kind `D` during this call, by the requirements of
        // this callback.
        let context = unsafe { D::context(item) };
        // SAFETY: `page` holds `count` bytes that do not change during this call, by the
        // requirements of this callback.
        let text: &[u8] = unsafe { core::slice::from_raw_parts(page.cast(), count) };
        let text = text.strip_suffix(b"\n").unwrap_or(text);
        match A::store(context, BStr::from_bytes(text)) {
            Ok(()) => count as isize,
            Err(error) => error.to_errno() as isize,
        }
    }
}

/// The pointers to `N - 1` attributes in a `D`, and the null pointer that ends them.
#[repr(transparent)]
pub struct AttributeArray<D, const N: usize>(
    UnsafeCell<[*mut bindings::configfs_attribute; N]>,
    PhantomData<D>,
);

// SAFETY: Nobody writes to the array: `set_owner` writes to what it points to.
unsafe impl<D, const N: usize> Sync for AttributeArray<D, N> {}

impl<D, const N: usize> AttributeArray<D, N> {
    /// Points to each of `slots`.
    pub const fn new<const M: usize>(slots: &'static [AttributeSlot<D>; M]) -> Self {
        assert!(
            N == M + 1,
            "the array has a place for each attribute and for the end"
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

/// The attributes in a directory of the kind `D`; made by [`attributes!`].
pub struct Attributes<D>(*mut *mut bindings::configfs_attribute, PhantomData<D>);

impl<D> Attributes<D> {
    /// No attributes.
    pub const NONE: Self = Self(ptr::null_mut(), PhantomData);

    /// The attributes that `array` points to.
    pub const fn new<const N: usize>(array: &'static AttributeArray<D, N>) -> Self {
        Self(array.0.get().cast(), PhantomData)
    }

    /// The attributes as target core wants them.
    pub const fn as_ptr(&self) -> *mut *mut bindings::configfs_attribute {
        self.0
    }
}

/// Makes the [`Attributes`] of a directory, each by its file name and the type that implements
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
