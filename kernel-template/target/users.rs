// SPDX-License-Identifier: GPL-2.0-only

//! The count of those who use a session, which its end waits for.

use kernel::{
    prelude::*,
    sync::Arc, //
};

use crate::target::{
    closing::{Event, UserCount},
    compat::{Completion, Refcount}, //
};

impl Event for Completion {
    fn complete_all(&self) {
        Self::complete_all(self);
    }

    fn wait_for_completion(&self) {
        Self::wait_for_completion(self);
    }
}

/// The count of the users of a session: one for its nexus, and one for each guard.
#[pin_data]
pub(super) struct Users {
    count: UserCount,
    #[pin]
    unused: Completion,
}

impl Users {
    /// Creates the count, with one user.
    pub(super) fn new() -> Result<Arc<Self>> {
        Arc::pin_init(
            pin_init!(Self {
                count: UserCount::new(Refcount::new(1)),
                unused <- Completion::new(),
            }),
            GFP_KERNEL,
        )
    }

    /// Counts a user, unless the nexus is ending.
    pub(super) fn add(&self) -> bool {
        self.count.add()
    }

    /// Removes a user that [`Self::add`] has counted, or the nexus. Called in any context.
    pub(super) fn remove(&self) {
        self.count.remove(&self.unused);
    }

    /// Removes the nexus from the users, and waits for the others.
    pub(super) fn wait(&self) {
        self.count.wait(&self.unused);
    }
}
