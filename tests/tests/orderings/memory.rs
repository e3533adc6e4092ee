// SPDX-License-Identifier: GPL-2.0-only

//! Objects that are freed in name only, and events: the model checker finds a use after the end.

use loom::cell::UnsafeCell;
use loom::sync::{Condvar, Mutex};

/// An object in memory.
pub(crate) struct Memory(UnsafeCell<bool>);

// SAFETY: The cell checks that accesses do not race.
unsafe impl Sync for Memory {}

// SAFETY: As above.
unsafe impl Send for Memory {}

impl Memory {
    pub(crate) fn new() -> Self {
        Self(UnsafeCell::new(false))
    }

    /// Reads the object.
    pub(crate) fn used(&self) {
        // SAFETY: The cell checks that no write is concurrent.
        let is_freed = self.0.with(|freed| unsafe { *freed });
        assert!(!is_freed, "used after its end");
    }

    /// Writes to the object.
    pub(crate) fn written(&self) {
        // SAFETY: The cell checks that no access is concurrent.
        let is_freed = self.0.with_mut(|freed| unsafe { *freed });
        assert!(!is_freed, "written after its end");
    }

    /// Ends the object.
    pub(crate) fn free(&self) {
        // SAFETY: The cell checks that no access is concurrent.
        let was = self
            .0
            .with_mut(|freed| unsafe { std::mem::replace(&mut *freed, true) });
        assert!(!was, "ended twice");
    }
}

/// An event, as the kernel's completion.
pub(crate) struct Event {
    is_done: Mutex<bool>,
    changed: Condvar,
}

impl Event {
    pub(crate) fn new() -> Self {
        Self {
            is_done: Mutex::new(false),
            changed: Condvar::new(),
        }
    }

    pub(crate) fn complete(&self) {
        *self.is_done.lock().unwrap() = true;
        self.changed.notify_all();
    }

    pub(crate) fn wait(&self) {
        let mut is_done = self.is_done.lock().unwrap();
        while !*is_done {
            is_done = self.changed.wait(is_done).unwrap();
        }
    }
}
