// SPDX-License-Identifier: GPL-2.0-only

//! SessionData and logout: an I_T nexus that the driver has set up.
//!
//! C header: [`include/target/target_core_fabric.h`](srctree/include/target/target_core_fabric.h)

use core::{
    mem::ManuallyDrop,
    ops::Deref,
    ptr,
    ptr::NonNull,
    sync::atomic::{AtomicBool, Ordering}, //
};

use kernel::{
    error::from_err_ptr,
    ffi::c_void,
    prelude::*,
    str::BStr,
    sync::Arc, //
};

use crate::{
    bindings,
    target::{
        compat::{ARef, Completion},
        HeldNodeAcl,
        Operations,
        ProtectionOps,
        Session,
        Tpg, //
    },
};

/// The longest name of an initiator, in bytes. Target core cuts a longer one off, and would not
/// find its node ACL again.
pub const INITIATOR_NAME_MAX: usize = bindings::TRANSPORT_IQN_LEN as usize - 1;

/// The part of a session that is not in the C object: the portal group, and the driver's data. It
/// lives until the nexus has ended, and any call of `close_session` has returned.
#[pin_data]
pub struct SessionData<T: Operations> {
    data: T::Session,
    pub(super) is_close_requested: AtomicBool,
    #[pin]
    close_called: Completion,
    // Dropped last: with it the group's directory may go, and the module.
    tpg: ARef<Tpg<T>>,
}

impl<T: Operations> SessionData<T> {
    /// The portal group that the initiator has logged in to.
    pub fn tpg(&self) -> &Tpg<T> {
        &self.tpg
    }

    /// The driver's data for the session.
    pub fn data(&self) -> &T::Session {
        &self.data
    }

    /// Notes that target core has called `close_session`. From here on the session may end.
    ///
    /// # Safety
    ///
    /// `session` must be one of this fabric that target core has taken off the list of its node
    /// ACL, and this must be the only call for it.
    pub(super) unsafe fn close(session: *mut bindings::se_session) -> Arc<Self> {
        // SAFETY: The session is off the list of its node ACL, by the requirements of this
        // function, so `Nexus::drop` keeps it until `close_called` is complete. `Nexus::new` has
        // made the pointer of an `Arc`, whose count stays with the session.
        let login = unsafe {
            let login = (*session).fabric_sess_ptr.cast_const().cast();
            ManuallyDrop::new(Arc::<Self>::from_raw(login))
        };
        let login = Arc::clone(&login);
        login.is_close_requested.store(true, Ordering::Release);
        login.close_called.complete_all();
        login
    }
}

/// An I_T nexus that the driver has set up. Dropping it ends it: target core takes no more
/// commands from it, and those that it has are waited for, until the driver has given back each
/// [`Pending`](super::Pending) and [`Reference`](super::Reference) of theirs. Dropped in process
/// context; sleeps.
///
/// # Invariants
///
/// `session` is registered with target core, and its private pointer is a count of `login`.
pub struct Nexus<T: Operations> {
    session: NonNull<bindings::se_session>,
    login: Arc<SessionData<T>>,
}

// SAFETY: Any thread may use and remove a session of target core, and `SessionData` is `Send` and `Sync`.
unsafe impl<T: Operations> Send for Nexus<T> {}

// SAFETY: Target core locks what it changes of a session, and `SessionData` is `Sync`.
unsafe impl<T: Operations> Sync for Nexus<T> {}

