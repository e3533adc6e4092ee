// SPDX-License-Identifier: GPL-2.0-only

//! The commands, a file each: its arguments, and a function whose lines are its steps.

mod changes;
pub mod completions;
pub mod doctor;
pub mod generate;
pub mod man;
mod module;
pub mod ops;
pub mod prepare;
pub mod protocols;
pub mod sync;
mod todo;
