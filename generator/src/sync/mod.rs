// SPDX-License-Identifier: GPL-2.0-only

//! Brings a generated module to another kernel's ops, or to this version of the generator.
//!
//! The generator's files are written again, the author's never. Changes that only the author can make
//! become steps.

pub mod report;
mod steps;
mod update;

pub use steps::steps;
pub use update::Update;
