// SPDX-License-Identifier: GPL-2.0-only

//! Reads `struct target_core_fabric_ops` from the kernel's own header.
//!
//! The way is: header file, bindgen, Rust text, syn, [`FabricOps`]. No kernel has to be configured
//! for it, since signatures do not depend on the configuration; the layouts, which do, are left to
//! the build of the module, where Kbuild runs bindgen with the kernel's exact flags.
//!
//! This crate knows the header and nothing else: no command line, no output files, no opinion on
//! what an op means to a driver.

mod clang;
mod ctype;
mod error;
mod header;
mod model;
mod parse;
mod required;

pub use ctype::CType;
pub use error::{Error, Fault};
pub use header::{HEADER_NAMES, Header};
pub use model::{Arg, Category, FabricOps, Field, Op};
pub use required::{DEMANDED, Demands};

/// Reads the model of the fabric ops from `header`.
///
/// # Errors
///
/// Every fault of the stage that failed is in the [`Error`], each with its remedy: the header
/// cannot be read, it includes something or uses a type that has no stand-in here, it holds no
/// `struct target_core_fabric_ops`, or libclang is missing.
pub fn read(header: &Header) -> Result<FabricOps, Error> {
    let rust = clang::translate(header)?;
    let mut ops = parse::fabric_ops(&rust, header)?;
    required::mark(&mut ops, &header.demands()?);
    Ok(ops)
}
