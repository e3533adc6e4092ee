// SPDX-License-Identifier: GPL-2.0-only

//! The subcommands, a file each: the arguments, and a function whose lines are the steps. The work
//! itself is done in the modules below.

pub mod completions;
pub mod doctor;
pub mod generate;
pub mod man;
pub mod ops;
pub mod prepare;
pub mod protocols;
pub mod sync;
