// SPDX-License-Identifier: GPL-2.0-only

//! Task management functions.
//!
//! C header: [`include/target/target_core_base.h`](srctree/include/target/target_core_base.h)

use core::{
    cell::UnsafeCell,
    ptr, //
};

use kernel::{
    prelude::*,
    types::Opaque, //
};

use crate::{
    bindings,
    target::Operations, //
};

/// The kinds of task management functions, SAM-5 section 7.
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

/// A task management function that target core has: a `struct se_cmd`, and the driver's data until
/// they are given back.
#[repr(C)]
pub(super) struct Tmr<T: Operations> {
    inner: Opaque<bindings::se_cmd>,
    data: UnsafeCell<Option<T::Tmr>>,
}

impl<T: Operations> Tmr<T> {
    /// Makes a task management function, to be submitted. Called in any context.
    ///
    /// # Errors
    ///
    /// [`ENOMEM`], with the data.
    pub(super) fn new(data: T::Tmr) -> Result<*mut Self, (Error, T::Tmr)> {
        let tmr: *mut Self = match KBox::<Self>::new_uninit(GFP_ATOMIC) {
            Ok(memory) => KBox::into_raw(memory).cast(),
            Err(error) => return Err((error.into(), data)),
        };
        // SAFETY: The memory has just been allocated for a `Tmr`. Target core wants the C part all
        // zero.
        unsafe {
            ptr::addr_of_mut!((*tmr).inner).write_bytes(0, 1);
            ptr::addr_of_mut!((*tmr).data).write(UnsafeCell::new(Some(data)));
        }
        Ok(tmr)
    }

    /// Takes the driver's data out, if they are still there.
    ///
    /// # Safety
    ///
    /// `ptr` must have been submitted by [`Session::submit_tmr`](super::Session::submit_tmr) and be
    /// alive, and nobody else may do this at the same time.
    pub(super) unsafe fn take(ptr: *mut bindings::se_cmd) -> Option<T::Tmr> {
        // SAFETY: `ptr` is a `Tmr` that is alive, and nobody else takes its data at the same time,
        // by the requirements of this function.
        unsafe { (*(*ptr.cast::<Self>()).data.get()).take() }
    }

    /// Frees a function that target core has not accepted, and returns the driver's data.
    ///
    /// # Safety
    ///
    /// `tmr` must come from [`Self::new`], and target core must have refused it.
    pub(super) unsafe fn take_back(tmr: *mut Self) -> T::Tmr {
        // SAFETY: Target core has refused `tmr`, by the requirements of this function: this is its
        // only owner, and no op has taken the data.
        unsafe {
            let data = (*(*tmr).data.get()).take().unwrap_unchecked();
            drop(KBox::from_raw(tmr));
            data
        }
    }

    /// Frees the function, after the last reference is gone.
    ///
    /// # Safety
    ///
    /// `ptr` must have been submitted by [`Session::submit_tmr`](super::Session::submit_tmr), and
    /// nobody may use it any more.
    pub(super) unsafe fn release(ptr: *mut bindings::se_cmd) {
        // SAFETY: `submit_tmr` has given the box to target core and nobody uses it any more, by the
        // requirements of this function: this is its only owner.
        drop(unsafe { KBox::from_raw(ptr.cast::<Self>()) });
    }
}

/// How a task management function ended, `enum tcm_tmrsp_table`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum TmrStatus {
    /// It failed.
    Failed,
    /// It is complete.
    Complete,
    /// There is no such task.
    NoTask,
    /// There is no such logical unit.
    NoLun,
    /// Target core does not support the function.
    NotSupported,
    /// It was rejected.
    Rejected,
}

/// The response to a task management function, to be sent to the initiator at once or later.
pub struct TmrResponse<T: Operations> {
    code: u8,
    data: T::Tmr,
}

impl<T: Operations> TmrResponse<T> {
    /// Makes the value that the op `queue_tm_rsp` gets, unless an earlier call has got it.
    ///
    /// # Safety
    ///
    /// Target core must have called the op for `ptr`, and not have released it yet.
    pub(super) unsafe fn from_raw(ptr: *mut bindings::se_cmd) -> Option<Self> {
        // SAFETY: Target core has called the op for `ptr`, by the requirements of this function, so
        // it is alive, with a `se_tmr_req` whose response does not change any more.
        let code = unsafe { (*(*ptr).se_tmr_req).response };
        // SAFETY: `ptr` is alive, as above. Target core answers a task management function, or
        // aborts it, once, so no other op takes the data.
        let data = unsafe { Tmr::<T>::take(ptr) }?;
        Some(Self { code, data })
    }

    /// The response code, of `enum tcm_tmrsp_table`.
    pub fn code(&self) -> u8 {
        self.code
    }

    /// The meaning of the response code.
    pub fn status(&self) -> TmrStatus {
        match u32::from(self.code) {
            bindings::tcm_tmrsp_table_TMR_FUNCTION_COMPLETE => TmrStatus::Complete,
            bindings::tcm_tmrsp_table_TMR_TASK_DOES_NOT_EXIST => TmrStatus::NoTask,
            bindings::tcm_tmrsp_table_TMR_LUN_DOES_NOT_EXIST => TmrStatus::NoLun,
            bindings::tcm_tmrsp_table_TMR_TASK_MGMT_FUNCTION_NOT_SUPPORTED => {
                TmrStatus::NotSupported
            }
            bindings::tcm_tmrsp_table_TMR_FUNCTION_REJECTED => TmrStatus::Rejected,
            _ => TmrStatus::Failed,
        }
    }

    /// Whether the function is complete.
    pub fn is_complete(&self) -> bool {
        u32::from(self.code) == bindings::tcm_tmrsp_table_TMR_FUNCTION_COMPLETE
    }

    /// The driver's data.
    pub fn into_data(self) -> T::Tmr {
        self.data
    }
}
