// SPDX-License-Identifier: GPL-2.0-only

//! Runs the unit tests of `kunit.rs` on the host, for kernels without KUnit: the root of a crate of
//! its own, which needs rustc alone and is no part of the module.

mod kunit;
mod transport_id;
