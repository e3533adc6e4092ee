// SPDX-License-Identifier: GPL-2.0-only

//! Cancellation of requests that the controller has.
//!
//! C header: [`include/linux/usb/gadget.h`](srctree/include/linux/usb/gadget.h)

use kernel::sync::Arc;

use super::{Function, Shell};
use crate::{
    bindings,
    target::atomic::Acquire, //
};

/// A handle that cancels a queued request.
pub(crate) struct Canceller<F: Function>(pub(super) Arc<Shell<F>>);

impl<F: Function> Canceller<F> {
    /// Cancels the request, if the controller has it: it completes with `ECONNRESET`, maybe before
    /// this returns. Called in any context.
    pub(crate) fn cancel(&self) {
        if self.0.is_queued.load(Acquire) && self.0.enter() {
            // SAFETY: The request is not freed before `leave`, so the endpoint is alive.
            // `usb_ep_dequeue()` returns an error for a request that has completed meanwhile.
            unsafe {
                bindings::usb_ep_dequeue(self.0.endpoint.ptr.as_ptr(), self.0.request.as_ptr())
            };
            self.0.leave();
        }
    }
}
