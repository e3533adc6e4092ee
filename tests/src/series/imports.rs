// SPDX-License-Identifier: GPL-2.0-only

//! Rewrites the imports of a Rust file for modules that move to another crate.
//!
//! Only `use` items at the top level of the file change, except those with an attribute. Each name is on
//! a line of its own, as in the kernel.

use std::collections::{BTreeMap, BTreeSet};

use syn::{ItemUse, UseTree};

/// A tree of imports: names, each with the imports below it.
#[derive(Default)]
struct Names {
    /// True if the name itself is imported.
    is_leaf: bool,
    below: BTreeMap<Key, Names>,
}

/// The sort key of a name in rustfmt's order: `self`, modules and functions, types, constants.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Key(u8, String);

impl Key {
    fn new(name: &str) -> Self {
        let has = |is: fn(char) -> bool| name.chars().any(is);
        let rank = match (has(char::is_uppercase), has(char::is_lowercase)) {
            _ if name == "self" => 0,
            (false, _) => 1,
            (true, true) => 2,
            (true, false) => 3,
        };
        Self(rank, name.to_owned())
    }
}

/// The text with each imported path replaced by the result of `place`; `None` removes the import. Adds
/// imports of `more`.
pub(super) fn rewritten(
    text: &str,
    place: impl Fn(&str) -> Option<String>,
    more: &[String],
) -> String {
    let uses = uses(text);
    let mut crates: Vec<(String, Names)> = Vec::new();
    let mut add = |path: &str| {
        let (root, rest) = path.split_once("::").unwrap_or((path, "self"));
        let at = crates.iter().position(|(name, _)| name == root);
        let at = at.unwrap_or_else(|| {
            crates.push((root.to_owned(), Names::default()));
            crates.len() - 1
        });
        insert(&mut crates[at].1, rest);
    };
    for (start, end) in &uses {
        for path in paths(&text[*start..*end]) {
            if let Some(path) = place(&path) {
                add(&path);
            }
        }
    }
    for path in more {
        add(path);
    }
    crates.sort_by_key(|(root, _)| rank(root));
    let block: Vec<_> = crates
        .iter()
        .map(|(root, names)| format!("use {}{};\n", root, below(names, 0)))
        .collect();
    spliced(text, &uses, &block.join("\n"))
}

/// The order of the crates. Imports from the file's own modules come last.
fn rank(root: &str) -> usize {
    const ORDER: [&str; 4] = ["core", "kernel", "crate", "super"];
    let found = ORDER.iter().position(|name| *name == root);
    found.unwrap_or(ORDER.len())
}

/// Returns the paths in the `use` items that [`rewritten`] changes.
pub(super) fn imported(text: &str) -> Vec<String> {
    let items = uses(text).into_iter();
    items
        .flat_map(|(start, end)| paths(&text[start..end]))
        .collect()
}

/// Returns the names that a text exports with `pub use`, each with its module.
pub(super) fn exported(text: &str) -> BTreeMap<String, String> {
    let private = text.replace("\npub use ", "\nuse ");
    let paths = imported(&private).into_iter();
    let pairs = paths.filter_map(|path| {
        let (module, name) = path.rsplit_once("::")?;
        Some((name.to_owned(), module.to_owned()))
    });
    pairs.collect()
}

/// Returns the lines of a text without its imports and comments.
pub(super) fn code(text: &str) -> impl Iterator<Item = &str> {
    let starts = [0]
        .into_iter()
        .chain(uses(text).into_iter().map(|(_, end)| end));
    let ends = uses(text)
        .into_iter()
        .map(|(start, _)| start)
        .chain([text.len()]);
    let lines = starts
        .zip(ends)
        .flat_map(|(start, end)| text[start..end].lines());
    lines.filter(|line| !line.trim_start().starts_with("//"))
}

/// Returns the words of the code of a text.
pub(super) fn words(text: &str) -> BTreeSet<&str> {
    code(text)
        .flat_map(|line| line.split(|c: char| !c.is_alphanumeric() && c != '_'))
        .collect()
}

/// Returns the positions of the `use` items that change.
fn uses(text: &str) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let (mut at, mut before) = (0, "");
    while let Some(line) = text[at..].split_inclusive('\n').next() {
        let mut end = at + line.len();
        if line.starts_with("use ") && !before.starts_with("#[") {
            let length = text[at..].find(';').map_or(line.len(), |length| length + 2);
            end = (at + length).min(text.len());
            found.push((at, end));
        }
        before = line;
        at = end;
    }
    found
}

