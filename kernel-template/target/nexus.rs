// SPDX-License-Identifier: GPL-2.0-only

//! Login and logout: the I_T nexus that a driver sets up for an initiator.
//!
//! C header: [`include/target/target_core_fabric.h`](srctree/include/target/target_core_fabric.h)

use core::{
    mem::ManuallyDrop,
    ops::Deref,
    ptr,
    ptr::NonNull, //
};

use kernel::{
    error::from_err_ptr,
    ffi::{c_int, c_void},
    prelude::*,
    str::BStr,
    sync::Arc,
    types::Opaque, //
};

use crate::{
    bindings,
    target::{
        atomic::{atomic_load, Relaxed},
        closing::{end, Ending},
        tpg::Logins,
        work::Workqueue,
        CmdMemory,
        HeldNodeAcl,
        Operations,
        ProtectionOps,
        Session,
        SessionData,
        Tpg, //
    },
};

/// Maximum length of an initiator name, in bytes. Target core truncates a longer name, and would
/// not find its node ACL.
pub const INITIATOR_NAME_MAX: usize = bindings::TRANSPORT_IQN_LEN as usize - 1;

/// The tags of a new session, with a slot each.
pub(super) struct Slots {
    /// Number of tags.
    pub(super) count: u32,
    /// Size of the memory of each, in bytes.
    pub(super) size: u32,
    /// Initializes the slots.
    pub(super) callback: Option<
        unsafe extern "C" fn(
            *mut bindings::se_portal_group,
            *mut bindings::se_session,
            *mut c_void,
        ) -> c_int,
    >,
    /// Argument of `callback`, stored in the data of the session.
    pub(super) setup: *mut c_void,
}

impl Slots {
    /// No tags.
    const NONE: Self = Self {
        count: 0,
        size: 0,
        callback: None,
        setup: ptr::null_mut(),
    };
}

/// A login that was refused.
pub struct RefusedLogin<T: Operations> {
    /// Reason for the refusal.
    pub error: Error,
    /// Data of the session, which hold the portal group; `None` if they could not be made.
    pub data: Option<Arc<SessionData<T>>>,
}

impl<T: Operations> RefusedLogin<T> {
    pub(super) fn new(error: Error, data: Arc<SessionData<T>>) -> Self {
        Self {
            error,
            data: Some(data),
        }
    }
}

impl<T: Operations> From<Error> for RefusedLogin<T> {
    fn from(error: Error) -> Self {
        Self { error, data: None }
    }
}

impl<T: Operations> From<RefusedLogin<T>> for Error {
    fn from(refused: RefusedLogin<T>) -> Self {
        refused.error
    }
}

/// An I_T nexus.
///
/// Dropping it ends the nexus. Target core then accepts no more commands, and the drop waits for
/// those in progress: until the driver has dropped their [`Pending`](super::Pending)s and
/// [`Reference`](super::Reference)s, and all [`SessionGuard`](super::SessionGuard)s. Dropped in
/// process context; sleeps. [`Self::end_later`] ends it in any other context.
///
/// # Invariants
///
/// `session` is registered with target core. Its private pointer owns a count of `data`.
pub struct Nexus<T: Operations> {
    session: NonNull<bindings::se_session>,
    data: Arc<SessionData<T>>,
}

// SAFETY: Any thread may use and remove a session of target core. The data of the driver and the
// portal group are `Send` and `Sync`, and only the end of the nexus uses the work item beside them.
unsafe impl<T: Operations> Send for Nexus<T> {}

// SAFETY: Target core accesses the fields of a session under locks of its own. The data of the
// driver and the portal group are `Sync`; shared references do not reach the work item.
unsafe impl<T: Operations> Sync for Nexus<T> {}

