// SPDX-License-Identifier: GPL-2.0-only

//! Node ACLs: the initiators that may log in to a portal group, `…/tpgt_$TAG/acls/$INITIATOR`.
//!
//! C header: [`include/target/target_core_base.h`](srctree/include/target/target_core_base.h)

use core::mem;

use kernel::{
    ffi::c_int,
    prelude::*,
    types::Opaque, //
};

use crate::{
    bindings,
    target::{errno, Operations}, //
};

/// An initiator's access control list, `…/tpgt_$TAG/acls/$INITIATOR`: a `struct se_node_acl` and
/// the driver's data for it.
///
/// Target core allocates it, all zero, and frees it without a word to the driver. In demo mode it
/// does not even call `fabric_init_nodeacl`. So the data must be valid when it is all zero, must
/// need no `Drop`, and changes through shared references only: a session may use a list that an
/// administrator is about to make explicit.
#[repr(C)]
pub struct NodeAcl<T: Operations> {
    inner: Opaque<bindings::se_node_acl>,
    data: T::NodeAcl,
}

impl<T: Operations> NodeAcl<T> {
    /// What target core has to allocate, in bytes: `node_acl_size`.
    pub(super) const SIZE: usize = {
        assert!(
            !mem::needs_drop::<T::NodeAcl>(),
            "target core frees node ACLs without dropping the driver's data"
        );
        assert!(
            mem::align_of::<Self>() <= mem::align_of::<u64>(),
            "target core allocates node ACLs with kmalloc()'s least alignment"
        );
        mem::size_of::<Self>()
    };

    /// Borrows the list that `ptr` is the C part of.
    ///
    /// # Safety
    ///
    /// Target core must have allocated `ptr` with `node_acl_size` set to [`Self::SIZE`], and must
    /// not free it while `'a` lasts.
    pub(super) unsafe fn from_raw<'a>(ptr: *mut bindings::se_node_acl) -> &'a Self {
        // SAFETY: `ptr` is followed by zeroed memory for the data, aligned as `SIZE` checks. All
        // zero is valid since `T::NodeAcl` is `Zeroable`. Only shared references to it exist.
        unsafe { &*ptr.cast() }
    }

    /// Ends the making of a list with what `fabric_init_nodeacl` says.
    ///
    /// Where that is an error, target core frees the list, but not the name of its directory, which
    /// has memory of its own if it is long. An empty name has none.
    ///
    /// # Safety
    ///
    /// The result must be given to target core as that of `fabric_init_nodeacl` for this list.
    pub(super) unsafe fn made(&self, result: Result) -> c_int {
        if result.is_err() {
            let inner = self.inner.get();
            // SAFETY: The list is valid, and by the requirements of this function its directory is
            // one that nobody sees yet, and that goes away next. The format takes no arguments.
            unsafe {
                bindings::config_item_set_name(
                    &raw mut (*inner).acl_group.cg_item,
                    kernel::c_str!("").as_char_ptr(),
                )
            };
        }
        errno(result)
    }

    /// The driver's data.
    pub fn data(&self) -> &T::NodeAcl {
        &self.data
    }
}
