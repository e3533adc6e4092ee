// SPDX-License-Identifier: GPL-2.0-only

//! Writes a LIO/TCM fabric module in Rust for Linux from the kernel's own header.
//!
//! Data flows one way: the header's model (`tcm-bindings`) is checked against what this version
//! knows ([`plan`]), written as texts ([`emit`]), and put in its place at once or not at all
//! ([`output`]). [`command`] says in which order.
//!
//! The modules are listed from the top floor down: each imports only what stands below it.

pub mod cli;
pub mod command;
pub mod data_path;
pub mod distro;
pub mod doctor;
pub mod emit;
pub mod kernel;
pub mod names;
pub mod output;
pub mod plan;
pub mod prepare;
pub mod protocol;
