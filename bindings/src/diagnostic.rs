// SPDX-License-Identifier: GPL-2.0-only

//! What clang finds wrong with the header, as [`Fault`]s.
//!
//! clang reads a copy in memory; the user sees the name of the file.

use std::path::Path;

use crate::Fault;

/// The faults in clang's lines, each `FILE:LINE:COLUMN: error: TEXT`. `copy` is what clang calls
/// the header at `path`, and `source` is its text.
pub(crate) fn faults(diagnostics: &str, copy: &str, path: &Path, source: &str) -> Vec<Fault> {
    let reported = |line: &str| Fault::Clang {
        diagnostic: line.replace(copy, &path.display().to_string()),
    };
    let mut faults: Vec<_> = diagnostics
        .lines()
        .filter(|line| !line.is_empty())
        .filter_map(|line| match unknown_type(line, copy, source) {
            // A function pointer whose result has an unknown type has been reported already.
            Some((name, _)) if name.is_empty() => None,
            Some((name, line)) => Some(Fault::UnknownType { name, line }),
            None => Some(reported(line)),
        })
        .collect();
    faults.dedup();
    if faults.is_empty() {
        faults.push(reported(diagnostics.trim()));
    }
    faults
}

/// The type that a diagnostic is about, and its line. clang names it, or points at it, or points at
/// the function that has it, for which the name is empty.
fn unknown_type(diagnostic: &str, copy: &str, source: &str) -> Option<(String, usize)> {
    let (position, text) = diagnostic.split_once(": error: ")?;
    let (line, column) = position
        .strip_prefix(copy)?
        .strip_prefix(':')?
        .split_once(':')?;
    let (line, column) = (line.parse::<usize>().ok()?, column.parse::<usize>().ok()?);
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
    let line_text = source.lines().nth(line.checked_sub(1)?)?;
    let (before, at) = line_text.split_at_checked(column.checked_sub(1)?)?;
    if before.ends_with('*') {
        return Some((String::new(), line));
    }
    let end = at
        .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .unwrap_or(at.len());
    (end > 0).then(|| (at[..end].to_owned(), line))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = "\n\tfoo_t (*f)(bar_t);\n";

    fn of(diagnostics: &str) -> Vec<Fault> {
        faults(diagnostics, "/a/b.h", Path::new("c.h"), SOURCE)
    }

    #[test]
    fn types_that_clang_does_not_know_are_named() {
        let unknown = |name: &str, line| {
            [Fault::UnknownType {
                name: name.to_owned(),
                line,
            }]
        };
        let named = "/a/b.h:12:3: error: unknown type name 'qux_t'; did you mean 'bar_t'?\n";
        assert_eq!(of(named), unknown("qux_t", 12));
        let result = "/a/b.h:2:2: error: type name requires a specifier or qualifier\n";
        let function = "/a/b.h:2:10: error: type specifier missing, defaults to 'int'\n";
        assert_eq!(of(&format!("{result}{function}")), unknown("foo_t", 2));
        let argument = "/a/b.h:2:13: error: type specifier missing, defaults to 'int'\n";
        assert_eq!(of(argument), unknown("bar_t", 2));
    }

    #[test]
    fn every_other_line_is_reported_with_the_users_path() {
        let clang = |diagnostic: &str| {
            [Fault::Clang {
                diagnostic: diagnostic.to_owned(),
            }]
        };
        let line = "/a/b.h:1:1: error: expected ';'";
        assert_eq!(of(line), clang("c.h:1:1: error: expected ';'"));
        let function = "/a/b.h:2:10: error: type specifier missing, defaults to 'int'\n";
        let reported = function.trim().replace("/a/b.h", "c.h");
        assert_eq!(of(function), clang(&reported));
    }
}
