// SPDX-License-Identifier: GPL-2.0-only

//! Sessions of initiators that have logged in.
//!
//! C header: [`include/target/target_core_fabric.h`](srctree/include/target/target_core_fabric.h)

use core::{
    marker::PhantomData,
    sync::atomic::Ordering, //
};

use kernel::{
    str::BStr,
    types::Opaque, //
};

use crate::{
    bindings,
    target::{
        nexus::SessionData,
        NodeAcl,
        Operations,
        Tpg, //
    },
};

/// An I_T nexus: a `struct se_session` of the fabric.
#[repr(transparent)]
pub struct Session<T: Operations>(pub(super) Opaque<bindings::se_session>, PhantomData<T>);

// SAFETY: Target core locks what it changes of a session, and the driver's data are `Sync`.
unsafe impl<T: Operations> Sync for Session<T> {}

impl<T: Operations> Session<T> {
    /// Borrows the session.
    ///
    /// # Safety
    ///
    /// `ptr` must be a session of this fabric, and not be removed while `'a` lasts.
    pub(super) unsafe fn from_raw<'a>(ptr: *mut bindings::se_session) -> &'a Self {
        // SAFETY: `ptr` is a session that is not removed while `'a` lasts, by the requirements of
        // this function. The type is transparent.
        unsafe { &*ptr.cast() }
    }

    fn login(&self) -> &SessionData<T> {
        // SAFETY: `Nexus::new` has set the pointer, to a `SessionData<T>` of which the session has a
        // count until it is removed.
        unsafe { &*(*self.0.get()).fabric_sess_ptr.cast() }
    }

    /// The driver's data.
    pub fn data(&self) -> &T::Session {
        self.login().data()
    }

    /// The portal group that the initiator has logged in to.
    pub fn tpg(&self) -> &Tpg<T> {
        self.login().tpg()
    }

    /// The node ACL that the initiator has logged in with.
    pub fn node_acl(&self) -> &NodeAcl<T> {
        // SAFETY: `target_setup_session()` has set the node ACL. The session holds a reference to
        // it until it is removed.
        unsafe { NodeAcl::from_raw((*self.0.get()).se_node_acl) }
    }

    /// The initiator's name.
    pub fn initiator_name(&self) -> &BStr {
        self.node_acl().initiator_name()
    }

    /// Whether target core has called `close_session`: the driver shall end the session.
    pub fn is_close_requested(&self) -> bool {
        self.login().is_close_requested.load(Ordering::Acquire)
    }

    /// Establishes the unit attention condition of an I_T nexus loss, which is reported to the
    /// initiator with its next command. Called in process context; does not sleep.
    pub fn report_nexus_loss(&self) {
        // SAFETY: The session holds a reference to its node ACL until it is removed.
        unsafe { bindings::core_allocate_nexus_loss_ua((*self.0.get()).se_node_acl) };
    }
}

/// How a fabric treats protection information, by direction.
#[derive(Clone, Copy)]
pub struct ProtectionOps(pub(super) bindings::target_prot_op);

impl ProtectionOps {
    /// Nothing: there is none.
    pub const NORMAL: Self = Self(bindings::target_prot_op_TARGET_PROT_NORMAL);
    /// It passes both ways.
    pub const PASS: Self = Self(
        bindings::target_prot_op_TARGET_PROT_DIN_PASS
            | bindings::target_prot_op_TARGET_PROT_DOUT_PASS,
    );
}

/// Has `fill` write a text into `buffer`, and returns its length. The last byte is for the NUL that
/// C wants at the text's end.
pub(super) fn filled(buffer: &mut [u8], fill: impl FnOnce(&mut [u8]) -> usize) -> u32 {
    let Some((_, room)) = buffer.split_last_mut() else {
        return 0;
    };
    let length = fill(room).min(room.len());
    if let Some(end) = buffer.get_mut(length) {
        *end = 0;
    }
    length as u32
}
