// SPDX-License-Identifier: GPL-2.0-only

//! Writes files to the file system: all of them or none.
//!
//! Files are staged in the module's directory first, or beside it if it is new. A full disk or a missing
//! permission is found there before anything changes. Then the files are renamed; if a rename fails, the
//! earlier ones are undone. A killed run leaves a directory or file whose name starts with [`STAGING`],
//! which the next run removes.

use std::collections::BTreeSet;
use std::fs::{self, DirEntry, File};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use rustix::fs::FlockOperation;
use tempfile::{NamedTempFile, TempDir};

use super::error::{InstallError, io_error};
use crate::module::Contents;
use crate::module::manifest::{self, STAGING};

/// A change of the file system.
#[derive(Debug)]
pub struct Change {
    /// The module's directory.
    pub dir: PathBuf,
    /// Edits that are made first: of files elsewhere in the kernel's tree that nothing refers to, and of
    /// files of a module that is replaced.
    pub first: Vec<Edit>,
    /// The change of the module's directory.
    pub directory: Directory,
    /// Files to make, replace or remove, in this order.
    pub edits: Vec<Edit>,
}

/// The change of a module's directory.
#[derive(Debug)]
pub enum Directory {
    /// The directory is made.
    Create(Contents),
    /// The directory is there, and empty. It stays, since it may be the working directory or a mount.
    Fill(Contents),
    /// The directory stays, except for the edits.
    Keep,
}

/// The change of a file.
#[derive(Clone, Debug)]
pub struct Edit {
    /// The file.
    pub path: PathBuf,
    /// Its present content; `None` if there is no such file.
    pub old: Option<Vec<u8>>,
    /// Its new content; `None` to remove it.
    pub new: Option<Vec<u8>>,
}

/// Returns the content of a file; `None` if it does not exist.
///
/// # Errors
///
/// If it cannot be read.
pub fn read(path: &Path) -> io::Result<Option<Vec<u8>>> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// A step at which tests can make the command fail or abort. Released builds lack the feature.
#[cfg_attr(
    not(feature = "failpoints"),
    expect(clippy::unnecessary_wraps, reason = "it fails in tests only")
)]
fn step(_name: &str) -> io::Result<()> {
    fail::fail_point!(_name, |action| match action.as_deref() {
        Some("kill") => std::process::abort(),
        _ => Err(io::Error::other(format!(
            "a failure of the test's at {_name}"
        ))),
    });
    Ok(())
}

/// Makes a change completely or not at all.
///
/// # Errors
///
/// The step that failed. The earlier steps have been undone, except for the files that the error names.
pub fn apply(change: &Change) -> Result<(), InstallError> {
    let dir = &change.dir;
    let parent = dir.parent().filter(|dir| !dir.as_os_str().is_empty());
    let base = match change.directory {
        Directory::Create(_) => parent.unwrap_or(Path::new(".")),
        Directory::Fill(_) | Directory::Keep => dir,
    };
    fs::create_dir_all(base).map_err(io_error("make", base))?;
    let _locks = lock(change, base)?;
    for edit in change.first.iter().chain(&change.edits) {
        if read(&edit.path).map_err(io_error("read", &edit.path))? != edit.old {
            let file = edit.path.clone();
            return Err(InstallError::Meanwhile { file });
        }
    }
    let staged_dir = match &change.directory {
        Directory::Keep => None,
        Directory::Create(contents) | Directory::Fill(contents) => Some(stage_dir(contents, base)?),
    };
    let mut pieces = stage_edits(&change.first, base)?;
    pieces.extend(
        staged_dir
            .iter()
            .map(|dir| (Piece::Directory(dir.path()), None)),
    );
    pieces.extend(stage_edits(&change.edits, base)?);
    let made = missing_dirs(change);
    let mut done = Vec::new();
    for staged in pieces {
        let piece = staged.0;
        let mut result = put(change, staged);
        // A directory may have been filled in part.
        let is_filled = matches!(change.directory, Directory::Fill(_));
        if result.is_ok() || is_filled && matches!(piece, Piece::Directory(_)) {
            done.push(piece);
        }
        if let Err(InstallError::Io { lost, .. }) = &mut result {
            *lost = undo(change, base, &done);
            // An empty directory that cannot be removed does no harm.
            made.iter().rev().for_each(|dir| drop(fs::remove_dir(dir)));
        }
        result?;
    }
    Ok(())
}

