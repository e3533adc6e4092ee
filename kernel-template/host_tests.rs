// SPDX-License-Identifier: GPL-2.0-only

//! Crate root for the unit tests of `kunit.rs` on the host, for kernels without KUnit. It needs
//! only rustc, and is not part of the module.

mod kunit;
mod transport_id;
