// SPDX-License-Identifier: GPL-2.0-only

//! Names that are taken in a kernel tree: by a Kconfig symbol, or by a module.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The users of a module's names in a kernel tree.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// The Kconfig file that defines the symbol.
    pub symbol: Option<PathBuf>,
    /// The makefile that builds a module of the name.
    pub module: Option<PathBuf>,
}

/// Looks for a Kconfig symbol and a module through the Kconfig files of a tree, from its root along
/// `source`, and the makefiles beside them. The directory `except` does not count.
#[must_use]
pub fn taken(tree: &Path, symbol: &str, module: &str, except: &Path) -> Taken {
    let mut search = Search {
        tree,
        except,
        symbol_lines: [format!("config {symbol}"), format!("menuconfig {symbol}")],
        object: format!("{module}.o"),
        seen: BTreeSet::new(),
        taken: Taken::default(),
    };
    search.kconfig(PathBuf::from("Kconfig"));
    // A tree of headers alone may lack the root; the neighbours always count.
    search.kconfig(PathBuf::from("drivers/target/Kconfig"));
    search.taken
}

struct Search<'a> {
    tree: &'a Path,
    except: &'a Path,
    symbol_lines: [String; 2],
    object: String,
    seen: BTreeSet<PathBuf>,
    taken: Taken,
}

impl Search<'_> {
    /// Searches the Kconfig file at this path in the tree, and what it sources.
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
            self.taken.symbol.get_or_insert(path.clone());
        }
        self.seen.insert(path);
        for sourced in text.lines().filter_map(sourced) {
            for path in self.expand(sourced) {
                self.kconfig(path);
            }
        }
    }

    /// A sourced path, for every architecture if it depends on that.
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
            if self.taken.module.is_some() || !self.seen.insert(path.clone()) {
                continue;
            }
            let text = fs::read_to_string(self.tree.join(&path)).unwrap_or_default();
            if text.contains(&self.object)
                && text.split_whitespace().any(|word| word == self.object)
            {
                self.taken.module = Some(path);
            }
        }
    }
}

/// The path in `source "path"`.
fn sourced(line: &str) -> Option<&str> {
    let path = line.trim_start().strip_prefix("source")?.trim();
    path.strip_prefix('"')?.strip_suffix('"')
}
