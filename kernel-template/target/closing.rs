// SPDX-License-Identifier: GPL-2.0-only

//! The end of a session: its users, the commands of target core, and a close request that target
//! core may make at any time.
//!
//! This file imports `core` and the names of the kernel's atomics alone: a model checker runs the
//! same source with its own atomics.

use core::ops::Deref;

use crate::target::{
    atomic::{Acquire, Atomic, Relaxed, Release},
    compat::Refcount, //
};

/// An event that happens once.
pub(super) trait Event {
    /// Wakes all waiters, future ones included. Called in any context.
    fn complete_all(&self);

    /// Waits until the event has happened. Called in process context; sleeps.
    fn wait_for_completion(&self);
}

/// The number of users of a session: one for its nexus, and one for each guard.
pub(super) struct UserCount(Refcount);

impl UserCount {
    /// Creates the count from a reference count of 1, which stands for the nexus.
    pub(super) const fn new(one: Refcount) -> Self {
        Self(one)
    }

    /// Counts a user, unless the nexus is ending. Called in any context.
    pub(super) fn add(&self) -> bool {
        let count = self.0.as_atomic();
        let mut users = count.load(Relaxed);
        while users > 0 && users < i32::MAX {
            match count.cmpxchg(users, users + 1, Relaxed) {
                Ok(_) => return true,
                Err(now) => users = now,
            }
        }
        false
    }

    /// Removes a user that [`Self::add`] has counted, or the nexus. Called in any context.
    pub(super) fn remove(&self, unused: &impl Event) {
        if self.0.dec_and_test() {
            unused.complete_all();
        }
    }

    /// Removes the nexus from the users, and waits for the others.
    pub(super) fn wait(&self, unused: &impl Event) {
        self.remove(unused);
        unused.wait_for_completion();
    }
}

/// The close request of target core.
pub(super) struct CloseRequest(Atomic<bool>);

impl CloseRequest {
    /// Creates the request from an atomic that is false: it is not made.
    pub(super) const fn new(is_made: Atomic<bool>) -> Self {
        Self(is_made)
    }

    /// Returns true if the request is made.
    pub(super) fn is_made(&self) -> bool {
        self.0.load(Acquire)
    }
}

/// The data of a session, used both by the end of the session and by a close request.
pub(super) trait Closable {
    /// The type of events.
    type Event: Event;

    /// Returns the close request.
    fn request(&self) -> &CloseRequest;

    /// Returns the event after which the session may be removed and drop its count of the data.
    fn called(&self) -> &Self::Event;
}

/// Makes the close request for a session that target core has removed from its session list.
/// Returns a count of the data.
pub(super) fn request_close<P>(data: &P) -> P
where
    P: Clone + Deref,
    P::Target: Closable,
{
    // Counted first: the session may drop its own count after the event.
    let counted = data.clone();
    counted.request().0.store(true, Release);
    counted.called().complete_all();
    counted
}

/// A session of target core at its end.
pub(super) trait Ending {
    /// Makes target core refuse new commands, and leave the session on the session list.
    fn stop(&self);

    /// Waits for the users of the session.
    fn wait_for_users(&self);

    /// Waits for the commands of the stopped session. The last one wakes this thread and then still
    /// uses the session, in a read-side critical section of RCU.
    fn wait_for_commands(&self);

    /// Waits for a grace period of RCU. After it, target core has either seen that the session is
    /// stopped, or removed it from the list, which it does in a read-side critical section.
    fn wait_for_grace_period(&self);

    /// Returns true if the session is on the session list. The result is final after
    /// [`Self::wait_for_grace_period`].
    fn is_listed(&self) -> bool;

    /// Waits for [`Closable::called`].
    fn wait_for_close(&self);
}

/// Ends a session: waits for all who use it, after which it can be removed.
pub(super) fn end(session: &impl Ending) {
    session.stop();
    session.wait_for_users();
    session.wait_for_commands();
    session.wait_for_grace_period();
    if !session.is_listed() {
        // The node ACL is being removed or changed, and a close request follows.
        session.wait_for_close();
    }
}
