// SPDX-License-Identifier: GPL-2.0-only

//! Writes a module to the file system: comparison with existing files, installation, and edits of
//! the kernel's own build files.

pub mod error;
pub mod examine;
pub mod install;
pub mod kbuild_edit;
