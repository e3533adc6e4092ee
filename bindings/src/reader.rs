// SPDX-License-Identifier: GPL-2.0-only

//! Parses the struct with clang, from memory, with stand-ins for the header's includes.
//!
//! An unknown include or type gets a stand-in and a warning, and the header is parsed again. clang may
//! crash or hang on other files; `child` limits that.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::{Mutex, MutexGuard, PoisonError};

use clang::diagnostic::{Diagnostic, Severity};
use clang::{Entity, EntityKind, Index, TranslationUnit, Unsaved};
use serde::{Deserialize, Serialize};

use crate::condition::{self, Block};
use crate::field::{self, Reading};
use crate::{Fault, STRUCT, word};

/// Known includes. They are empty for clang: [`TYPES`] has the types that the fabric header needs.
const INCLUDES: [&str; 18] = [
    "linux/bits.h",
    "linux/compiler.h",
    "linux/compiler_types.h",
    "linux/configfs.h",
    "linux/dma-direction.h",
    "linux/kconfig.h",
    "linux/kernel.h",
    "linux/kref.h",
    "linux/list.h",
    "linux/module.h",
    "linux/scatterlist.h",
    "linux/stddef.h",
    "linux/types.h",
    "scsi/scsi_cmnd.h",
    "scsi/scsi_common.h",
    "scsi/scsi_proto.h",
    "target/target_core_base.h",
    "target/target_core_backend.h",
];

const TYPES: &str = include_str!("../standins/types.h");

/// The path of the header for clang. The directory exists only in clang's memory.
const HEADER: &str = "/tcm-header/header.h";

const ARGUMENTS: [&str; 12] = [
    "-xc",
    "-std=gnu11",
    "-nostdinc",
    // As in clang 16 and newer: an argument of an unknown type is an error, not an `int`.
    "-Werror=implicit-int",
    "-fparse-all-comments",
    // As in the kernel since 6.19: a struct with a tag may be an anonymous member.
    "-fms-extensions",
    // Rust has no `$` in names.
    "-fno-dollars-in-identifiers",
    // Without this clang spends long on suggestions for unknown names.
    "-fno-spell-checking",
    "-ferror-limit=200",
    "-I/tcm-stand-ins",
    "-include/tcm-stand-ins/tcm/types.h",
    "-include/tcm-stand-ins/tcm/unknown.h",
];

/// Reason why clang could not read a header.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Failure {
    Faults(Vec<Fault>),
    /// The struct is not defined; if a condition leaves it out, that and its line.
    NoStruct(Option<(usize, String)>),
    /// clang gave up.
    Crash,
}

/// The `clang` crate allows one user at a time.
static ONE: Mutex<()> = Mutex::new(());

/// libclang, loaded.
pub(crate) struct Reader {
    library: clang::Clang,
    _one: MutexGuard<'static, ()>,
}

impl Reader {
    /// Loads libclang. An error is the loader's message.
    pub(crate) fn new() -> Result<Self, String> {
        let one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
        let library = clang::Clang::new()?;
        Ok(Self { library, _one: one })
    }

    /// The version string of libclang.
    #[expect(
        clippy::unused_self,
        reason = "there is a version once the library is loaded"
    )]
    pub(crate) fn version(&self) -> String {
        clang::get_version()
    }

    /// Reads the struct from the text of a header.
    pub(crate) fn read(&self, text: &str) -> Result<Reading, Failure> {
        let index = Index::new(&self.library, false, false);
        let mut stand_ins = StandIns::default();
        let unit = stand_ins.complete(&index, text)?;
        let Some(definition) = definition(&unit, STRUCT) else {
            return Err(Failure::NoStruct(condition::around(text, STRUCT)));
        };
        let fields = field::all(&definition);
        let mut reading = field::read(&fields).map_err(Failure::Faults)?;
        let member_lines = fields.iter().map(|(entity, _)| field::line(entity));
        let blocks = condition::left_out(text, &lines(&definition), &member_lines.collect());
        let left_out = blocks.iter();
        let left_out = left_out.filter_map(|block| stand_ins.warning(&index, text, block));
        reading.warnings.clone_from(&stand_ins.warnings);
        reading.warnings.extend(left_out);
        Ok(reading)
    }
}