/// Returns the paths that a `use` item imports.
///
/// # Panics
///
/// If the text is not a `use` item: the generated text is wrong.
fn paths(item: &str) -> Vec<String> {
    let item = match syn::parse_str::<ItemUse>(item) {
        Ok(item) => item,
        Err(error) => panic!("not a `use` item ({error}): {item}"),
    };
    let mut found = Vec::new();
    collect(&item.tree, String::new(), &mut found);
    found
}

fn collect(tree: &UseTree, path: String, found: &mut Vec<String>) {
    let below = |name: &str| {
        if path.is_empty() {
            name.to_owned()
        } else {
            format!("{path}::{name}")
        }
    };
    match tree {
        UseTree::Path(tree_path) => {
            let path = below(&tree_path.ident.to_string());
            collect(&tree_path.tree, path, found);
        }
        UseTree::Name(name) if name.ident == "self" => found.push(path),
        UseTree::Name(name) => found.push(below(&name.ident.to_string())),
        UseTree::Rename(rename) => {
            found.push(below(&format!("{} as {}", rename.ident, rename.rename)));
        }
        UseTree::Glob(_) => found.push(below("*")),
        UseTree::Group(group) => {
            for tree in &group.items {
                collect(tree, path.clone(), found);
            }
        }
    }
}

fn insert(names: &mut Names, path: &str) {
    let (name, rest) = match path.split_once("::") {
        Some((name, rest)) => (name, Some(rest)),
        None => (path, None),
    };
    let below = names.below.entry(Key::new(name)).or_default();
    match rest {
        Some(rest) => insert(below, rest),
        None => below.is_leaf = true,
    }
}

/// The text of the imports below a name, each on a line of its own if there are several.
fn below(names: &Names, depth: usize) -> String {
    let mut items = Vec::new();
    for (Key(_, name), names) in &names.below {
        if names.is_leaf && !names.below.is_empty() {
            items.push(name.clone());
        }
        let nested = if names.below.is_empty() {
            String::new()
        } else {
            below(names, depth + 1)
        };
        items.push(format!("{name}{nested}"));
    }
    match items.as_slice() {
        [one] => format!("::{one}"),
        [many @ .., last] => {
            let indent = "    ".repeat(depth + 1);
            let many: String = many
                .iter()
                .map(|item| format!("{indent}{item},\n"))
                .collect();
            let end = "    ".repeat(depth);
            format!("::{{\n{many}{indent}{last}, //\n{end}}}")
        }
        [] => String::new(),
    }
}

/// The text with the first of `uses` replaced by `block`, and without the others.
fn spliced(text: &str, uses: &[(usize, usize)], block: &str) -> String {
    let Some((first, _)) = uses.first() else {
        let separator = if block.is_empty() { "" } else { "\n" };
        return format!("{text}{separator}{block}");
    };
    let mut out = text[..*first].to_owned();
    out.push_str(block);
    let mut at = *first;
    for (start, end) in uses {
        let between = &text[at.max(*first)..*start];
        out.push_str(if between.trim().is_empty() {
            ""
        } else {
            between
        });
        at = *end;
    }
    let rest = text[at..].trim_start_matches('\n');
    format!("{}\n\n{rest}", out.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
// Head.

use core::ptr;

use kernel::{
    prelude::*,
    types::Opaque, //
};

use crate :: {bindings, target::{self, tmr::Tmr, Cmd}};

#[cfg(test)]
use other::Name;

mod parent;

use parent::Parent;

fn f() {}
";

    #[test]
    fn paths_are_mapped_and_each_stands_on_its_line() {
        let place = |path: &str| match path {
            "crate::bindings" => None,
            path => Some(path.replace("crate::target", "kernel::target")),
        };
        let expected = "\
// Head.

use core::ptr;

use kernel::{
    prelude::*,
    target,
    target::{
        tmr::Tmr,
        Cmd, //
    },
    types::Opaque, //
};

use parent::Parent;

#[cfg(test)]
use other::Name;

mod parent;

fn f() {}
";
        assert_eq!(rewritten(TEXT, place, &[]), expected);
    }
}
