// SPDX-License-Identifier: GPL-2.0-only

//! The count of those who use a session, which its end waits for.

use kernel::{
    prelude::*,
    sync::Arc, //
};

use crate::target::{
    atomic::{Full, Relaxed},
    compat::{Completion, Refcount}, //
};

/// The count of the users of a session: one for its nexus, and one for each guard.
#[pin_data]
pub(super) struct Users {
    count: Refcount,
    #[pin]
    unused: Completion,
}

impl Users {
    /// Creates the count, with one user.
    pub(super) fn new() -> Result<Arc<Self>> {
        Arc::pin_init(
            pin_init!(Self {
                count: Refcount::new(1),
                unused <- Completion::new(),
            }),
            GFP_KERNEL,
        )
    }

    /// Counts a user, unless the nexus is ending.
    pub(super) fn add(&self) -> bool {
        let count = self.count.as_atomic();
        let mut users = count.load(Relaxed);
        while users > 0 && users < i32::MAX {
            match count.cmpxchg(users, users + 1, Full) {
                Ok(_) => return true,
                Err(now) => users = now,
            }
        }
        false
    }

    /// Removes a user that [`Self::add`] has counted, or the nexus. Called in any context.
    pub(super) fn remove(&self) {
        if self.count.dec_and_test() {
            self.unused.complete_all();
        }
    }

    /// Removes the nexus from the users, and waits for the others.
    pub(super) fn wait(&self) {
        self.remove();
        self.unused.wait_for_completion();
    }
}
