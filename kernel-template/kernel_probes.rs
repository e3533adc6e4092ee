// SPDX-License-Identifier: GPL-2.0-only

//! Probes of the kernel crate, compiled before the module. A line that compiles sets the `cfg` at
//! its end; a line whose name is not found does not. Any other error ends the build.
//!
//! A `use` does not distinguish a trait from a macro of the same name.

#![allow(unused_imports)]

use kernel::bindings::alloc_workqueue_noprof; // kernel_has_alloc_workqueue_noprof
use kernel::error::Error; // control
use kernel::faux; // kernel_has_faux
use kernel::fmt::Arguments; // kernel_has_fmt
use kernel::init::Zeroable; // kernel_has_init_zeroable
use kernel::module::this_module; // kernel_has_this_module
use kernel::prelude::kunit_tests; // kernel_has_kunit_suites
use kernel::scatterlist::SGEntry; // kernel_has_scatterlist
use kernel::sync::atomic::AtomicFlag; // kernel_has_atomic
use kernel::sync::rcu::synchronize_rcu; // kernel_has_synchronize_rcu
use kernel::sync::srcu::Srcu; // kernel_has_srcu
use kernel::sync::Completion; // kernel_has_completion
use pin_init::init_zeroed; // kernel_has_init_zeroed
use pin_init::raw_try_init; // kernel_has_raw_try_init
