// SPDX-License-Identifier: GPL-2.0-only

//! Compares a module with existing files, and decides on the change. Nothing is written.

use std::fs;
use std::io;
use std::path::Path;

use super::error::{InstallError, io_error};
use super::install::{Change, Directory, Edit, entries, read};
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
    let manifest = Manifest::read(dir);
    let old = manifest.as_ref().into_iter().flat_map(Manifest::files);
    let removed = old.map(|(path, _)| path);
    let removed = removed.filter(|path| contents.files.get(path).is_none());
    let removed: Vec<_> = removed.map(|path| (place(dir, path), None)).collect();
    // Only the manifest may be missing or out of date then.
    let has_files = removed.is_empty()
        && contents
            .files
            .iter()
            .all(|(path, file)| is_there(dir, path, file));
    if !has_files && !force {
        let dir = dir.to_owned();
        return Err(InstallError::Exists { dir });
    }
    let manifest = match manifest {
        Ok(manifest) if has_files => Some(manifest),
        Ok(manifest) => {
            refuse_loss(dir, &contents.files, &manifest)?;
            Some(manifest)
        }
        Err(_) if has_files => None,
        Err(reason) => {
            let dir = dir.to_owned();
            return Err(InstallError::Foreign { dir, reason });
        }
    };
    change.first = outside(dir, &mut contents.files, manifest.as_ref())?;
    let files = contents.files.iter();
    let files = files.map(|(path, file)| (place(dir, path), Some(file.text.clone())));
    // The manifest is last: a run that is killed before can be repeated.
    let own = [(dir.join(manifest::FILE), Some(contents.manifest.text()))];
    for (path, new) in files.chain(removed).chain(own) {
        let old = read(&path).map_err(io_error("read", &path))?;
        let new = new.map(String::into_bytes);
        if old != new {
            change.first.push(Edit { path, old, new });
        }
    }
    Ok(change)
}

/// Refuses to overwrite or remove files that the author has edited or added.
fn refuse_loss(dir: &Path, files: &Files, manifest: &Manifest) -> Result<(), InstallError> {
    let mut changed = manifest.changed(dir).map_err(io_error("read", dir))?;
    // A killed run may have written some of the new files, and removed some of the old ones.
    changed.retain(|path| match files.get(path) {
        Some(file) => !is_there(dir, path, file),
        None => place(dir, path).exists(),
    });
    if changed.is_empty() {
        return Ok(());
    }
    let names = changed.iter().map(|path| path.trim_start_matches("../"));
    Err(InstallError::Changed {
        dir: dir.to_owned(),
        files: names.map(ToOwned::to_owned).collect(),
    })
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
        let is_ours = |old: &Vec<u8>| {
            *old == file.text.as_bytes()
                || manifest.is_some_and(|own| own.is_as_generated(path, old))
        };
        if !old.as_ref().is_none_or(is_ours) {
            return Err(InstallError::Occupied { file: place });
        }
        let new = Some(file.text.clone().into_bytes());
        if old != new {
            let path = place;
            edits.push(Edit { path, old, new });
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

/// Returns true if a file of a module is as it would be written.
fn is_there(dir: &Path, path: &str, file: &File) -> bool {
    fs::read(place(dir, path)).is_ok_and(|bytes| bytes == file.text.as_bytes())
}
