// SPDX-License-Identifier: GPL-2.0-only

//! Processors, for commands whose processor the driver chooses.
//!
//! C header: [`include/linux/cpumask.h`](srctree/include/linux/cpumask.h)

use core::{
    mem,
    ptr, //
};

use kernel::prelude::*;

use crate::{
    bindings,
    target::atomic::{atomic_load, Relaxed}, //
};

/// The number of a processor that is online, or was.
///
/// Target core has a queue for each possible processor, but a work item for one that was never
/// online does not run.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Cpu(u32);

impl Cpu {
    /// Checks that a processor is online. Called in any context.
    ///
    /// # Errors
    ///
    /// Returns [`EINVAL`] if it is not.
    pub fn new(number: u32) -> Result<Self> {
        let mask = ptr::addr_of!(bindings::__cpu_online_mask).cast::<usize>();
        let (index, bit) = (number / usize::BITS, number % usize::BITS);
        if index as usize >= mem::size_of::<bindings::cpumask>() / mem::size_of::<usize>() {
            return Err(EINVAL);
        }
        // SAFETY: The mask is an array of `unsigned long`, and `index` is within it. The kernel
        // changes a word atomically.
        let word = unsafe { atomic_load(mask.add(index as usize).cast_mut(), Relaxed) };
        if word >> bit & 1 == 0 {
            return Err(EINVAL);
        }
        Ok(Self(number))
    }

    /// Returns the number.
    pub fn number(self) -> u32 {
        self.0
    }
}