/// A directory or file that is renamed in one step.
#[derive(Clone, Copy)]
enum Piece<'a> {
    /// The module's directory, staged at this path.
    Directory(&'a Path),
    /// A file.
    File(&'a Edit),
}

/// A piece, and its staged file unless it is a directory or a removal.
type Staged<'a> = (Piece<'a>, Option<NamedTempFile>);

/// Renames a piece to its destination.
fn put(change: &Change, (piece, text): Staged<'_>) -> Result<(), InstallError> {
    match piece {
        Piece::Directory(staged) => place_dir(staged, &change.dir, &change.directory),
        Piece::File(edit) => place_edit(edit, text).map_err(io_error("replace", &edit.path)),
    }
}

/// The directories to make for files, the outermost first.
fn missing_dirs(change: &Change) -> BTreeSet<PathBuf> {
    let edits = change.first.iter().chain(&change.edits);
    let dirs = edits.flat_map(|edit| {
        edit.path
            .ancestors()
            .skip(1)
            .take_while(|dir| !dir.exists())
    });
    dirs.map(Path::to_owned).collect()
}

/// Locks `base` and the directories of all edits against a second run, until the result is dropped. The
/// locks are taken in the order of absolute paths. Leftovers of killed runs are removed there.
fn lock(change: &Change, base: &Path) -> Result<Vec<File>, InstallError> {
    let edits = change.first.iter().chain(&change.edits);
    let dirs = edits.filter_map(|edit| edit.path.parent());
    let dirs = dirs.chain([base]).filter_map(|dir| dir.canonicalize().ok());
    let lock = |dir: &PathBuf| {
        let file = File::open(dir).map_err(io_error("open", dir))?;
        rustix::fs::flock(&file, FlockOperation::LockExclusive)
            .map_err(|errno| io_error("lock", dir)(errno.into()))?;
        remove_leftovers(dir);
        Ok(file)
    };
    dirs.collect::<BTreeSet<_>>().iter().map(lock).collect()
}

/// Removes the leftovers of a killed run. The lock ensures that no other run uses them.
fn remove_leftovers(dir: &Path) {
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with(STAGING) {
            let path = entry.path();
            // A leftover that cannot be removed does no harm.
            let _ = if path.is_dir() {
                fs::remove_dir_all(&path)
            } else {
                fs::remove_file(&path)
            };
        }
    }
}

fn stage_dir(contents: &Contents, parent: &Path) -> Result<TempDir, InstallError> {
    let staged = tempfile::Builder::new()
        .prefix(STAGING)
        .permissions(fs::Permissions::from_mode(0o755))
        .tempdir_in(parent)
        .map_err(io_error("write to", parent))?;
    step("stage-dir").map_err(io_error("write to", parent))?;
    let manifest = contents.manifest.text();
    let files = contents
        .files
        .iter()
        .map(|(path, file)| (path, file.text.as_str()));
    for (path, text) in files.chain([(manifest::FILE, manifest.as_str())]) {
        write(&staged.path().join(path), text)?;
    }
    Ok(staged)
}

fn write(path: &Path, text: &str) -> Result<(), InstallError> {
    let written = || {
        step("write-file")?;
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(path, text)?;
        fs::set_permissions(path, fs::Permissions::from_mode(mode(path)))
    };
    written().map_err(io_error("write", path))
}

/// The permissions of a new file: scripts are executable.
fn mode(path: &Path) -> u32 {
    if path.extension().is_some_and(|extension| extension == "sh") {
        0o755
    } else {
        0o644
    }
}

