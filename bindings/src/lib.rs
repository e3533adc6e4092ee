// SPDX-License-Identifier: GPL-2.0-only

//! Reads `struct target_core_fabric_ops` from the kernel's own header.
//!
//! libclang parses the header, and [`FabricOps`] holds each field with its name, its C spelling, and a
//! type if a generated module can use it. The kernel need not be configured, since signatures do not
//! depend on the configuration. Layouts do; the build of the module handles them, where Kbuild runs
//! bindgen with the kernel's flags.
//!
//! This crate handles the header only: no command line, no output files, no meaning of an op for a
//! driver.

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
pub use error::{Error, Fault, NoLibclang, REMEDY};
pub use header::{HEADER_NAMES, Header};
pub use model::{Arg, Category, FabricOps, Field, Op, RequiredFrom};
pub use required::TABLE_KERNELS;

use child::ChildError;
use field::Reading;
use reader::{Failure, Reader};

/// The name of the struct.
const STRUCT: &str = "target_core_fabric_ops";

/// Reads the model of the fabric ops from a trusted header, in this process, which clang can crash or
/// block.
///
/// # Errors
///
/// All faults of the stage that failed, each with its remedy.
pub fn read(header: &Header) -> Result<FabricOps, Error> {
    let text = header.text()?;
    let reader = Reader::new().map_err(|reason| NoLibclang { reason })?;
    model(header, reader.read(&text))
}

/// Reads the model in the child process that `command` starts and that calls [`serve`].
///
/// # Errors
///
/// The errors of [`read`], and those of the child.
pub fn read_apart(header: &Header, command: Command) -> Result<FabricOps, Error> {
    let answer = child::ask(command, &header.text()?);
    let path = || header.path().to_owned();
    let answer = answer.map_err(|error| match error {
        ChildError::Spawn(error) => Error::Spawn(error),
        ChildError::Timeout => Error::Timeout { header: path() },
        ChildError::Crash(reason) => Error::Crash {
            header: path(),
            reason: format!(" ({reason})"),
        },
    })?;
    model(header, answer?.reading)
}

/// Returns the version string of libclang, from the child process that `command` starts.
///
/// # Errors
///
/// [`NoLibclang`] if it cannot be loaded.
pub fn libclang_version(command: Command) -> Result<String, NoLibclang> {
    let answer = child::ask(command, "").map_err(|error| NoLibclang {
        reason: match error {
            ChildError::Spawn(error) => Error::Spawn(error).to_string(),
            ChildError::Timeout => "it takes too long".to_owned(),
            ChildError::Crash(reason) => reason,
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

/// The identifier at the beginning of a text; empty without one.
fn word(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    &text[..end.unwrap_or(text.len())]
}
