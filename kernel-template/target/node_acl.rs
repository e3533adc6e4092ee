// SPDX-License-Identifier: GPL-2.0-only

//! Node ACLs: the initiators that may log in to a portal group, `…/tpgt_$TAG/acls/$INITIATOR`.
//!
//! C header: [`include/target/target_core_base.h`](srctree/include/target/target_core_base.h)

use core::{
    cell::UnsafeCell,
    marker::PhantomData,
    mem,
    ops::{Deref, DerefMut},
    ptr::NonNull, //
};

use kernel::{
    ffi::c_int,
    prelude::*,
    str::BStr,
    sync::{lock::mutex::MutexBackend, lock::Guard},
    types::Opaque, //
};

use crate::{
    bindings,
    target::{
        object::bstr,
        tpg::{directories, errno},
        Operations,
        Tpg, //
    },
};

/// An initiator's access control list, `…/tpgt_$TAG/acls/$INITIATOR`: a `struct se_node_acl` and
/// the driver's data for it.
///
/// Target core allocates it, all zero, and frees it without a word to the driver. In demo mode it
/// does not even call `fabric_init_nodeacl`. So the data must be valid when they are all zero, and
/// must need no `Drop`. They change through shared references only, since a session may use a list
/// that an administrator is about to make explicit: [`Self::data`] by atomics, [`Self::lock`] under
/// a lock of the portal group, which is for texts such as credentials. No lock of the kernel's is
/// valid at zero.
#[repr(C)]
pub struct NodeAcl<T: Operations> {
    inner: Opaque<bindings::se_node_acl>,
    data: T::NodeAcl,
    state: UnsafeCell<T::NodeAclState>,
}

// SAFETY: Target core locks what it changes of a node ACL, the data are `Sync`, and the state,
// which is `Send`, is only reached under the lock of the portal group.
unsafe impl<T: Operations> Sync for NodeAcl<T> {}

impl<T: Operations> NodeAcl<T> {
    /// What target core has to allocate, in bytes: `node_acl_size`.
    pub(super) const SIZE: usize = {
        assert!(
            !mem::needs_drop::<(T::NodeAcl, T::NodeAclState)>(),
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
        // SAFETY: Target core has allocated `SIZE` bytes, by the requirements of this function, and
        // zeroed them: behind the C part lie the data, aligned as `SIZE` checks, and both types are
        // `Zeroable`. Only shared references to them exist.
        unsafe { &*ptr.cast() }
    }

    /// Ends the creation of a list with the result of `fabric_init_nodeacl`.
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
            // SAFETY: The node ACL is alive while it is borrowed. Its directory is not visible yet,
            // and target core gives it up next, by the requirements of this function. The format
            // takes no arguments.
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

    /// Locks the data that change under the lock of the portal group. Called in process context;
    /// sleeps.
    pub fn lock(&self) -> NodeAclGuard<'_, T> {
        NodeAclGuard {
            acl: self,
            _guard: self.tpg().node_acls.lock(),
            _state: PhantomData,
        }
    }

    /// The portal group that the list belongs to.
    pub fn tpg(&self) -> &Tpg<T> {
        // SAFETY: Target core sets the portal group before an op gets the node ACL, and frees each
        // node ACL of a group before `Tpg::destroy` frees the group.
        unsafe { Tpg::from_raw((*self.inner.get()).se_tpg) }
    }

    /// How many commands a session of the initiator may have at once, as an administrator or
    /// `tpg_get_default_depth` has said.
    pub fn queue_depth(&self) -> u32 {
        // SAFETY: The node ACL is alive while it is borrowed. Target core changes the number with
        // single stores, and a volatile read of it is not torn.
        unsafe { (&raw const (*self.inner.get()).queue_depth).read_volatile() }
    }

    /// Sets [`Self::queue_depth`]. Target core then asks for the initiator's sessions to be closed,
    /// since they go by the old depth. Called in process context, and not in an op; sleeps.
    pub fn set_queue_depth(&self, depth: u32) {
        // SAFETY: The node ACL is alive while it is borrowed, and so is its portal group. The call
        // always returns 0.
        unsafe { bindings::core_tpg_set_initiator_node_queue_depth(self.inner.get(), depth) };
    }

    /// Whether target core has made the list for an initiator in demo mode.
    pub fn is_dynamic(&self) -> bool {
        // SAFETY: The node ACL is alive while it is borrowed. Target core sets the mark to 0 or 1
        // with single stores, and a volatile read of it is not torn.
        unsafe { (&raw const (*self.inner.get()).dynamic_node_acl).read_volatile() }
    }

