// SPDX-License-Identifier: GPL-2.0-only

//! The files of a module in memory, each with its path and owner.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// The owner of a generated file, who alone changes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Owner {
    /// The author of the driver. `sync` never writes the file.
    Author,
    /// The generator. `sync` overwrites the file.
    Generator,
    /// The generator until the file is edited, then the author.
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

/// Returns true if a path has this extension.
#[must_use]
pub fn has_extension(path: &str, wanted: &str) -> bool {
    Path::new(path).extension().is_some_and(|end| end == wanted)
}

/// Relative path from `drivers/target/NAME` to the kernel root.
pub const TREE: &str = "../../../";

/// Returns the location of a module's file for a module in `dir`, which need not exist.
#[must_use]
pub fn place(dir: &Path, path: &str) -> PathBuf {
    match (path.strip_prefix("../"), dir.file_name(), dir.parent()) {
        (Some(path), Some(_), Some(parent)) => place(parent, path),
        _ => dir.join(path),
    }
}

/// Files by their path from the module's directory. Paths elsewhere in the kernel's tree begin with
/// [`TREE`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Files(BTreeMap<String, File>);

impl Files {
    /// Adds a file.
    ///
    /// # Panics
    ///
    /// If there is a file with this path already.
    pub fn add(&mut self, path: &str, owner: Owner, text: String) {
        let old = self.0.insert(path.to_owned(), File { owner, text });
        assert!(old.is_none(), "this generator writes {path} twice");
    }

    /// The files, in order of their paths.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &File)> {
        self.0.iter().map(|(path, file)| (path.as_str(), file))
    }

    /// The files, mutably.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&str, &mut File)> {
        self.0.iter_mut().map(|(path, file)| (path.as_str(), file))
    }

    /// The file at a path.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<&File> {
        self.0.get(path)
    }

    /// Removes and returns the files that are not below the module's directory.
    #[must_use]
    pub fn take_outside(&mut self) -> Self {
        let (inside, outside) = std::mem::take(&mut self.0)
            .into_iter()
            .partition(|(path, _)| !path.starts_with(TREE));
        self.0 = inside;
        Self(outside)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn path_may_leave_a_directory_that_does_not_exist() {
        let path = format!("{TREE}Documentation/a.rst");
        let out = place(Path::new("/linux/drivers/target/tcm_x"), &path);
        assert_eq!(out, Path::new("/linux/Documentation/a.rst"));
        assert_eq!(
            place(Path::new("drivers/target/tcm_x"), &path),
            Path::new("Documentation/a.rst")
        );
        // The system resolves `..` of an existing directory.
        assert_eq!(place(Path::new("."), &path), Path::new(".").join(&path));
    }

    #[test]
    #[should_panic(expected = "writes a.rs twice")]
    fn file_is_added_once() {
        let mut files = Files::default();
        files.add("a.rs", Owner::Author, String::new());
        files.add("a.rs", Owner::Generator, String::new());
    }
}
