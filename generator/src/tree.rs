// SPDX-License-Identifier: GPL-2.0-only

//! The files of a module, in memory.

use std::collections::BTreeMap;

/// Texts by file name, all in one directory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tree {
    files: BTreeMap<String, String>,
}

impl Tree {
    /// Adds a file.
    pub fn add(&mut self, name: &str, text: String) {
        self.files.insert(name.to_owned(), text);
    }

    /// The files in order of their names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files
            .iter()
            .map(|(name, text)| (name.as_str(), text.as_str()))
    }

    /// The text of a file.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.files.get(name).map(String::as_str)
    }

    /// Replaces the text of each file by what `change` makes of it.
    pub fn map(&mut self, mut change: impl FnMut(&str, &str) -> String) {
        for (name, text) in &mut self.files {
            *text = change(name, text);
        }
    }
}
