// SPDX-License-Identifier: GPL-2.0-only

//! The terminal: output, tables and questions.

pub mod print;
pub mod questions;
pub mod table;
