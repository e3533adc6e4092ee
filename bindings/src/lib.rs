// SPDX-License-Identifier: GPL-2.0-only

//! Reads `struct target_core_fabric_ops` from the kernel's own header.
//!
//! bindgen turns the header into Rust text, which syn parses into [`FabricOps`]. The kernel need
//! not be configured, since signatures do not depend on the configuration; layouts do, and are left
//! to the build of the module, where Kbuild runs bindgen with the kernel's exact flags.
//!
//! C types that cannot be written in Rust are kept as the header spells them. The header's text is
//! checked before clang reads it, so that no file makes clang hang or crash.
//!
//! This crate knows the header and nothing else: no command line, no output files, no opinion on
//! what an op means to a driver.

mod bounds;
mod clang;
mod condition;
mod ctype;
mod declaration;
mod diagnostic;
mod error;
mod header;
mod model;
mod parse;
mod required;
mod text;
mod token;

pub use ctype::CType;
pub use error::{Error, Fault, NoLibclang};
pub use header::{HEADER_NAMES, Header};
pub use model::{Arg, Category, FabricOps, Field, Op, RequiredFrom};
pub use required::TABLE_KERNELS;

use clang::Failure;
use condition::Conditions;
use text::Text;

/// The struct that is read.
const STRUCT: &str = "target_core_fabric_ops";

/// Reads the model of the fabric ops from `header`.
///
/// # Errors
///
/// Every fault of the stage that failed is in the [`Error`], each with its remedy: the header
/// cannot be read, it includes something or uses a type that is not known here, it holds no
/// `struct target_core_fabric_ops`, or libclang is missing.
pub fn read(header: &Header) -> Result<FabricOps, Error> {
    let source = header.text()?;
    let text = Text::new(&source);
    let conditions = Conditions::new(&text);
    refuse(header, bounds::check(&text))?;
    refuse(header, unknown_includes(&text, &conditions))?;
    let rust = clang::translate(&source, &text.tagged());
    let rust = rust.map_err(|failure| error(header, &source, failure))?;
    let mut model = parse::fabric_ops(&rust, header, &text, &conditions)?;
    model.warnings.extend(conditions.left_out());
    required::mark(&mut model, header)?;
    Ok(model)
}

/// The version of libclang, in its own words.
///
/// # Errors
///
/// [`NoLibclang`] if it cannot be loaded.
pub fn libclang_version() -> Result<String, NoLibclang> {
    clang::version().map_err(|failure| NoLibclang {
        reason: match failure {
            Failure::NoLibclang(reason) => reason,
            other => format!("{other:?}"),
        },
    })
}

/// Reports all unknown includes at once; clang would stop at the first.
fn unknown_includes(text: &Text<'_>, conditions: &Conditions<'_, '_>) -> Vec<Fault> {
    let unknown = text
        .includes()
        .filter(|include| !clang::INCLUDES.contains(&include.path))
        .filter(|include| conditions.holds(include.branch));
    let faults = unknown.map(|include| Fault::UnknownInclude {
        include: include.path.to_owned(),
        line: include.line,
    });
    faults.collect()
}

fn error(header: &Header, source: &str, failure: Failure) -> Error {
    let path = header.path();
    match failure {
        Failure::NoLibclang(reason) => NoLibclang { reason }.into(),
        Failure::Diagnostics(text) => Error::Faults {
            header: path.to_owned(),
            faults: diagnostic::faults(&text, clang::COPY, path, source),
        },
        Failure::Panic(reason) => Error::Bindgen {
            header: path.to_owned(),
            reason,
        },
        Failure::Late => Error::Late {
            header: path.to_owned(),
        },
    }
}

fn refuse(header: &Header, faults: Vec<Fault>) -> Result<(), Error> {
    if faults.is_empty() {
        return Ok(());
    }
    Err(Error::Faults {
        header: header.path().to_owned(),
        faults,
    })
}
