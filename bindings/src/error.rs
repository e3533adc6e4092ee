// SPDX-License-Identifier: GPL-2.0-only

//! What can be wrong with a header, and what its reader can do about it.
//!
//! Faults of one stage are collected and reported together. Text only: who prints it is the
//! caller's affair.

use std::fmt;
use std::path::PathBuf;

use thiserror::Error;

/// Something in a header that this version cannot read.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Fault {
    /// An `#include` that has no stand-in.
    #[error(
        "line {line}: #include <{include}> has no stand-in; add \"{include}\" to INCLUDES in \
         bindings/src/clang.rs, and what the header takes from it to bindings/standins/types.h"
    )]
    UnknownInclude {
        /// The path between the angle brackets or quotes.
        include: String,
        /// The line in the header, from 1.
        line: usize,
    },
    /// A type that no stand-in declares.
    #[error(
        "line {line}: unknown type `{name}`; declare it in bindings/standins/types.h as the \
         kernel does"
    )]
    UnknownType {
        /// The type as the header spells it.
        name: String,
        /// The line in the header, from 1.
        line: usize,
    },
    /// Anything else that clang calls an error.
    #[error("{diagnostic}; is this the header of a released kernel?")]
    Clang {
        /// Clang's line, position included.
        diagnostic: String,
    },
    /// A field of the struct that is neither an op, an attribute group nor a plain value.
    #[error(
        "field `{name}` of struct target_core_fabric_ops has the type `{type_}`, which is neither \
         an op, an attribute group nor a plain value; teach bindings/src/parse.rs to read it"
    )]
    UnknownField {
        /// The field's name.
        name: String,
        /// The type as bindgen writes it.
        type_: String,
    },
}

/// Why a header could not be read.
#[derive(Debug, Error)]
pub enum Error {
    /// No header where one was looked for.
    #[error("no fabric header in {}: {}", dir.display(), remedy())]
    NoHeader {
        /// The directory that was searched.
        dir: PathBuf,
    },
    /// The file is there but cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// libclang could not be loaded.
    #[error(
        "cannot load libclang, which bindgen reads the header with: {reason}; install it (Debian: \
         libclang-19-dev), or name the directory that holds libclang.so in LIBCLANG_PATH"
    )]
    NoLibclang {
        /// What the loader said.
        reason: String,
    },
    /// The header holds something that this version does not know.
    #[error("cannot read {}:{}", header.display(), List(faults))]
    Faults {
        /// The header.
        header: PathBuf,
        /// All that is wrong with it.
        faults: Vec<Fault>,
    },
    /// The header parses, but the struct is not in it.
    #[error(
        "{} does not define struct target_core_fabric_ops; name the kernel's \
         include/target/target_core_fabric.h",
        header.display()
    )]
    NoStruct {
        /// The header.
        header: PathBuf,
    },
    /// bindgen gave text that is not Rust: a fault of this program.
    #[error("bindgen's text for {} does not parse: {reason}; please report it", header.display())]
    Internal {
        /// The header.
        header: PathBuf,
        /// What the parser said.
        reason: String,
    },
}

fn remedy() -> String {
    format!(
        "expected include/target/{}; name a kernel source tree with -k DIR, or a header with \
         --header FILE",
        crate::HEADER_NAMES.join(" or include/target/")
    )
}

struct List<'a>(&'a [Fault]);

impl fmt::Display for List<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|fault| write!(f, "\n  {fault}"))
    }
}
