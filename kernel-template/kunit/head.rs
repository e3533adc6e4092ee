// SPDX-License-Identifier: GPL-2.0-only

//! Unit tests of port names and TransportIDs.
//!
//! On a kernel with `CONFIG_KUNIT=y` whose crate supports suites in modules, they run when the
//! module is loaded, with results in the kernel log and in debugfs. In the directory of an
//! out-of-tree module, `make test` runs them without a kernel.

#![cfg(any(test, kernel_has_kunit_suites))]

#[cfg(not(test))]
use kernel::prelude::*;

#[cfg(any(test, CONFIG_KUNIT = "y"))]
mod examples;
