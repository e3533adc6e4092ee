// SPDX-License-Identifier: GPL-2.0-only

//! Writes a LIO/TCM fabric module in Rust for Linux from the kernel's own header.
//!
//! Data flows one way: the header's model (`tcm-bindings`) is checked against what this version
//! knows ([`check`]), written as texts ([`emit`]), and put in its place at once or not at all
//! ([`install`]). [`run`] says in which order.

pub mod ask;
pub mod check;
pub mod cli;
pub mod edit;
pub mod emit;
pub mod format;
pub mod install;
pub mod kernel;
pub mod manifest;
pub mod names;
pub mod ops;
pub mod protocol;
pub mod report;
pub mod run;
pub mod tree;