/// The definition of the struct `name`.
fn definition<'a>(unit: &'a TranslationUnit<'a>, name: &str) -> Option<Entity<'a>> {
    let entities = unit.get_entity().get_children().into_iter();
    entities
        .filter(|entity| entity.get_kind() == EntityKind::StructDecl && entity.is_definition())
        .find(|entity| entity.get_name().as_deref() == Some(name))
}

/// The lines of an entity, from 1.
fn lines(entity: &Entity<'_>) -> Range<usize> {
    let end = entity.get_range().map(|range| range.get_end());
    let end = end.map_or(0, |end| end.get_file_location().line as usize);
    field::line(entity)..end
}

/// An error of clang.
struct ClangError {
    line: usize,
    /// Bytes before it in the header.
    offset: usize,
    text: String,
}

fn errors<'a>(unit: &'a TranslationUnit<'a>) -> impl Iterator<Item = ClangError> {
    let is_error = |found: &Diagnostic<'_>| found.get_severity() >= Severity::Error;
    let found = unit.get_diagnostics().into_iter().filter(is_error);
    found.map(|found| {
        let location = found.get_location().get_file_location();
        ClangError {
            line: location.line as usize,
            offset: location.offset as usize,
            text: found.get_text(),
        }
    })
}

/// An unknown include or type.
enum Unknown {
    Include(String),
    /// A type, with its tag if it has one.
    Type(String),
}

impl Unknown {
    /// The unknown include or type that an error is about. clang names it or points at it.
    fn of(error: &ClangError, source: &str) -> Option<Self> {
        let says = |start: &str| error.text.starts_with(start);
        let points = [
            "type name requires a specifier",
            "type specifier missing",
            "a parameter list without types",
        ];
        if points.into_iter().any(says) {
            let (before, at) = source.split_at_checked(error.offset)?;
            let name = word(at);
            // After a `*` comes the op's own name. Its result has been reported already.
            let is_type = !name.is_empty() && !before.ends_with('*');
            return is_type.then(|| Self::Type(name.to_owned()));
        }
        let name = error.text.split('\'').nth(1)?.to_owned();
        if error.text.ends_with("file not found") {
            return Some(Self::Include(name));
        }
        let is_type = says("unknown type name") || error.text.contains("incomplete");
        let bare = ["struct ", "union ", "enum "]
            .iter()
            .find_map(|tag| name.strip_prefix(tag));
        let is_name = word(bare.unwrap_or(&name)) == bare.unwrap_or(&name);
        (is_type && is_name).then_some(Self::Type(name))
    }
}

/// Stand-ins for unknown includes and types.
#[derive(Clone, Default)]
struct StandIns {
    includes: BTreeSet<String>,
    types: BTreeSet<String>,
    warnings: Vec<String>,
}

impl StandIns {
    /// Adds a stand-in with a warning. Returns false if there is one already.
    fn add(&mut self, unknown: &Unknown, line: usize) -> bool {
        let (is_new, warning) = match unknown {
            Unknown::Include(name) => (
                self.includes.insert(name.clone()),
                format!("line {line}: #include <{name}> is unknown, and taken for empty"),
            ),
            Unknown::Type(name) => (
                self.types.insert(name.clone()),
                format!(
                    "line {line}: the type `{name}` is unknown; no op with it can \
                     be implemented"
                ),
            ),
        };
        if is_new {
            self.warnings.push(warning);
        }
        is_new
    }

