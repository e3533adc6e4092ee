// SPDX-License-Identifier: GPL-2.0-only

//! Node ACLs of a portal group, `…/tpgt_$TAG/acls/$INITIATOR`: an initiator that may log in.
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
        atomic::{atomic_load, Relaxed},
        groups,
        object::bstr,
        tpg::{directories, errno, Logins},
        Directory,
        Operations,
        Tpg, //
    },
};

/// A node ACL, `…/tpgt_$TAG/acls/$INITIATOR`: a `struct se_node_acl` and the driver's data.
///
/// Target core allocates it zeroed, and frees it without a call to the driver. For a demo-mode node
/// ACL it does not call `fabric_init_nodeacl` either. The driver's data must therefore be valid
/// when zeroed, and must not need `Drop`.
///
/// The data change through shared references only, since a session may use a demo-mode node ACL
/// while an administrator makes it explicit. [`Self::data`] changes by atomics. [`Self::lock`]
/// gives access to the rest, such as credentials, under a mutex of the portal group: no lock of the
/// kernel is valid when zeroed.
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
    /// Size that target core allocates, in bytes: `node_acl_size`.
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

    /// Borrows the node ACL whose C part is `ptr`.
    ///
    /// # Safety
    ///
    /// Target core must have allocated `ptr` with `node_acl_size` set to [`Self::SIZE`], and must
    /// not free it during `'a`.
    pub(super) unsafe fn from_raw<'a>(ptr: *mut bindings::se_node_acl) -> &'a Self {
        // SAFETY: Target core has allocated `SIZE` zeroed bytes, by the requirements of this
        // function. The data behind the C part are aligned, as `SIZE` checks, and both types are
        // `Zeroable`. Only shared references to them exist.
        unsafe { &*ptr.cast() }
    }

    /// Adds the groups of a node ACL that `fabric_init_nodeacl` has accepted, and returns the errno
    /// for target core.
    ///
    /// After an error, target core frees the node ACL but not the name of its directory, which is
    /// allocated separately if it is long. This function frees the name: it sets an empty one.
    ///
    /// # Safety
    ///
    /// The result must be returned to target core from `fabric_init_nodeacl` for this node ACL.
    pub(super) unsafe fn made(&self, result: Result) -> c_int {
        let inner = self.inner.get();
        // SAFETY: The directory is initialized and not visible yet, by the requirements of this
        // function. Target core removes its groups before it frees the node ACL, which is the
        // context of the groups.
        let result = result.and_then(|()| unsafe {
            let parent = &raw mut (*inner).acl_fabric_stat_group;
            groups::add(parent, inner, T::NODE_ACL_GROUPS)
        });
        if result.is_err() {
            // SAFETY: The node ACL is alive while it is borrowed. Its directory is not visible yet,
            // and target core frees it next, by the requirements of this function. The format has
            // no arguments.
            unsafe {
                bindings::config_item_set_name(
                    &raw mut (*inner).acl_group.cg_item,
                    kernel::c_str!("").as_char_ptr(),
                )
            };
        }
        errno(result)
    }

    /// Returns the driver's data.
    pub fn data(&self) -> &T::NodeAcl {
        &self.data
    }

    /// Locks the data that the mutex of the portal group protects. Called in process context;
    /// sleeps.
    pub fn lock(&self) -> NodeAclGuard<'_, T> {
        NodeAclGuard {
            acl: self,
            _guard: self.tpg().node_acls.lock(),
            _state: PhantomData,
        }
    }

    /// Returns the portal group of the node ACL.
    pub fn tpg(&self) -> &Tpg<T> {
        // SAFETY: Target core sets the portal group before it passes the node ACL to an op, and
        // frees all node ACLs of a group before `Tpg::destroy` frees the group.
        unsafe { Tpg::from_raw((*self.inner.get()).se_tpg) }
    }

    /// Returns the queue depth, in commands per session, as set by an administrator or
    /// `tpg_get_default_depth`.
    pub fn queue_depth(&self) -> u32 {
        // SAFETY: The node ACL is alive while it is borrowed. Target core changes the field with
        // single stores.
        unsafe { atomic_load(&raw mut (*self.inner.get()).queue_depth, Relaxed) }
    }

    /// Sets the queue depth of an explicit node ACL. Target core then calls `close_session` for the
    /// sessions of the initiator, which have the old depth. Called in process context, but not in
    /// an op; sleeps.
    ///
    /// Not on a [`HeldNodeAcl`] if `close_session` drops the [`Nexus`](super::Nexus): the drop
    /// waits for the [`HeldNodeAcl`].
    ///
    /// # Errors
    ///
    /// Returns [`EINVAL`] for a demo-mode node ACL. Target core would take each of its sessions for
    /// the last one, and free it more than once.
    pub fn set_queue_depth(&self, depth: u32) -> Result {
        // An explicit node ACL does not become a demo-mode one.
        if self.is_dynamic() {
            return Err(EINVAL);
        }
        // SAFETY: The node ACL is alive while it is borrowed, and its portal group outlives it. The
        // call always returns 0.
        unsafe { bindings::core_tpg_set_initiator_node_queue_depth(self.inner.get(), depth) };
        Ok(())
    }

    /// Returns true if this is a demo-mode node ACL.
    pub fn is_dynamic(&self) -> bool {
        // SAFETY: The node ACL is alive while it is borrowed. Target core sets the field to 0 or 1
        // with single stores.
        unsafe { atomic_load(&raw mut (*self.inner.get()).dynamic_node_acl, Relaxed) }
    }

    /// Returns the name of the initiator.
    pub fn initiator_name(&self) -> &BStr {
        // SAFETY: Target core sets the name, which ends with NUL, before it passes the node ACL to
        // an op, and does not change it.
        unsafe { bstr((*self.inner.get()).initiatorname.as_ptr()) }
    }
}

