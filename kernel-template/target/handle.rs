// SPDX-License-Identifier: GPL-2.0-only

//! Handles of sessions, for contexts that cannot hold a [`Nexus`](super::Nexus).
//!
//! A nexus has one owner, and ends with it. An interrupt handler has a handle in its place, and
//! looks the session up each time.

use core::{
    marker::PhantomData,
    ops::Deref,
    ptr::NonNull, //
};

use kernel::sync::Arc;

use crate::{
    bindings,
    target::{
        users::Users,
        Operations,
        Session, //
    },
};

/// A handle of a session. It holds neither the session nor the portal group, and is dropped in any
/// context.
///
/// # Invariants
///
/// `session` is alive while `users` counts anyone.
pub struct SessionHandle<T: Operations> {
    users: Arc<Users>,
    session: NonNull<bindings::se_session>,
    _fabric: PhantomData<T>,
}

// SAFETY: Any thread may look the session up, and `Session` is `Sync`.
unsafe impl<T: Operations> Send for SessionHandle<T> {}

// SAFETY: Any thread may look the session up, and `Session` is `Sync`.
unsafe impl<T: Operations> Sync for SessionHandle<T> {}

impl<T: Operations> Session<T> {
    /// Returns a handle of the session. Called in any context.
    pub fn handle(&self) -> SessionHandle<T> {
        SessionHandle {
            users: self.session_data().users.clone(),
            session: NonNull::from(self).cast(),
            _fabric: PhantomData,
        }
    }
}

impl<T: Operations> SessionHandle<T> {
    /// Returns the session, unless its nexus is ending. Called in any context, hard interrupts
    /// included.
    ///
    /// Dropping the nexus waits until each guard is dropped, so a guard is held for a short time.
    pub fn get(&self) -> Option<SessionGuard<'_, T>> {
        // Lazily: dropping a guard removes a user.
        self.users.add().then(|| SessionGuard(self))
    }
}

impl<T: Operations> Clone for SessionHandle<T> {
    fn clone(&self) -> Self {
        Self {
            users: self.users.clone(),
            ..*self
        }
    }
}

/// A session that does not end until this is dropped. Dropped in any context.
///
/// # Invariants
///
/// The value is one of the users of the session.
pub struct SessionGuard<'a, T: Operations>(&'a SessionHandle<T>);

impl<T: Operations> Deref for SessionGuard<'_, T> {
    type Target = Session<T>;

    fn deref(&self) -> &Session<T> {
        // SAFETY: The session has a user, by the type's invariants, so it is alive.
        unsafe { Session::from_raw(self.0.session.as_ptr()) }
    }
}

impl<T: Operations> Drop for SessionGuard<'_, T> {
    fn drop(&mut self) {
        self.0.users.remove();
    }
}