    /// The C text of the types.
    fn text(&self) -> String {
        let types = self.types.iter().map(|name| match name.split_once(' ') {
            Some(("enum", tag)) => format!("{name} {{ UNKNOWN_{tag} }};\n"),
            Some(_) => format!("{name} {{ int unknown; }};\n"),
            None => format!("typedef struct unknown_{name} {{ int unknown; }} {name};\n"),
        });
        types.collect()
    }

    fn parse<'i>(&self, index: &'i Index<'i>, text: &str) -> Result<TranslationUnit<'i>, Failure> {
        let path = |name: &str| format!("/tcm-stand-ins/{name}");
        let mut files = vec![
            Unsaved::new(HEADER, text),
            Unsaved::new(path("tcm/types.h"), TYPES),
            Unsaved::new(path("tcm/unknown.h"), self.text()),
        ];
        let includes = INCLUDES.into_iter();
        let includes = includes.chain(self.includes.iter().map(String::as_str));
        files.extend(includes.map(|name| Unsaved::new(path(name), "")));
        index
            .parser(HEADER)
            .arguments(&ARGUMENTS)
            .unsaved(&files)
            // Inline functions use declarations without a stand-in.
            .skip_function_bodies(true)
            .parse()
            .map_err(|_| Failure::Crash)
    }

    /// Parses the header repeatedly, until everything unknown has a stand-in.
    fn complete<'i>(
        &mut self,
        index: &'i Index<'i>,
        text: &str,
    ) -> Result<TranslationUnit<'i>, Failure> {
        loop {
            let unit = self.parse(index, text)?;
            let (mut is_complete, mut faults) = (true, Vec::new());
            for error in errors(&unit) {
                match Unknown::of(&error, text) {
                    Some(unknown) if self.add(&unknown, error.line) => is_complete = false,
                    _ => faults.push(Fault::Clang {
                        line: error.line,
                        text: error.text,
                    }),
                }
            }
            match (is_complete, faults.is_empty()) {
                // Other errors may follow from the unknown ones.
                (false, _) => {}
                (true, true) => return Ok(unit),
                (true, false) => return Err(Failure::Faults(faults)),
            }
        }
    }

    /// The warning about a block of the struct that is left out; `None` if the block is empty.
    fn warning(&self, index: &Index<'_>, text: &str, block: &Block<'_>) -> Option<String> {
        let body: Vec<_> = block.lines.iter().map(|(_, text)| *text).collect();
        // clang parses the block as the body of a separate struct.
        let text = format!("{text}\nstruct tcm_block {{\n{}\n}};\n", body.join("\n"));
        let Ok(unit) = self.clone().complete(index, &text) else {
            return block.warning("a part of the struct");
        };
        let fields = field::all(&definition(&unit, "tcm_block")?);
        let names = fields.iter().filter_map(|(entity, _)| field::name(entity));
        let names: Vec<_> = names.map(|name| format!("`{name}`")).collect();
        block
            .warning(&names.join(", "))
            .filter(|_| !names.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str, before: &str) -> String {
        let error = ClangError {
            line: 1,
            offset: before.len(),
            text: text.to_owned(),
        };
        match Unknown::of(&error, "int (*f)(bar_t);") {
            Some(Unknown::Include(name)) => format!("#{name}"),
            Some(Unknown::Type(name)) => name,
            None => String::new(),
        }
    }

    #[test]
    fn unknown_include_or_type_is_found_in_clang_error() {
        assert_eq!(
            of("unknown type name 'a_t'; did you mean 'b_t'?", ""),
            "a_t"
        );
        assert_eq!(of("field has incomplete type 'struct a'", ""), "struct a");
        assert_eq!(of("field has incomplete type 'int[]'", ""), "");
        assert_eq!(of("'linux/a.h' file not found", ""), "#linux/a.h");
        assert_eq!(of("type specifier missing, defaults", "int (*f)("), "bar_t");
        assert_eq!(of("type specifier missing, defaults", "int (*"), "");
        assert_eq!(of("use of undeclared identifier 'A'", ""), "");
    }
}
