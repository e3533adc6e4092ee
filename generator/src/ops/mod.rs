// SPDX-License-Identifier: GPL-2.0-only

//! The ops of a kernel's header, and the differences between two headers, for people and programs.

pub mod changes;
mod report;

pub use report::{against, json, text};
