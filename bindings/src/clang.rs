// SPDX-License-Identifier: GPL-2.0-only

//! Runs bindgen over the header, with stand-ins for what it includes served from memory.
//!
//! The result is Rust text; its meaning is `parse`'s affair. What clang finds wrong becomes
//! [`Fault`]s.

use std::fs::File;
use std::os::fd::OwnedFd;

use bindgen::{BindgenError, Builder, Formatter};

use crate::{Error, Fault, Header};

/// The headers that a fabric header may include. All that it takes from them is in [`TYPES`].
const INCLUDES: [&str; 5] = [
    "linux/configfs.h",
    "linux/module.h",
    "linux/types.h",
    "target/target_core_base.h",
    "scsi/scsi_cmnd.h",
];

const TYPES: &str = include_str!("../standins/types.h");

/// The directory that the stand-ins seem to lie in; it exists in clang's memory only.
const STANDIN_DIR: &str = "/tcm-standins";

/// Translates the struct and what it names into Rust text.
pub(crate) fn translate(header: &Header) -> Result<String, Error> {
    check_includes(header)?;
    let mut builder = Builder::default().header_contents(&format!("{STANDIN_DIR}/types.h"), TYPES);
    for include in INCLUDES {
        builder = builder.header_contents(&format!("{STANDIN_DIR}/{include}"), "");
    }
    builder = builder
        .header(header.path().to_string_lossy())
        .clang_args(["-nostdinc", "-w", "-ferror-limit=0", "-fparse-all-comments"])
        .clang_arg(format!("-I{STANDIN_DIR}"))
        .allowlist_type("target_core_fabric_ops")
        .ctypes_prefix("ffi")
        .use_core()
        .layout_tests(false)
        // The stand-ins are all there is to include: no need to ask clang, which takes its time.
        .detect_include_paths(false)
        .formatter(Formatter::None);
    load_libclang()?;
    let _quiet = QuietStderr::new();
    match builder.generate() {
        Ok(bindings) => Ok(bindings.to_string()),
        Err(error) => Err(faults(header, &error)?),
    }
}

/// Finds every include without a stand-in at once, where clang would stop at the first.
fn check_includes(header: &Header) -> Result<(), Error> {
    let text = header.text()?;
    let unknown: Vec<_> = text
        .lines()
        .enumerate()
        .filter_map(|(index, line)| Some((index + 1, included(line)?)))
        .filter(|(_, include)| !INCLUDES.contains(include))
        .map(|(line, include)| Fault::UnknownInclude {
            include: include.to_owned(),
            line,
        })
        .collect();
    if unknown.is_empty() {
        return Ok(());
    }
    Err(Error::Faults {
        header: header.path().to_owned(),
        faults: unknown,
    })
}

/// The path in `#include <path>` or `#include "path"`.
fn included(line: &str) -> Option<&str> {
    let directive = line.trim_start().strip_prefix('#')?.trim_start();
    let argument = directive.strip_prefix("include")?.trim_start();
    let argument = argument.strip_prefix(['<', '"'])?;
    Some(argument.split_once(['>', '"'])?.0)
}

/// bindgen panics where libclang is missing; this asks first.
fn load_libclang() -> Result<(), Error> {
    let loaded = std::panic::catch_unwind(bindgen::clang_version);
    loaded.map(drop).map_err(|panic| Error::NoLibclang {
        reason: panic
            .downcast_ref::<String>()
            .map_or_else(|| "no reason given".to_owned(), |text| first_line(text)),
    })
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().to_owned()
}

fn faults(header: &Header, error: &BindgenError) -> Result<Error, Error> {
    let diagnostics = match error {
        BindgenError::ClangDiagnostic(text) => text.clone(),
        other => other.to_string(),
    };
    let source = header.text()?;
    Ok(Error::Faults {
        header: header.path().to_owned(),
        faults: diagnostics
            .lines()
            .filter_map(|line| fault(line, &source))
            .collect(),
    })
}

