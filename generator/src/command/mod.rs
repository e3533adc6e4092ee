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

/// The help of the option that names a kernel.
const KERNEL: &str = "Kernel: a source tree, a build directory, or a distribution's headers [default: the \
                      tree that contains the working directory, else $KDIR, else the running kernel]";
