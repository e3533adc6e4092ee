// SPDX-License-Identifier: GPL-2.0-only

//! Task management functions of the loopback transport: the error handlers of the SCSI host submit
//! them and sleep until target core responds.

#![forbid(unsafe_code)]

use kernel::{
    prelude::*,
    sync::{new_condvar, new_spinlock, Arc, CondVar, SpinLock}, //
};

use super::Initiator;
use crate::target::TmrFunction;

/// Aborts a command. Returns true if the abort is complete.
pub(super) fn abort(initiator: &Initiator, lun: u64, tag: u64) -> bool {
    manage(initiator, lun, TmrFunction::AbortTask(tag))
}

/// Resets a LUN. Returns true if the reset is complete.
pub(super) fn reset_lun(initiator: &Initiator, lun: u64) -> bool {
    manage(initiator, lun, TmrFunction::LunReset)
}

/// Submits a task management function and sleeps until target core responds. Returns true if the
/// function is complete.
fn manage(initiator: &Initiator, lun: u64, function: TmrFunction) -> bool {
    let Ok(waiter) = Arc::pin_init(Waiter::new(), GFP_KERNEL) else {
        return false;
    };
    let nexus = initiator.nexus.read();
    let is_submitted =
        nexus.is_some_and(|nexus| nexus.submit_tmr(lun, function, waiter.clone()).is_ok());
    is_submitted && waiter.wait()
}

/// A pending wait for the response to a task management function.
#[pin_data]
pub(crate) struct Waiter {
    #[pin]
    is_complete: SpinLock<Option<bool>>,
    #[pin]
    answered: CondVar,
}

impl Waiter {
    fn new() -> impl PinInit<Self, Error> {
        try_pin_init!(Self {
            is_complete <- new_spinlock!(None),
            answered <- new_condvar!(),
        })
    }

    /// Wakes the thread that waits for the response.
    pub(crate) fn answer(&self, is_complete: bool) {
        *self.is_complete.lock() = Some(is_complete);
        self.answered.notify_all();
    }

    fn wait(&self) -> bool {
        let mut is_complete = self.is_complete.lock();
        loop {
            if let Some(is_complete) = *is_complete {
                return is_complete;
            }
            self.answered.wait(&mut is_complete);
        }
    }
}
