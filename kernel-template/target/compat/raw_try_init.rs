// SPDX-License-Identifier: GPL-2.0-only

//! `pin_init::raw_try_init` for kernels whose crate lacks it.

use kernel::prelude::*;

/// Initializes `slot`.
///
/// # Errors
///
/// Returns the error of `init`.
///
/// # Safety
///
/// - `slot` must be valid for writes, and must not move until it is dropped.
/// - After an error, `slot` must not be read.
pub(in crate::target) unsafe fn raw_try_init<T, E>(
    slot: *mut T,
    init: impl PinInit<T, E>,
) -> Result<(), E> {
    // SAFETY: `slot` meets the requirements, by those of this function.
    unsafe { init.__pinned_init(slot) }
}