impl<T: Operations> Tpg<T> {
    /// Finds the node ACL of an initiator, explicit or demo-mode. Called in process context;
    /// sleeps. Not in an op of the portal group, which may be called under the same locks.
    ///
    /// Logins and logouts of the portal group wait while the result is held, so the caller must do
    /// neither.
    ///
    /// The node ACL may not have passed `fabric_init_nodeacl` yet; its data are zero then.
    pub fn node_acl(&self, initiator: &CStr) -> Option<HeldNodeAcl<'_, T>> {
        let logins = self.logins.lock();
        if *logins == Logins::Gone {
            return None;
        }
        HeldNodeAcl::find(self, initiator, logins)
    }
}

/// Access to the data that the mutex of the portal group protects.
pub struct NodeAclGuard<'a, T: Operations> {
    acl: &'a NodeAcl<T>,
    _guard: Guard<'a, (), MutexBackend>,
    // The guard is `Sync` only if the state is.
    _state: PhantomData<&'a mut T::NodeAclState>,
}

impl<T: Operations> Deref for NodeAclGuard<'_, T> {
    type Target = T::NodeAclState;

    fn deref(&self) -> &T::NodeAclState {
        // SAFETY: `_guard` holds the mutex that protects the state of all node ACLs of the group.
        unsafe { &*self.acl.state.get() }
    }
}

impl<T: Operations> DerefMut for NodeAclGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T::NodeAclState {
        // SAFETY: `_guard` holds the mutex that protects the state of all node ACLs of the group,
        // and this is the only borrow of the guard.
        unsafe { &mut *self.acl.state.get() }
    }
}

/// A reference to a node ACL without a session, for example to look up credentials. Until it is
/// dropped, `rmdir` of the node ACL waits, and so do logins and logouts of the portal group.
/// Dropped in process context; sleeps.
///
/// # Invariants
///
/// The value owns one reference to `acl`.
pub struct HeldNodeAcl<'a, T: Operations> {
    acl: NonNull<NodeAcl<T>>,
    // The login lock. A demo-mode node ACL is freed with its last session; if it were referenced
    // then, target core would leave its LUN entries behind. So no session may end meanwhile.
    _logins: Guard<'a, Logins, MutexBackend>,
}

impl<'a, T: Operations> HeldNodeAcl<'a, T> {
    /// Finds a node ACL and takes a reference to it, under the login lock of its portal group.
    pub(super) fn find(
        tpg: &'a Tpg<T>,
        initiator: &CStr,
        logins: Guard<'a, Logins, MutexBackend>,
    ) -> Option<Self> {
        let name = initiator.as_char_ptr().cast_mut().cast();
        // SAFETY: The portal group is registered, by the invariants of `Tpg`. Target core reads the
        // name, which ends with NUL, and does not keep it.
        let acl = unsafe { bindings::core_tpg_get_initiator_node_acl(tpg.as_raw(), name) };
        Some(Self {
            acl: NonNull::new(acl)?.cast(),
            _logins: logins,
        })
    }
}

impl<T: Operations> Deref for HeldNodeAcl<'_, T> {
    type Target = NodeAcl<T>;

    fn deref(&self) -> &NodeAcl<T> {
        // SAFETY: The node ACL is alive, by the type's invariants. It was found in a portal group
        // of `T`, so target core has allocated it with `SIZE` bytes.
        unsafe { NodeAcl::from_raw(self.acl.as_ptr().cast()) }
    }
}

impl<T: Operations> Drop for HeldNodeAcl<'_, T> {
    fn drop(&mut self) {
        // SAFETY: The value owns a reference, by the type's invariants, which is dropped here once.
        unsafe { bindings::target_put_nacl(self.acl.as_ptr().cast()) };
    }
}

/// A group in `fabric_statistics` of a node ACL.
pub struct NodeAclGroup<T>(PhantomData<T>);

// SAFETY: `NodeAcl::made` adds such groups only, for the node ACL.
unsafe impl<T: Operations> Directory for NodeAclGroup<T> {
    type Context = NodeAcl<T>;

    unsafe fn context<'a>(item: *mut bindings::config_item) -> &'a NodeAcl<T> {
        // SAFETY: `item` is such a group, by the requirements of this function. The node ACL lives
        // at least as long as its directory.
        unsafe { NodeAcl::from_raw(groups::owner(item)) }
    }
}

directories! {
    /// `tpgt_$TAG/acls/$INITIATOR`.
    TpgNaclBaseAttrs => NodeAcl, se_node_acl.acl_group;
    /// `tpgt_$TAG/acls/$INITIATOR/attrib`.
    TpgNaclAttribAttrs => NodeAcl, se_node_acl.acl_attrib_group;
    /// `tpgt_$TAG/acls/$INITIATOR/auth`.
    TpgNaclAuthAttrs => NodeAcl, se_node_acl.acl_auth_group;
    /// `tpgt_$TAG/acls/$INITIATOR/param`.
    TpgNaclParamAttrs => NodeAcl, se_node_acl.acl_param_group;
}