impl<T: Operations> Nexus<T> {
    /// Logs `initiator` in to `tpg`, with the driver's data for the session. Called in process
    /// context; sleeps. Not in an op of the portal group, which may be called under the same lock.
    ///
    /// Target core may call ops for the session before this returns, `close_session` among them:
    /// look at [`Session::is_close_requested`] once the nexus is where that op finds it.
    ///
    /// # Errors
    ///
    /// [`ENODEV`] if the portal group is not enabled, or goes away. [`EACCES`] if the initiator has
    /// no node ACL and `tpg_check_demo_mode` wants one, or its node ACL goes away. [`EINVAL`] if
    /// the name is longer than target core's [`INITIATOR_NAME_MAX`]. [`ENOMEM`].
    pub fn new(
        tpg: &Tpg<T>,
        initiator: &CStr,
        protection: ProtectionOps,
        data: T::Session,
    ) -> Result<Self> {
        let name: &BStr = initiator.as_ref();
        if name.len() > INITIATOR_NAME_MAX {
            return Err(EINVAL);
        }
        let login = Arc::pin_init(
            try_pin_init!(SessionData {
                data,
                is_close_requested: AtomicBool::new(false),
                close_called <- Completion::new(),
                tpg: tpg.into(),
            }),
            GFP_KERNEL,
        )?;
        let is_open = tpg.is_open.lock();
        if !*is_open {
            return Err(ENODEV);
        }
        let private = Arc::into_raw(login.clone());
        // SAFETY: The portal group is registered, by the invariants of `Tpg`, and `login` holds it.
        // Target core copies the name, which ends with NUL.
        let session = unsafe {
            bindings::target_setup_session(
                tpg.as_raw(),
                0,
                0,
                protection.0,
                initiator.as_char_ptr(),
                private.cast_mut().cast::<c_void>(),
                None,
            )
        };
        let session = from_err_ptr(session).and_then(|session| NonNull::new(session).ok_or(ENOMEM));
        let nexus = match session {
            Ok(session) => Self { session, login },
            Err(error) => {
                drop(is_open);
                // SAFETY: `private` is the count that was made above. There is no session to have
                // it.
                drop(unsafe { Arc::from_raw(private) });
                return Err(error);
            }
        };
        // Target core removes a node ACL from the group's list, then asks for its sessions to be
        // closed. It may have found the ACL before that, and registered this session after it.
        let listed = HeldNodeAcl::find(tpg, initiator, is_open);
        let is_listed = listed.is_some_and(|listed| ptr::eq(&*listed, nexus.node_acl()));
        is_listed.then_some(nexus).ok_or(EACCES)
    }

    /// Has target core take no more commands, from now on: they are refused as
    /// [`Refusal::Stopped`](super::Refusal::Stopped). Called in any context, as often as you like.
    ///
    /// Target core does not ask for a session that is stopped to be closed.
    pub fn stop(&self) {
        // SAFETY: `session` is registered with target core, by the type's invariants. It may be
        // stopped more than once.
        unsafe { bindings::target_stop_session(self.session.as_ptr()) };
    }

    /// Whether the session is on the list of its node ACL.
    ///
    /// The answer is final after [`Self::stop`] and a grace period of RCU: target core takes a
    /// session off the list under a spinlock, and only after it has found it not stopped.
    fn is_listed(&self) -> bool {
        let session = self.session.as_ptr();
        // SAFETY: `session` is registered with target core, by the type's invariants, so it is
        // alive. Target core changes the link with single stores, and a volatile read of it is not
        // torn.
        unsafe {
            let entry = &raw mut (*session).sess_acl_list;
            !ptr::eq((&raw const (*entry).next).read_volatile(), entry)
        }
    }
}

impl<T: Operations> Deref for Nexus<T> {
    type Target = Session<T>;

    fn deref(&self) -> &Session<T> {
        // SAFETY: `session` is registered by the type's invariants. It is removed when the nexus is
        // dropped.
        unsafe { Session::from_raw(self.session.as_ptr()) }
    }
}

impl<T: Operations> Drop for Nexus<T> {
    fn drop(&mut self) {
        let session = self.session.as_ptr();
        self.stop();
        // SAFETY: `session` is registered, by the type's invariants, and has been stopped. The last
        // command drops its reference to the session and wakes this thread in one read-side
        // critical section of RCU: the session must be there until that section ends.
        unsafe {
            bindings::target_wait_for_sess_cmds(session);
            bindings::synchronize_rcu();
        }
        if !self.is_listed() {
            // The node ACL goes away, or changes, and `close_session` is called for this session.
            self.login.close_called.wait_for_completion();
        }
        // SAFETY: `session` is registered, by the type's invariants. Target core clears the pointer
        // when it removes the session, which is next.
        let private = unsafe { (*session).fabric_sess_ptr }.cast_const();
        let is_open = self.login.tpg.is_open.lock();
        // SAFETY: `session` is registered, by the type's invariants. No command uses it any more,
        // and no call of `close_session` does, or will: both have been waited for.
        unsafe { bindings::target_remove_session(session) };
        drop(is_open);
        // SAFETY: The pointer was a count of `login`, by the type's invariants. The session, which
        // had it, is removed.
        drop(unsafe { Arc::<SessionData<T>>::from_raw(private.cast()) });
    }
}
