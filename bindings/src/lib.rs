// SPDX-License-Identifier: GPL-2.0-only

//! Reads `struct target_core_fabric_ops` from the kernel's own header.
//!
//! libclang reads the header, and [`FabricOps`] holds each field by its name and C's spelling, and
//! with a type where a generated module can use it. The kernel need not be configured, since
//! signatures do not depend on the configuration; layouts do, and are left to the build of the
//! module, where Kbuild runs bindgen with the kernel's exact flags.
//!
//! This crate knows the header and nothing else: no command line, no output files, no opinion on
//! what an op means to a driver.

mod child;
mod condition;
mod ctype;
mod error;
mod field;
mod header;
mod model;
mod reader;
mod required;

use std::process::Command;

pub use child::serve;
pub use ctype::CType;
pub use error::{Error, Fault, NoLibclang};
pub use header::{HEADER_NAMES, Header};
pub use model::{Arg, Category, FabricOps, Field, Op, RequiredFrom};
pub use required::TABLE_KERNELS;

use child::Died;
use field::Reading;
use reader::{Failure, Reader};

/// The struct that is read.
const STRUCT: &str = "target_core_fabric_ops";

/// Reads the model of the fabric ops from a header in this process, which clang can crash or block:
/// for a header that is known to be one.
///
/// # Errors
///
/// Every fault of the stage that failed is in the [`Error`], each with its remedy.
pub fn read(header: &Header) -> Result<FabricOps, Error> {
    let text = header.text()?;
    let reader = Reader::new().map_err(|reason| NoLibclang { reason })?;
    model(header, reader.read(&text))
}

/// Reads the model in the child process that `command` starts, and that calls [`serve`].
///
/// # Errors
///
/// As [`read`], and if the child dies.
pub fn read_apart(header: &Header, command: Command) -> Result<FabricOps, Error> {
    let answer = child::ask(command, &header.text()?);
    let path = || header.path().to_owned();
    let answer = answer.map_err(|died| match died {
        Died::Unstarted(error) => Error::Start(error),
        Died::Late => Error::Late { header: path() },
        Died::Crashed(reason) => Error::Crash {
            header: path(),
            reason: format!(" ({reason})"),
        },
    })?;
    model(header, answer?.reading)
}

/// The version of libclang in its own words, from the child process that `command` starts.
///
/// # Errors
///
/// [`NoLibclang`] if it cannot be loaded.
pub fn libclang_version(command: Command) -> Result<String, NoLibclang> {
    let answer = child::ask(command, "").map_err(|died| NoLibclang {
        reason: match died {
            Died::Unstarted(error) => Error::Start(error).to_string(),
            Died::Late => "it takes too long".to_owned(),
            Died::Crashed(reason) => reason,
        },
    })?;
    Ok(answer?.libclang)
}

fn model(header: &Header, reading: Result<Reading, Failure>) -> Result<FabricOps, Error> {
    let path = header.path().to_owned();
    let reading = reading.map_err(|failure| match failure {
        Failure::Faults(faults) => Error::Faults {
            header: path.clone(),
            faults,
        },
        Failure::NoStruct(hidden) => Error::NoStruct {
            header: path.clone(),
            hidden,
        },
        Failure::Crash => Error::Crash {
            header: path.clone(),
            reason: String::new(),
        },
    })?;
    let mut model = FabricOps {
        header: path,
        struct_name: STRUCT,
        ops: reading.ops,
        attribute_groups: reading.attribute_groups,
        fields: reading.fields,
        required_from: RequiredFrom::Table,
        missing: Vec::new(),
        warnings: reading.warnings,
    };
    required::mark(&mut model, header)?;
    Ok(model)
}

/// The word at the beginning of a text.
fn word(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    &text[..end.unwrap_or(text.len())]
}
