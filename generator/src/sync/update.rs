// SPDX-License-Identifier: GPL-2.0-only

//! Compares a generated module with its new content: the files to write, and edits that would be lost.

use std::path::Path;

use anyhow::{Context, Result};
use similar::TextDiff;

use crate::module::Contents;
use crate::module::files::{Owner, place};
use crate::module::manifest::{self, Manifest};
use crate::output::install::{Change, Directory, Edit, read};

/// The files to write, and the edits that prevent it.
#[derive(Debug)]
pub struct Update {
    /// The change of the file system.
    pub change: Change,
    /// True if no file but the manifest changes.
    pub is_current: bool,
    /// Edited files of the generator: the path of each, and its differences from the new text.
    pub edited: Vec<(String, String)>,
    /// The same for files that an edit has made the author's.
    pub kept: Vec<(String, String)>,
}

impl Update {
    /// Compares the module in `dir` with its new content.
    ///
    /// # Errors
    ///
    /// If a file cannot be read.
    pub fn new(dir: &Path, manifest: &Manifest, contents: &Contents) -> Result<Self> {
        let mut update = Self {
            change: Change {
                dir: dir.to_owned(),
                first: Vec::new(),
                directory: Directory::Keep,
                edits: Vec::new(),
            },
            is_current: true,
            edited: Vec::new(),
            kept: Vec::new(),
        };
        let new = contents.files.iter();
        let new = new.map(|(path, file)| (path, file.owner, Some(file.text.as_str())));
        let removed = manifest
            .files()
            .filter(|(path, _)| contents.files.get(path).is_none())
            .map(|(path, owner)| (path, owner, None));
        for (path, owner, text) in new.chain(removed) {
            if owner != Owner::Author {
                update.file(manifest, path, owner, text)?;
            }
        }
        update.is_current = update.change.edits.is_empty();
        // The manifest is last: a run that is killed before can be repeated.
        let text = contents.manifest.text();
        let old = update.read(manifest::FILE)?;
        update.edit(manifest::FILE, old, Some(&text));
        Ok(update)
    }

    /// Adds a file that is to have this text, or to be removed.
    fn file(
        &mut self,
        manifest: &Manifest,
        path: &str,
        owner: Owner,
        text: Option<&str>,
    ) -> Result<()> {
        let old = self.read(path)?;
        let new = text.map(str::as_bytes);
        let is_edited = old
            .as_deref()
            .is_some_and(|old| Some(old) != new && !manifest.is_as_generated(path, old));
        if is_edited {
            let old = String::from_utf8_lossy(old.as_deref().unwrap_or_default());
            let edited = (
                path.to_owned(),
                difference(path, &old, text.unwrap_or_default()),
            );
            if owner == Owner::GeneratorUntilEdited {
                self.kept.push(edited);
                return Ok(());
            }
            self.edited.push(edited);
        }
        self.edit(path, old, text);
        Ok(())
    }

    /// The present content of a file.
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>> {
        let path = place(&self.change.dir, path);
        read(&path).with_context(|| format!("cannot read {}", path.display()))
    }

    fn edit(&mut self, path: &str, old: Option<Vec<u8>>, new: Option<&str>) {
        let new = new.map(|text| text.as_bytes().to_owned());
        if old != new {
            let path = place(&self.change.dir, path);
            self.change.edits.push(Edit { path, old, new });
        }
    }
}

/// The lines that differ, and a line if all do because of their ends.
fn difference(path: &str, old: &str, new: &str) -> String {
    let note = if old.contains("\r\n") && !new.contains("\r\n") {
        format!("{path}: its lines end with CR LF; `sed -i 's/\\r$//' {path}` corrects that\n")
    } else {
        String::new()
    };
    let old = old.replace("\r\n", "\n");
    let diff = TextDiff::from_lines(old.as_str(), new);
    let mut unified = diff.unified_diff();
    let unified = unified.header(&format!("{path} (edited)"), &format!("{path} (generated)"));
    format!("{note}{unified}")
}