impl<T: Operations> Nexus<T> {
    /// Logs `initiator` in to `tpg`, with the driver's `data` for the session. Called in process
    /// context; sleeps. Must not be called from an op of the portal group: target core calls ops
    /// while this holds the lock for logins.
    ///
    /// Target core may call ops for the session before this returns, including `close_session`. The
    /// driver must therefore check [`Session::is_close_requested`] after it has stored the nexus
    /// where its `close_session` finds it.
    ///
    /// # Errors
    ///
    /// Returns the error of the initializer, or [`ENOMEM`], without data. Otherwise returns the
    /// data with one of these: [`EBUSY`] if a LUN is being unlinked, which waits for its commands;
    /// [`ENODEV`] if the portal group is disabled or being removed; [`EACCES`] if the initiator has
    /// no node ACL and is not in demo mode, or if its node ACL is being removed; [`EINVAL`] if the
    /// name is longer than [`INITIATOR_NAME_MAX`]; [`ENOMEM`].
    pub fn new(
        tpg: &Tpg<T>,
        initiator: &CStr,
        protection: ProtectionOps,
        data: impl PinInit<T::Session, Error>,
    ) -> Result<Self, RefusedLogin<T>> {
        const {
            assert!(
                !<T::CmdMemory as CmdMemory<T>>::IS_IN_SESSION,
                "commands with tags need a nexus from `Nexus::with_slots`"
            );
        }
        let data = SessionData::new(tpg, data)?;
        // SAFETY: There is no callback.
        unsafe { Self::log_in(data, initiator, protection, Slots::NONE) }
    }

    /// Logs an initiator in to the portal group of `data`: see [`Self::new`].
    ///
    /// # Safety
    ///
    /// `slots.callback` must be sound to call with a session whose private pointer is that of a
    /// [`SessionData<T>`] with `slots.setup` as its `setup`.
    pub(super) unsafe fn log_in(
        data: Arc<SessionData<T>>,
        initiator: &CStr,
        protection: ProtectionOps,
        slots: Slots,
    ) -> Result<Self, RefusedLogin<T>> {
        let name: &BStr = initiator.as_ref();
        if name.len() > INITIATOR_NAME_MAX {
            return Err(RefusedLogin::new(EINVAL, data));
        }
        data.setup.store(slots.setup, Relaxed);
        let tpg = data.tpg.clone();
        let logins = tpg.logins.lock();
        if *logins != Logins::Open {
            drop(logins);
            return Err(RefusedLogin::new(ENODEV, data));
        }
        if tpg.is_unlinking() {
            drop(logins);
            return Err(RefusedLogin::new(EBUSY, data));
        }
        let private = Arc::into_raw(data.clone());
        // SAFETY: The portal group is registered, by the invariants of `Tpg`, and `data` holds a
        // reference to it. Target core copies the name, which ends with NUL. The callback may be
        // called, by the requirements of this function.
        let session = unsafe {
            bindings::target_setup_session(
                tpg.as_raw(),
                slots.count,
                slots.size,
                protection.0,
                initiator.as_char_ptr(),
                private.cast_mut().cast::<c_void>(),
                slots.callback,
            )
        };
        // Target core returns no null pointer.
        let session = from_err_ptr(session).and_then(|session| NonNull::new(session).ok_or(ENOMEM));
        let nexus = match session {
            Ok(session) => Self {
                session,
                data: data.clone(),
            },
            Err(error) => {
                drop(logins);
                // SAFETY: `private` is the count from above, and no session took it over.
                drop(unsafe { Arc::from_raw(private) });
                return Err(RefusedLogin::new(error, data));
            }
        };
        // Target core removes a node ACL from the list of the group, then closes its sessions. A
        // session that found the node ACL before and was registered after would be missed.
        let listed = HeldNodeAcl::find(&tpg, initiator, logins);
        let is_listed = listed.is_some_and(|listed| ptr::eq(&*listed, nexus.node_acl()));
        if !is_listed {
            drop(nexus);
            return Err(RefusedLogin::new(EACCES, data));
        }
        Ok(nexus)
    }

