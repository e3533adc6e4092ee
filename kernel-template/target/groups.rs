// SPDX-License-Identifier: GPL-2.0-only

//! Groups of attributes that a fabric adds to the directory `fabric_statistics` of a target port or
//! of a node ACL.
//!
//! Portal groups have no such directory. Target core also calls no op between creating the config
//! groups of a portal group and the end of its `mkdir`, after which no group can be added.
//!
//! C header: [`include/linux/configfs.h`](srctree/include/linux/configfs.h)

use core::{
    mem,
    ptr, //
};

use kernel::{
    ffi::c_void,
    prelude::*,
    types::Opaque, //
};

use crate::{
    bindings,
    target::{
        Attributes,
        Directory, //
    },
};

/// A group: a directory `D` with attributes, declared by [`groups!`].
pub struct Group<D> {
    name: &'static str,
    attributes: Attributes<D>,
}

/// The groups in a directory `fabric_statistics`.
pub type Groups<D> = &'static [Group<D>];

impl<D: Directory> Group<D> {
    /// Creates a group. A `name` that does not end with NUL, or is longer than configfs stores
    /// without an allocation, is a compile error.
    pub const fn new(name: &'static str, attributes: Attributes<D>) -> Self {
        assert!(
            matches!(name.as_bytes(), [.., 0]),
            "the name must end with NUL"
        );
        assert!(
            name.len() <= bindings::CONFIGFS_ITEM_NAME_LEN as usize,
            "the name of a group has at most 19 bytes"
        );
        Self { name, attributes }
    }
}

/// A config group in memory of its own.
///
/// # Invariants
///
/// `group` is the first field of a `repr(C)` type, so a pointer to one is a pointer to the other.
/// `owner` points to the C part of the object whose directory has the group.
#[repr(C)]
struct ConfigGroup {
    group: Opaque<bindings::config_group>,
    kind: bindings::config_item_type,
    owner: *mut c_void,
}

impl ConfigGroup {
    /// Allocates a group for the object `owner`.
    fn new<D>(owner: *mut c_void, attributes: &Attributes<D>) -> Result<*mut Self> {
        // SAFETY: The structs have pointers, integers and lists of pointers, for all of which zero
        // is valid.
        let (group, mut kind): (_, bindings::config_item_type) =
            unsafe { (Opaque::new(mem::zeroed()), mem::zeroed()) };
        kind.ct_item_ops = ptr::from_ref(&ITEM_OPS).cast_mut();
        kind.ct_attrs = attributes.as_ptr();
        let new = Self { group, kind, owner };
        Ok(KBox::into_raw(KBox::new(new, GFP_KERNEL)?))
    }
}

/// Returns the object whose directory has a group.
///
/// # Safety
///
/// `item` must be the item of a group that [`add`] has added for an `O`.
pub(super) unsafe fn owner<O>(item: *mut bindings::config_item) -> *mut O {
    // SAFETY: The item is the first field of the config group, which is the first field of a
    // `ConfigGroup`, by the requirements of this function.
    unsafe { (*item.cast::<ConfigGroup>()).owner.cast() }
}

/// The functions of the groups.
static ITEM_OPS: bindings::configfs_item_operations = bindings::configfs_item_operations {
    release: Some(release_callback),
    allow_link: None,
    drop_link: None,
};

/// Called by configfs when the last reference to a group is dropped.
///
/// # Safety
///
/// `item` must be the item of a [`ConfigGroup`], and must not be used afterwards.
unsafe extern "C" fn release_callback(item: *mut bindings::config_item) {
    // SAFETY: The item is at the start of a `ConfigGroup`, the pointer of a box, and is not used
    // afterwards, by the requirements of this callback.
    drop(unsafe { KBox::from_raw(item.cast::<ConfigGroup>()) });
}

/// Adds groups to a directory. After an error, the directory is empty.
///
/// # Errors
///
/// Returns [`ENOMEM`].
///
/// # Safety
///
/// - `parent` must be the config group of a `fabric_statistics` directory that is not visible yet
///   and empty. Its default groups must be removed before `owner` is freed.
/// - `owner` must be the C object that `D::context` makes its result from.
pub(super) unsafe fn add<D: Directory, O>(
    parent: *mut bindings::config_group,
    owner: *mut O,
    groups: Groups<D>,
) -> Result {
    for group in groups {
        let Ok(new) = ConfigGroup::new(owner.cast(), &group.attributes) else {
            // SAFETY: The directory is not visible, so the groups that were added are in no use.
            unsafe { bindings::configfs_remove_default_groups(parent) };
            return Err(ENOMEM);
        };
        let name = group.name.as_ptr().cast();
        // SAFETY: The config group is new, and its type is beside it. The name ends with NUL, and
        // configfs copies it. `parent` has the last reference, with which configfs frees the group.
        unsafe {
            bindings::config_group_init_type_name(new.cast(), name, &raw const (*new).kind);
            bindings::configfs_add_default_group(new.cast(), parent.cast());
        }
    }
    Ok(())
}

/// Declares [`Groups`]: for each the name, and its attributes as in
/// [`attributes!`](crate::target::attributes).
///
/// ```ignore
/// groups!(WwnGroup<Fabric> { login: { accepts: Accepts, fails: Fails } })
/// ```
#[macro_export]
#[doc(hidden)]
macro_rules! target_groups {
    ($directory:ty { $($name:ident: { $($attributes:tt)+ }),+ $(,)? }) => {
        &[$(
            $crate::target::Group::new(
                concat!(stringify!($name), "\0"),
                $crate::target::attributes!($directory { $($attributes)+ }),
            )
        ),+]
    };
}
pub use target_groups as groups;
