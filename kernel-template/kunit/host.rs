// SPDX-License-Identifier: GPL-2.0-only

//! Unit tests of port names and TransportIDs, for the host: this kernel's crate has no KUnit suites
//! for modules. `make test` in the directory of an out-of-tree module runs them.

#![cfg(test)]

mod examples;
