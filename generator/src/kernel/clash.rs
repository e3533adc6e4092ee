// SPDX-License-Identifier: GPL-2.0-only

//! Clashes of a new module's names with Kconfig symbols and modules of a kernel tree.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Files of a kernel tree that use a module's names.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Clashes {
    /// The Kconfig file that defines the symbol.
    pub symbol: Option<PathBuf>,
    /// The makefile that builds a module of the name.
    pub module: Option<PathBuf>,
}

/// Searches a tree for a Kconfig symbol and a module: the Kconfig files, from the root along `source`,
/// and the makefiles beside them. The directory `except` is skipped.
#[must_use]
pub fn clashes(tree: &Path, symbol: &str, module: &str, except: &Path) -> Clashes {
    let mut search = Search {
        tree,
        except,
        symbol_lines: [format!("config {symbol}"), format!("menuconfig {symbol}")],
        object: format!("{module}.o"),
        seen: BTreeSet::new(),
        clashes: Clashes::default(),
    };
    search.kconfig(PathBuf::from("Kconfig"));
    // A tree of headers alone may lack the root; the other fabric modules are always searched.
    search.kconfig(PathBuf::from("drivers/target/Kconfig"));
    search.clashes
}

struct Search<'a> {
    tree: &'a Path,
    except: &'a Path,
    symbol_lines: [String; 2],
    object: String,
    seen: BTreeSet<PathBuf>,
    clashes: Clashes,
}

impl Search<'_> {
    /// Searches the Kconfig file at this path in the tree, and the files that it sources.
    fn kconfig(&mut self, path: PathBuf) {
        if path.starts_with(self.except) || self.seen.contains(&path) {
            return;
        }
        let Ok(text) = fs::read_to_string(self.tree.join(&path)) else {
            return;
        };
        if let Some(dir) = path.parent() {
            self.makefiles(dir);
        }
        if text
            .lines()
            .any(|line| self.symbol_lines.iter().any(|s| line.trim_end() == s))
        {
            self.clashes.symbol.get_or_insert(path.clone());
        }
        self.seen.insert(path);
        for sourced in text.lines().filter_map(sourced) {
            for path in self.expand(sourced) {
                self.kconfig(path);
            }
        }
    }

    /// Expands `$(SRCARCH)` in a sourced path to every architecture.
    fn expand(&self, sourced: &str) -> Vec<PathBuf> {
        let Some((before, after)) = sourced.split_once("$(SRCARCH)") else {
            return vec![PathBuf::from(sourced)];
        };
        let entries = fs::read_dir(self.tree.join(before)).into_iter().flatten();
        entries
            .flatten()
            .filter_map(|entry| Some(format!("{before}{}{after}", entry.file_name().to_str()?)))
            .map(PathBuf::from)
            .collect()
    }

    fn makefiles(&mut self, dir: &Path) {
        for name in ["Kbuild", "Makefile"] {
            let path = dir.join(name);
            if self.clashes.module.is_some() || !self.seen.insert(path.clone()) {
                continue;
            }
            let text = fs::read_to_string(self.tree.join(&path)).unwrap_or_default();
            if text.contains(&self.object)
                && text.split_whitespace().any(|word| word == self.object)
            {
                self.clashes.module = Some(path);
            }
        }
    }
}

/// The path in `source "path"`.
fn sourced(line: &str) -> Option<&str> {
    let path = line.trim_start().strip_prefix("source")?.trim();
    path.strip_prefix('"')?.strip_suffix('"')
}