    /// The initiator's name.
    pub fn initiator_name(&self) -> &BStr {
        // SAFETY: Target core sets the name, with a NUL at its end, before an op gets the node ACL,
        // and does not change it.
        unsafe { bstr((*self.inner.get()).initiatorname.as_ptr()) }
    }
}

impl<T: Operations> Tpg<T> {
    /// The node ACL of an initiator, explicit or of demo mode, if there is one. Called in process
    /// context; sleeps. Not in an op of the portal group, which may be called under the same locks.
    ///
    /// While it is held, a login or logout waits: do neither meanwhile.
    ///
    /// It may not have passed `fabric_init_nodeacl` yet: its data are all zero then.
    pub fn node_acl(&self, initiator: &CStr) -> Option<HeldNodeAcl<'_, T>> {
        HeldNodeAcl::find(self, initiator, self.is_open.lock())
    }
}

/// Access to the data that change under the lock of the portal group.
pub struct NodeAclGuard<'a, T: Operations> {
    acl: &'a NodeAcl<T>,
    _guard: Guard<'a, (), MutexBackend>,
    // Threads may share the guard if they may share the state.
    _state: PhantomData<&'a mut T::NodeAclState>,
}

impl<T: Operations> Deref for NodeAclGuard<'_, T> {
    type Target = T::NodeAclState;

    fn deref(&self) -> &T::NodeAclState {
        // SAFETY: `_guard` holds the lock under which alone the state of a node ACL is reached.
        unsafe { &*self.acl.state.get() }
    }
}

impl<T: Operations> DerefMut for NodeAclGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T::NodeAclState {
        // SAFETY: `_guard` holds the lock under which alone the state of a node ACL is reached, and
        // this is the only borrow of the guard.
        unsafe { &mut *self.acl.state.get() }
    }
}

/// A node ACL that is held without a session, as by a login that looks for credentials. Until it is
/// dropped the list's `rmdir` waits, and so do logins and logouts of the portal group. Dropped in
/// process context; sleeps.
///
/// # Invariants
///
/// One of the references to `acl` belongs to this.
pub struct HeldNodeAcl<'a, T: Operations> {
    acl: NonNull<NodeAcl<T>>,
    // A list of demo mode goes away with its last session, and while it is held target core would
    // leave the LUNs in it. So no session may end meanwhile: this is the login lock.
    _is_open: Guard<'a, bool, MutexBackend>,
}

impl<'a, T: Operations> HeldNodeAcl<'a, T> {
    /// Finds and holds a list, under the login lock of its portal group.
    pub(super) fn find(
        tpg: &'a Tpg<T>,
        initiator: &CStr,
        is_open: Guard<'a, bool, MutexBackend>,
    ) -> Option<Self> {
        let name = initiator.as_char_ptr().cast_mut().cast();
        // SAFETY: The portal group is registered, by the invariants of `Tpg`. Target core only
        // reads the name, which ends with NUL, and does not keep it.
        let acl = unsafe { bindings::core_tpg_get_initiator_node_acl(tpg.as_raw(), name) };
        Some(Self {
            acl: NonNull::new(acl)?.cast(),
            _is_open: is_open,
        })
    }
}

impl<T: Operations> Deref for HeldNodeAcl<'_, T> {
    type Target = NodeAcl<T>;

    fn deref(&self) -> &NodeAcl<T> {
        // SAFETY: The node ACL is alive, by the type's invariants. It was found in a portal group
        // of `T`, so target core has allocated it with the size that `T` wants.
        unsafe { NodeAcl::from_raw(self.acl.as_ptr().cast()) }
    }
}

impl<T: Operations> Drop for HeldNodeAcl<'_, T> {
    fn drop(&mut self) {
        // SAFETY: One of the references belongs to this, by the type's invariants, and is dropped
        // here once.
        unsafe { bindings::target_put_nacl(self.acl.as_ptr().cast()) };
    }
}

directories! {
    /// `tpgt_$TAG/acls/$INITIATOR` itself.
    TpgNaclBaseAttrs => NodeAcl, se_node_acl.acl_group;
    /// `tpgt_$TAG/acls/$INITIATOR/attrib`.
    TpgNaclAttribAttrs => NodeAcl, se_node_acl.acl_attrib_group;
    /// `tpgt_$TAG/acls/$INITIATOR/auth`.
    TpgNaclAuthAttrs => NodeAcl, se_node_acl.acl_auth_group;
    /// `tpgt_$TAG/acls/$INITIATOR/param`.
    TpgNaclParamAttrs => NodeAcl, se_node_acl.acl_param_group;
}
