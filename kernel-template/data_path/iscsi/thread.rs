// SPDX-License-Identifier: GPL-2.0-only

//! Kernel threads.
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

/// Starts a thread that calls `run` and then exits. Called in process context; sleeps.
///
/// The thread pins the module, so it must end before the module can be unloaded. `name` is shown in
/// lists of processes, truncated to 15 bytes.
///
/// # Errors
///
/// Returns [`ENODEV`] while the module is being loaded or unloaded, [`ENOMEM`], or `EINTR` if the
/// caller is being killed.
pub(crate) fn spawn<F: FnOnce() + Send + 'static>(name: &CStr, run: F) -> Result {
    let run = KBox::into_raw(KBox::new(run, GFP_KERNEL)?);
    // SAFETY: The name ends with NUL, and is copied. `start::<F>` gets a box of `F`, which is
    // `Send` and `'static`.
    let started = unsafe { spawn_thread(Some(start::<F>), run.cast(), name.as_char_ptr()) };
    let result = to_result(started);
    if result.is_err() {
        // SAFETY: No thread was started, so this function still owns the box.
        drop(unsafe { KBox::from_raw(run) });
    }
    result
}

/// Returns the number of times that the calling thread has slept. Called in process context.
pub(crate) fn sleeps() -> u64 {
    // SAFETY: The function reads a counter of the calling task, and has no requirements.
    unsafe { sleeps_of_thread() }
}

/// Entry point of a thread.
///
/// # Safety
///
/// `run` must be the pointer of a box of `F` that this call owns.
unsafe extern "C" fn start<F: FnOnce()>(run: *mut c_void) -> c_int {
    // SAFETY: `run` is the pointer of a box of `F` that this call owns, by the requirements of this
    // function.
    let run = unsafe { KBox::from_raw(run.cast::<F>()) };
    KBox::into_inner(run)();
    // SAFETY: `spawn` has started this thread with a reference to the module, which this call
    // drops. `run` and its captures have been dropped.
    unsafe { exit_thread() }
}
