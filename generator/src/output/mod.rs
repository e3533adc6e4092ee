// SPDX-License-Identifier: GPL-2.0-only

//! All output of the program: files, edits of the kernel's own files, and printed text.

pub mod examine;
pub mod files;
pub mod glue;
pub mod install;
pub mod manifest;
pub mod print;
pub mod questions;
pub mod report;
pub mod table;
