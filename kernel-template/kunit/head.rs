// SPDX-License-Identifier: GPL-2.0-only

//! Unit tests of port names and TransportIDs.
//!
//! On a kernel with `CONFIG_KUNIT=y` whose crate has suites for modules they run when the module is
//! loaded: the results are in the kernel's log and in debugfs. `make test` in the directory of an
//! out-of-tree module runs them without a kernel.

#![cfg(any(test, kernel_has_kunit_suites))]

#[cfg(not(test))]
use kernel::prelude::*;

#[cfg(any(test, CONFIG_KUNIT = "y"))]
mod examples;
