// SPDX-License-Identifier: GPL-2.0-only

//! Task management functions.
//!
//! C header: [`include/target/target_core_base.h`](srctree/include/target/target_core_base.h)

use core::ops::Deref;

use kernel::{
    prelude::*,
    types::Opaque, //
};

use crate::{
    bindings,
    target::{cmd::SeCmd, zeroed, Operations}, //
};

/// What a task management function shall do, SAM-5 section 7.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum TmrFunction {
    /// Abort the command with this tag.
    AbortTask(u64),
    /// Abort all commands of the nexus. Target core does not support it.
    AbortTaskSet,
    /// Clear an auto contingent allegiance. Target core does not support it.
    ClearAca,
    /// Abort all commands to the logical unit. Target core does not support it.
    ClearTaskSet,
    /// Reset the logical unit.
    LunReset,
    /// Reset the target. Target core rejects it.
    TargetWarmReset,
}

impl TmrFunction {
    /// The function's number, and the tag that it refers to.
    pub(super) fn to_raw(self) -> (u8, u64) {
        let (function, tag) = match self {
            Self::AbortTask(tag) => (bindings::tcm_tmreq_table_TMR_ABORT_TASK, tag),
            Self::AbortTaskSet => (bindings::tcm_tmreq_table_TMR_ABORT_TASK_SET, 0),
            Self::ClearAca => (bindings::tcm_tmreq_table_TMR_CLEAR_ACA, 0),
            Self::ClearTaskSet => (bindings::tcm_tmreq_table_TMR_CLEAR_TASK_SET, 0),
            Self::LunReset => (bindings::tcm_tmreq_table_TMR_LUN_RESET, 0),
            Self::TargetWarmReset => (bindings::tcm_tmreq_table_TMR_TARGET_WARM_RESET, 0),
        };
        (function as u8, tag)
    }
}

/// A task management function: a `struct se_cmd` and the driver's data for it.
#[pin_data]
#[repr(C)]
pub struct Tmr<T: Operations> {
    #[pin]
    inner: Opaque<bindings::se_cmd>,
    #[pin]
    data: T::Tmr,
}

// SAFETY: The type is `repr(C)`, and this is its first field.
unsafe impl<T: Operations> SeCmd for Tmr<T> {}

impl<T: Operations> Tmr<T> {
    /// Makes a task management function, to be submitted. Called in process context.
    ///
    /// # Errors
    ///
    /// What `data` fails with, or [`ENOMEM`].
    pub fn new(data: impl PinInit<T::Tmr, Error>) -> Result<Pin<KBox<Self>>> {
        KBox::pin_init(
            try_pin_init!(Self {
                inner <- zeroed(),
                data <- data,
            }),
            GFP_KERNEL,
        )
    }

    /// Borrows the function that `ptr` is the C part of.
    ///
    /// # Safety
    ///
    /// `ptr` must have been submitted by [`Session::submit_tmr`], and not be released while `'a`
    /// lasts.
    pub(super) unsafe fn from_raw<'a>(ptr: *mut bindings::se_cmd) -> &'a Self {
        // SAFETY: By the requirements of this function.
        unsafe { &*ptr.cast() }
    }

    /// Frees the function, after the last reference is gone.
    ///
    /// # Safety
    ///
    /// `ptr` must have been submitted by [`Session::submit_tmr`], and nobody may use it any more.
    pub(super) unsafe fn release(ptr: *mut bindings::se_cmd) {
        // SAFETY: By the requirements of this function this is the box's only owner.
        drop(unsafe { KBox::from_raw(ptr.cast::<Self>()) });
    }

    /// The driver's data.
    pub fn data(&self) -> &T::Tmr {
        &self.data
    }
}

/// The response to a task management function, to be sent to the initiator.
pub struct TmrResponse<'a, T: Operations>(&'a Tmr<T>);

impl<T: Operations> TmrResponse<'_, T> {
    /// Makes the response that `queue_tm_rsp` shall send.
    ///
    /// # Safety
    ///
    /// Target core must have called the op for `ptr`, and the response must end with it.
    pub(super) unsafe fn from_raw(ptr: *mut bindings::se_cmd) -> Self {
        // SAFETY: By the requirements of this function the task management function is alive.
        Self(unsafe { Tmr::from_raw(ptr) })
    }

    /// The response code, of `enum tcm_tmrsp_table`.
    pub fn code(&self) -> u8 {
        // SAFETY: Target core does not change the response once it calls for it to be sent.
        unsafe { (*(*self.0.inner.get()).se_tmr_req).response }
    }

    /// Whether the function is complete.
    pub fn is_complete(&self) -> bool {
        u32::from(self.code()) == bindings::tcm_tmrsp_table_TMR_FUNCTION_COMPLETE
    }
}

impl<T: Operations> Deref for TmrResponse<'_, T> {
    type Target = Tmr<T>;

    fn deref(&self) -> &Tmr<T> {
        self.0
    }
}