    /// Ends the nexus as dropping it does, but in the workqueue of the fabric. Called in any
    /// context, hard interrupts included. The portal group and the module stay until it has ended.
    pub fn end_later(self) {
        self.stop();
        let queue: *const Workqueue = self.tpg().wwn().ends();
        let nexus = ManuallyDrop::new(self);
        // SAFETY: `nexus` is not used afterwards, so this moves its count.
        let data = Arc::into_raw(unsafe { ptr::read(&nexus.data) });
        // SAFETY: The count keeps the data alive until the work item has run. They hold the portal
        // group, so `queue` is alive. `nexus` is consumed, so the work item is queued once.
        unsafe {
            (*data).ending.store(nexus.session.as_ptr(), Relaxed);
            (*queue).queue_new((*data).work.get(), Self::end_callback);
        }
    }

    /// Called by the workqueue for [`Self::end_later`].
    ///
    /// # Safety
    ///
    /// `work` must be the work item of the data of a session, which were left to this call together
    /// with the session.
    unsafe extern "C" fn end_callback(work: *mut bindings::work_struct) {
        // SAFETY: `work` is in the data of a session, of which a count and the session were left to
        // this call, by the requirements of this callback. `Opaque` is transparent.
        let nexus = unsafe {
            let work: *mut Opaque<bindings::work_struct> = work.cast();
            let data: *const SessionData<T> = kernel::container_of!(work, SessionData<T>, work);
            let session = (*data).ending.load(Relaxed);
            Self {
                session: NonNull::new_unchecked(session),
                data: Arc::from_raw(data),
            }
        };
        drop(nexus);
    }

    /// Stops the session: target core refuses new commands, with
    /// [`Refusal::Stopped`](super::Refusal::Stopped). Called in any context; further calls have no
    /// effect.
    ///
    /// Target core does not call `close_session` for a stopped session.
    pub fn stop(&self) {
        // SAFETY: `session` is registered with target core, by the type's invariants. It may be
        // stopped repeatedly.
        unsafe { bindings::target_stop_session(self.session.as_ptr()) };
    }
}

impl<T: Operations> Ending for Nexus<T> {
    fn stop(&self) {
        Self::stop(self);
    }

    fn wait_for_users(&self) {
        self.data.users.wait();
    }

    fn wait_for_commands(&self) {
        // SAFETY: `session` is registered with target core, by the type's invariants, and has been
        // stopped: this is called at the end of the nexus alone, after `target_stop_session`.
        unsafe { bindings::target_wait_for_sess_cmds(self.session.as_ptr()) };
    }

    fn wait_for_grace_period(&self) {
        // SAFETY: Called in process context: this thread has waited for the commands.
        unsafe { bindings::synchronize_rcu() };
    }

    fn is_listed(&self) -> bool {
        let session = self.session.as_ptr();
        // SAFETY: `session` is registered with target core, by the type's invariants, so it is
        // alive. Target core changes the link with single stores.
        unsafe {
            let entry = &raw mut (*session).sess_acl_list;
            atomic_load(&raw mut (*entry).next, Relaxed) != entry
        }
    }

    fn wait_for_close(&self) {
        self.data.close_called.wait_for_completion();
    }
}

impl<T: Operations> Deref for Nexus<T> {
    type Target = Session<T>;

    fn deref(&self) -> &Session<T> {
        // SAFETY: `session` is registered, by the type's invariants, until the nexus is dropped.
        unsafe { Session::from_raw(self.session.as_ptr()) }
    }
}

impl<T: Operations> Drop for Nexus<T> {
    fn drop(&mut self) {
        let session = self.session.as_ptr();
        end(self);
        // SAFETY: `session` is registered, by the type's invariants. The pointer is read before the
        // removal of the session, which clears it.
        let private = unsafe { (*session).fabric_sess_ptr }.cast_const();
        // SAFETY: `session` is stopped, and its commands have ended. This is called once.
        unsafe { T::CmdMemory::end(session) };
        let logins = self.data.tpg.logins.lock();
        // SAFETY: `session` is registered, by the type's invariants. Its commands have ended.
        // `stop` prevents a later call of `close_session`; a call in progress was waited for.
        unsafe { bindings::target_remove_session(session) };
        drop(logins);
        // SAFETY: The pointer owns a count of `data`, by the type's invariants. The session, which
        // held it, is removed.
        drop(unsafe { Arc::<SessionData<T>>::from_raw(private.cast()) });
    }
}
