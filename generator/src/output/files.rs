// SPDX-License-Identifier: GPL-2.0-only

//! The files of a module, in memory: by path, each with its owner.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The owner of a file: the one that changes it once it is generated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Owner {
    /// The author of the driver: it is never written again.
    Author,
    /// The generator: `sync` writes it again.
    Generator,
    /// The generator until the file is edited, and from then on the author.
    GeneratorUntilEdited,
}

/// A file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Its owner.
    pub owner: Owner,
    /// Its text.
    pub text: String,
}

/// Files by their path below the module's directory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Files(BTreeMap<String, File>);

impl Files {
    /// Adds a file.
    ///
    /// # Panics
    ///
    /// If there is a file of this path already: the second would replace the first.
    pub fn add(&mut self, path: &str, owner: Owner, text: String) {
        let old = self.0.insert(path.to_owned(), File { owner, text });
        assert!(old.is_none(), "this generator writes {path} twice");
    }

    /// The files in order of their paths.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &File)> {
        self.0.iter().map(|(path, file)| (path.as_str(), file))
    }

    /// The file at a path.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<&File> {
        self.0.get(path)
    }

    /// The text of a file, to be replaced.
    pub fn text_mut(&mut self, path: &str) -> Option<&mut String> {
        self.0.get_mut(path).map(|file| &mut file.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[should_panic(expected = "writes a.rs twice")]
    fn a_file_is_added_once() {
        let mut files = Files::default();
        files.add("a.rs", Owner::Author, String::new());
        files.add("a.rs", Owner::Generator, String::new());
    }
}
