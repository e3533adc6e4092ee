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

/// The task management functions, SAM-5 section 7.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum TmrFunction {
    /// ABORT TASK: aborts the command with this tag.
    AbortTask(u64),
    /// ABORT TASK SET: aborts all commands of the nexus. Target core does not support it.
    AbortTaskSet,
    /// CLEAR ACA: clears an auto contingent allegiance. Target core does not support it.
    ClearAca,
    /// CLEAR TASK SET: aborts all commands to the logical unit. Target core does not support it.
    ClearTaskSet,
    /// LOGICAL UNIT RESET.
    LunReset,
    /// Reset of the target. Target core rejects it.
    TargetWarmReset,
}

impl TmrFunction {
    /// Returns the value of `enum tcm_tmreq_table` and the referenced tag.
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

/// A task management function: a `struct se_cmd`, and the driver's data until an op returns them.
#[repr(C)]
pub(super) struct Tmr<T: Operations> {
    inner: Opaque<bindings::se_cmd>,
    data: UnsafeCell<Option<T::Tmr>>,
}

impl<T: Operations> Tmr<T> {
    /// Allocates a task management function. Called in any context.
    ///
    /// # Errors
    ///
    /// Returns [`ENOMEM`] with the data.
    pub(super) fn new(data: T::Tmr) -> Result<*mut Self, (Error, T::Tmr)> {
        let tmr: *mut Self = match KBox::<Self>::new_uninit(GFP_ATOMIC) {
            Ok(memory) => KBox::into_raw(memory).cast(),
            Err(error) => return Err((error.into(), data)),
        };
        // SAFETY: The memory is allocated for a `Tmr`. Target core requires a zeroed C part.
        unsafe {
            ptr::addr_of_mut!((*tmr).inner).write_bytes(0, 1);
            ptr::addr_of_mut!((*tmr).data).write(UnsafeCell::new(Some(data)));
        }
        Ok(tmr)
    }

    /// Takes the driver's data. Returns `None` after an earlier call.
    ///
    /// # Safety
    ///
    /// `ptr` must have been submitted by [`Session::submit_tmr`](super::Session::submit_tmr) and be
    /// alive. This function must not be called concurrently for it.
    pub(super) unsafe fn take(ptr: *mut bindings::se_cmd) -> Option<T::Tmr> {
        // SAFETY: `ptr` is a `Tmr` that is alive, and there is no concurrent call for it, by the
        // requirements of this function.
        unsafe { (*(*ptr.cast::<Self>()).data.get()).take() }
    }

    /// Frees a function that target core has refused, and returns the driver's data.
    ///
    /// # Safety
    ///
    /// `tmr` must come from [`Self::new`], and target core must have refused it.
    pub(super) unsafe fn take_back(tmr: *mut Self) -> T::Tmr {
        // SAFETY: Target core has refused `tmr`, by the requirements of this function, so this is
        // its only owner, and no op has taken the data.
        unsafe {
            let data = (*(*tmr).data.get()).take().unwrap_unchecked();
            drop(KBox::from_raw(tmr));
            data
        }
    }

    /// Frees the function after the last reference was dropped.
    ///
    /// # Safety
    ///
    /// `ptr` must have been submitted by [`Session::submit_tmr`](super::Session::submit_tmr), and
    /// must not be used afterwards.
    pub(super) unsafe fn release(ptr: *mut bindings::se_cmd) {
        // SAFETY: `submit_tmr` has passed the box to target core. It is not used afterwards, by the
        // requirements of this function, so this is its only owner.
        drop(unsafe { KBox::from_raw(ptr.cast::<Self>()) });
    }
}

/// The outcome of a task management function, `enum tcm_tmrsp_table`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum TmrStatus {
    /// The function failed.
    Failed,
    /// The function is complete.
    Complete,
    /// The task does not exist.
    NoTask,
    /// The logical unit does not exist.
    NoLun,
    /// Target core does not support the function.
    NotSupported,
    /// The function was rejected.
    Rejected,
}

/// The response to a task management function, sent to the initiator at once or later.
pub struct TmrResponse<T: Operations> {
    code: u8,
    data: T::Tmr,
}

impl<T: Operations> TmrResponse<T> {
    /// Creates the response for the op `queue_tm_rsp`. Returns `None` after an earlier call.
    ///
    /// # Safety
    ///
    /// Target core must have called the op for `ptr`, and must not have released it yet.
    pub(super) unsafe fn from_raw(ptr: *mut bindings::se_cmd) -> Option<Self> {
        // SAFETY: Target core has called the op for `ptr`, by the requirements of this function, so
        // it is alive, and the response in its `se_tmr_req` does not change any more.
        let code = unsafe { (*(*ptr).se_tmr_req).response };
        // SAFETY: `ptr` is alive, as above. Target core responds to a task management function, or
        // aborts it, once, so no other op takes the data concurrently.
        let data = unsafe { Tmr::<T>::take(ptr) }?;
        Some(Self { code, data })
    }

    /// Returns the response code, a value of `enum tcm_tmrsp_table`.
    pub fn code(&self) -> u8 {
        self.code
    }

    /// Returns the meaning of the response code.
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

    /// Returns true if the function is complete.
    pub fn is_complete(&self) -> bool {
        u32::from(self.code) == bindings::tcm_tmrsp_table_TMR_FUNCTION_COMPLETE
    }

    /// Returns the driver's data.
    pub fn into_data(self) -> T::Tmr {
        self.data
    }
}
