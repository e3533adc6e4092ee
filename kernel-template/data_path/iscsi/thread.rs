// SPDX-License-Identifier: GPL-2.0-only

//! Threads of the kernel.
//!
//! C header: [`include/linux/kthread.h`](srctree/include/linux/kthread.h)

use kernel::{
    error::to_result,
    ffi::{c_int, c_void},
    prelude::*, //
};

use crate::bindings::{
    tcm_nab5000_sleeps as sleeps_of_thread,
    tcm_nab5000_spawn as spawn_thread,
    tcm_nab5000_thread_exit as exit_thread, //
};

/// Runs `run` in a thread of its own, which ends when that returns. The module stays loaded until
/// then: whatever lets it be unloaded has to see to it that the thread ends. Called in process
/// context; sleeps.
///
/// `name` is shown in lists of processes, cut to 15 bytes.
///
/// # Errors
///
/// [`ENODEV`] while the module is being loaded or unloaded, [`ENOMEM`], or `EINTR` if the caller is
/// about to be killed.
pub(crate) fn spawn<F: FnOnce() + Send + 'static>(name: &CStr, run: F) -> Result {
    let run = KBox::into_raw(KBox::new(run, GFP_KERNEL)?);
    // SAFETY: The name ends with NUL, and is copied. `start` gets the box, whose type it is made
    // for; what is in it may go to another thread, and borrows nothing.
    let result =
        to_result(unsafe { spawn_thread(Some(start::<F>), run.cast(), name.as_char_ptr()) });
    if result.is_err() {
        // SAFETY: There is no thread, so the box is still this function's.
        drop(unsafe { KBox::from_raw(run) });
    }
    result
}

/// Returns how many times the calling thread has slept. Called in process context.
pub(crate) fn sleeps() -> u64 {
    // SAFETY: The function reads a count of the calling task, and has no requirements.
    unsafe { sleeps_of_thread() }
}

/// Entry of a thread.
///
/// # Safety
///
/// `run` must come from a box of `F`, which belongs to this call.
unsafe extern "C" fn start<F: FnOnce()>(run: *mut c_void) -> c_int {
    // SAFETY: `run` comes from a box of `F` that belongs to this call, by the requirements of this
    // function.
    let run = unsafe { KBox::from_raw(run.cast::<F>()) };
    KBox::into_inner(run)();
    // SAFETY: `spawn` has made this thread, which holds the module until this call. `run` has been
    // dropped with all that it held.
    unsafe { exit_thread() }
}
