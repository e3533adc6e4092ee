// SPDX-License-Identifier: GPL-2.0-only

//! Compares a module with existing files, and decides on the change. Nothing is written.

use std::fs;
use std::io;
use std::path::Path;

use super::install::{Change, Directory, Edit, InstallError, entries, io_error, read};
use crate::module::Contents;
use crate::module::files::{File, Files, place};
use crate::module::manifest::{self, Manifest};

/// Returns the change that writes a module to the directory `dir`.
///
/// # Errors
///
/// If the change would overwrite files that are not as this tool generated them.
pub fn examine(dir: &Path, mut contents: Contents, force: bool) -> Result<Change, InstallError> {
    let is_new = is_empty(dir).map_err(io_error("write to", dir))?;
    let is_there = |path: &str, file: &File| has_text(&place(dir, path), &file.text);
    let mut change = Change {
        dir: dir.to_owned(),
        first: Vec::new(),
        directory: Directory::Keep,
        edits: Vec::new(),
    };
    if is_new {
        change.first = outside(dir, &mut contents.files, None)?;
        change.directory = if dir.is_dir() {
            Directory::Fill(contents)
        } else {
            Directory::Create(contents)
        };
        return Ok(change);
    }
    if contents
        .files
        .iter()
        .all(|(path, file)| is_there(path, file))
    {
        return Ok(change);
    }
    if !force {
        return Err(InstallError::Exists {
            dir: dir.to_owned(),
        });
    }
    let manifest = Manifest::read(dir).map_err(|reason| InstallError::Foreign {
        dir: dir.to_owned(),
        reason,
    })?;
    let mut changed = manifest.changed(dir).map_err(io_error("read", dir))?;
    // A killed run may have written some of the new files.
    changed.retain(|path| {
        let file = contents.files.get(path);
        file.is_none_or(|file| !is_there(path, file))
    });
    if !changed.is_empty() {
        let names = changed.iter().map(|path| path.trim_start_matches("../"));
        return Err(InstallError::Changed {
            dir: dir.to_owned(),
            files: names.map(ToOwned::to_owned).collect(),
        });
    }
    let removed = manifest.files().map(|(path, _)| path);
    let removed = removed.filter(|path| contents.files.get(path).is_none());
    let removed: Vec<_> = removed.map(|path| (place(dir, path), None)).collect();
    change.first = outside(dir, &mut contents.files, Some(&manifest))?;
    let files = contents.files.iter();
    let files = files.map(|(path, file)| (place(dir, path), Some(file.text.clone())));
    // The manifest is last: a run that is killed before can be repeated.
    let own = [(dir.join(manifest::FILE), Some(contents.manifest.text()))];
    for (path, new) in files.chain(removed).chain(own) {
        let old = read(&path).map_err(io_error("read", &path))?;
        if old != new {
            change.first.push(Edit { path, old, new });
        }
    }
    Ok(change)
}

/// Takes the files that lie elsewhere in the kernel's tree out of `files`, and returns the edits that
/// write them. An existing file is replaced only if it is as the manifest records it.
fn outside(
    dir: &Path,
    files: &mut Files,
    manifest: Option<&Manifest>,
) -> Result<Vec<Edit>, InstallError> {
    let mut edits = Vec::new();
    for (path, file) in files.take_outside().iter() {
        let place = place(dir, path);
        let old = read(&place).map_err(io_error("read", &place))?;
        let is_ours = |old: &String| {
            *old == file.text
                || manifest.is_some_and(|own| own.is_as_generated(path, old.as_bytes()))
        };
        if !old.as_ref().is_none_or(is_ours) {
            return Err(InstallError::Occupied { file: place });
        }
        if old.as_ref() != Some(&file.text) {
            edits.push(Edit {
                path: place,
                old,
                new: Some(file.text.clone()),
            });
        }
    }
    Ok(edits)
}

/// Returns true if `dir` is empty or does not exist.
fn is_empty(dir: &Path) -> io::Result<bool> {
    match entries(dir) {
        Ok(mut entries) => Ok(entries.next().is_none()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
        Err(error) => Err(error),
    }
}

fn has_text(path: &Path, text: &str) -> bool {
    fs::read(path).is_ok_and(|bytes| bytes == text.as_bytes())
}