/// Stages edits, in order.
fn stage_edits<'a>(edits: &'a [Edit], base: &Path) -> Result<Vec<Staged<'a>>, InstallError> {
    let edits = edits.iter();
    let staged = edits.map(|edit| {
        let file = stage_edit(edit, base).map_err(io_error("write to", base))?;
        Ok((Piece::File(edit), file))
    });
    staged.collect()
}

/// Writes the content of an edit to a file in `base`; `None` if the edit removes its file.
fn stage_edit(edit: &Edit, base: &Path) -> io::Result<Option<NamedTempFile>> {
    let Some(text) = &edit.new else {
        return Ok(None);
    };
    let permissions = match fs::metadata(&edit.path) {
        Ok(metadata) => metadata.permissions(),
        Err(_) => fs::Permissions::from_mode(mode(&edit.path)),
    };
    step("stage-edit")?;
    let staged = tempfile::Builder::new().prefix(STAGING).tempfile_in(base)?;
    fs::write(staged.path(), text)?;
    fs::set_permissions(staged.path(), permissions)?;
    Ok(Some(staged))
}

fn place_dir(staged: &Path, dir: &Path, directory: &Directory) -> Result<(), InstallError> {
    let placed = || {
        step("place-dir")?;
        rename_dir(staged, dir, directory)
    };
    placed().map_err(io_error("make", dir))
}

/// Renames a directory, or its entries.
fn rename_dir(from: &Path, to: &Path, directory: &Directory) -> io::Result<()> {
    if let Directory::Fill(_) = directory {
        return move_entries(from, to);
    }
    // rename() replaces an empty directory, and fails for any other.
    fs::rename(from, to)
}

/// Moves all entries of a directory to another one.
fn move_entries(from: &Path, to: &Path) -> io::Result<()> {
    for entry in entries(from)? {
        let name = entry?.file_name();
        fs::rename(from.join(&name), to.join(&name))?;
    }
    Ok(())
}

/// The entries of a directory, without leftovers and staged files.
pub(super) fn entries(dir: &Path) -> io::Result<impl Iterator<Item = io::Result<DirEntry>>> {
    let is_staged = |entry: &io::Result<DirEntry>| {
        let is = |entry: &DirEntry| entry.file_name().to_string_lossy().starts_with(STAGING);
        entry.as_ref().is_ok_and(is)
    };
    Ok(fs::read_dir(dir)?.filter(move |entry| !is_staged(entry)))
}

fn place_edit(edit: &Edit, staged: Option<NamedTempFile>) -> io::Result<()> {
    step("place-edit")?;
    let Some(staged) = staged else {
        fs::remove_file(&edit.path)?;
        // Fails, as it should, for a directory that has more files.
        let _ = edit.path.parent().map(fs::remove_dir);
        return Ok(());
    };
    if let Some(parent) = edit.path.parent() {
        fs::create_dir_all(parent)?;
    }
    staged.persist(&edit.path).map_err(|error| error.error)?;
    Ok(())
}

/// Undoes the steps done so far. Returns the files and directories for which that fails.
fn undo(change: &Change, base: &Path, done: &[Piece<'_>]) -> Vec<PathBuf> {
    let mut lost = Vec::new();
    for piece in done.iter().rev() {
        let (path, result) = match piece {
            Piece::Directory(staged) => {
                let moved = rename_dir(&change.dir, staged, &change.directory);
                (&change.dir, moved)
            }
            Piece::File(edit) => (&edit.path, restore(edit, base)),
        };
        if result.is_err() {
            lost.push(path.clone());
        }
    }
    lost
}

/// Undoes an edit. Directories that the run has made are removed by its caller.
fn restore(edit: &Edit, base: &Path) -> io::Result<()> {
    let back = Edit {
        path: edit.path.clone(),
        old: edit.new.clone(),
        new: edit.old.clone(),
    };
    match stage_edit(&back, base)? {
        None => fs::remove_file(&back.path),
        staged => place_edit(&back, staged),
    }
}