/// What one line of clang's, `FILE:LINE:COLUMN: error: TEXT`, says about `source`; nothing if it
/// only follows from another.
fn fault(diagnostic: &str, source: &str) -> Option<Fault> {
    if diagnostic.is_empty() {
        return None;
    }
    match unknown_type(diagnostic, source) {
        // A function pointer whose result has an unknown type has been told already.
        Some((name, _)) if name.is_empty() => None,
        Some((name, line)) => Some(Fault::UnknownType { name, line }),
        None => Some(Fault::Clang {
            diagnostic: diagnostic.to_owned(),
        }),
    }
}

/// The type that a diagnostic is about, and its line. clang names it, or points at it, or points at
/// the function that has it, which gives an empty name.
fn unknown_type(diagnostic: &str, source: &str) -> Option<(String, usize)> {
    let (position, text) = diagnostic.split_once(": error: ")?;
    let mut numbers = position.rsplit(':').map(str::parse::<usize>);
    let (column, line) = (numbers.next()?.ok()?, numbers.next()?.ok()?);
    if let Some(rest) = text
        .strip_prefix("unknown type name '")
        .or_else(|| text.strip_prefix("field has incomplete type '"))
    {
        return Some((rest.split('\'').next()?.to_owned(), line));
    }
    let points = text.starts_with("type name requires a specifier")
        || text.starts_with("type specifier missing");
    if !points {
        return None;
    }
    let (before, at) = source.lines().nth(line - 1)?.split_at_checked(column - 1)?;
    if before.ends_with('*') {
        return Some((String::new(), line));
    }
    let end = at
        .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .unwrap_or(at.len());
    (end > 0).then(|| (at[..end].to_owned(), line))
}

/// Keeps clang's own diagnostics off the terminal while it lives: they come back as [`Fault`]s.
struct QuietStderr(Option<OwnedFd>);

impl QuietStderr {
    fn new() -> Self {
        let saved = rustix::io::dup(rustix::stdio::stderr()).ok();
        if let (Some(_), Ok(null)) = (&saved, File::options().write(true).open("/dev/null")) {
            // If it fails, the diagnostics are seen twice, which does no harm.
            let _ = rustix::stdio::dup2_stderr(null);
        }
        Self(saved)
    }
}

impl Drop for QuietStderr {
    fn drop(&mut self) {
        if let Some(saved) = &self.0 {
            let _ = rustix::stdio::dup2_stderr(saved);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_path_of_an_include() {
        assert_eq!(included("#include <linux/types.h>"), Some("linux/types.h"));
        assert_eq!(included("  # include \"a/b.h\" /* c */"), Some("a/b.h"));
        assert_eq!(included("#ifndef include"), None);
        assert_eq!(included("/* #include <x.h> */"), None);
    }

    #[test]
    fn reads_clangs_lines() {
        let source = "\n\tfoo_t (*f)(bar_t);\n";
        let unknown = |name: &str, line| {
            Some(Fault::UnknownType {
                name: name.to_owned(),
                line,
            })
        };
        let named = "/a/b.h:12:3: error: unknown type name 'qux_t'; did you mean 'bar_t'?";
        assert_eq!(fault(named, source), unknown("qux_t", 12));
        let result = "/a/b.h:2:2: error: type name requires a specifier or qualifier";
        assert_eq!(fault(result, source), unknown("foo_t", 2));
        let function = "/a/b.h:2:10: error: type specifier missing, defaults to 'int'";
        assert_eq!(fault(function, source), None);
        let argument = "/a/b.h:2:13: error: type specifier missing, defaults to 'int'";
        assert_eq!(fault(argument, source), unknown("bar_t", 2));
        let other = fault("/a/b.h:1:1: error: expected ';'", source);
        assert!(matches!(other, Some(Fault::Clang { .. })));
    }
}
