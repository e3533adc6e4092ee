// SPDX-License-Identifier: GPL-2.0-only

//! The files of a module, in memory: by path, each with its owner.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

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

/// Whether a file has this extension.
#[must_use]
pub fn has_extension(path: &str, wanted: &str) -> bool {
    Path::new(path).extension().is_some_and(|end| end == wanted)
}

/// What leads from the directory of a module in a kernel's tree, `drivers/target/NAME`, to the tree.
pub const TREE: &str = "../../../";

/// Where the file with this path is, for a module in `dir`, which need not be there.
#[must_use]
pub fn place(dir: &Path, path: &str) -> PathBuf {
    match (path.strip_prefix("../"), dir.file_name(), dir.parent()) {
        (Some(path), Some(_), Some(parent)) => place(parent, path),
        _ => dir.join(path),
    }
}

/// Files by their path below the module's directory; of those elsewhere in the kernel's tree it
/// begins with [`TREE`].
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

    /// The files, to be changed.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&str, &mut File)> {
        self.0.iter_mut().map(|(path, file)| (path.as_str(), file))
    }

    /// The file at a path.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<&File> {
        self.0.get(path)
    }

    /// Takes out the files that are not below the module's directory.
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
    fn a_path_may_lead_out_of_a_directory_that_is_not_there_yet() {
        let path = format!("{TREE}Documentation/a.rst");
        let out = place(Path::new("/linux/drivers/target/tcm_x"), &path);
        assert_eq!(out, Path::new("/linux/Documentation/a.rst"));
        assert_eq!(
            place(Path::new("drivers/target/tcm_x"), &path),
            Path::new("Documentation/a.rst")
        );
        // From inside, the system knows the way.
        assert_eq!(place(Path::new("."), &path), Path::new(".").join(&path));
    }

    #[test]
    #[should_panic(expected = "writes a.rs twice")]
    fn a_file_is_added_once() {
        let mut files = Files::default();
        files.add("a.rs", Owner::Author, String::new());
        files.add("a.rs", Owner::Generator, String::new());
    }
}
