// SPDX-License-Identifier: GPL-2.0-only

//! Writes files to the file system: all of them or none.
//!
//! Files are staged beside their destination first, so that a full disk or a missing permission is
//! found before anything changes. Then they are renamed; if a rename fails, the earlier ones are
//! undone. A killed run leaves a directory or file whose name starts with [`STAGING`], which the next
//! run removes.

use std::collections::BTreeSet;
use std::fs::{self, DirEntry, File};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use rustix::fs::FlockOperation;
use tempfile::{NamedTempFile, TempDir};
use thiserror::Error;

use crate::module::Contents;
use crate::module::manifest::{self, ManifestError};

/// Prefix of the names of staged directories and files.
const STAGING: &str = ".tcm-mod-builder-";

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
    /// Its present text; `None` if there is no such file.
    pub old: Option<String>,
    /// Its new text; `None` to remove it.
    pub new: Option<String>,
}

/// Reason why a change was not made.
#[derive(Debug, Error)]
pub enum InstallError {
    /// A system call failed.
    #[error(
        "cannot {action} {}: {error}; nothing has been changed; {}", path.display(), remedy(error)
    )]
    Io {
        /// The step that failed.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// The system's error.
        error: io::Error,
    },
    /// The directory exists, and `--force` was not given.
    #[error(
        "cannot write to {}: it exists; choose another name, or pass --force if it is a generated \
         module without edits", dir.display()
    )]
    Exists {
        /// The directory.
        dir: PathBuf,
    },
    /// The directory's manifest is missing or unreadable.
    #[error(
        "cannot replace {}: {reason}; remove that directory, or choose another name", dir.display()
    )]
    Foreign {
        /// The directory.
        dir: PathBuf,
        /// The fault of the manifest.
        reason: ManifestError,
    },
    /// A file exists that this tool has not generated for this module.
    #[error(
        "cannot overwrite {}: it has been edited, or does not belong to this module; move it away, or \
         choose another name", file.display()
    )]
    Occupied {
        /// The file.
        file: PathBuf,
    },
    /// The author's edits would be lost.
    #[error(
        "cannot replace {}: files have been edited since they were generated ({}); move them away first",
        dir.display(), files.join(", ")
    )]
    Changed {
        /// The directory.
        dir: PathBuf,
        /// The files that differ, or are new.
        files: Vec<String>,
    },
}

/// Returns the text of a file; `None` if it does not exist.
///
/// # Errors
///
/// If it cannot be read.
pub fn read(path: &Path) -> io::Result<Option<String>> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
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
/// The step that failed. The earlier steps have been undone.
pub fn apply(change: &Change) -> Result<(), InstallError> {
    let dir = &change.dir;
    let parent = dir.parent().filter(|dir| !dir.as_os_str().is_empty());
    let parent = match change.directory {
        Directory::Fill(_) => dir,
        _ => parent.unwrap_or(Path::new(".")),
    };
    fs::create_dir_all(parent).map_err(io_error("make", parent))?;
    let _lock = lock(parent)?;
    remove_leftovers(parent);
    let staged_dir = match &change.directory {
        Directory::Keep => None,
        Directory::Create(contents) | Directory::Fill(contents) => {
            Some(stage_dir(contents, parent)?)
        }
    };
    let mut pieces = stage_edits(&change.first, parent)?;
    pieces.extend(
        staged_dir
            .iter()
            .map(|dir| (Piece::Directory(dir.path()), None)),
    );
    pieces.extend(stage_edits(&change.edits, parent)?);
    let made = missing_dirs(change);
    let mut done = Vec::new();
    for staged in pieces {
        let piece = staged.0;
        if let Err(error) = put(change, staged) {
            undo(change, parent, &done);
            // An empty directory that cannot be removed does no harm.
            made.iter().rev().for_each(|dir| drop(fs::remove_dir(dir)));
            return Err(error);
        }
        done.push(piece);
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

/// Locks the directory against a second run, until the result is dropped.
fn lock(parent: &Path) -> Result<File, InstallError> {
    let file = File::open(parent).map_err(io_error("open", parent))?;
    rustix::fs::flock(&file, FlockOperation::LockExclusive)
        .map_err(|errno| io_error("lock", parent)(errno.into()))?;
    Ok(file)
}

/// Removes the leftovers of a killed run. The lock ensures that no other run uses them.
fn remove_leftovers(parent: &Path) {
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
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
fn stage_edits<'a>(edits: &'a [Edit], parent: &Path) -> Result<Vec<Staged<'a>>, InstallError> {
    let edits = edits.iter();
    edits
        .map(|edit| Ok((Piece::File(edit), stage_edit(edit, parent)?)))
        .collect()
}

/// Writes the text of an edit to a file in `parent`; `None` if the edit removes its file.
fn stage_edit(edit: &Edit, parent: &Path) -> Result<Option<NamedTempFile>, InstallError> {
    let Some(text) = &edit.new else {
        return Ok(None);
    };
    let permissions = match fs::metadata(&edit.path) {
        Ok(metadata) => metadata.permissions(),
        Err(_) => fs::Permissions::from_mode(mode(&edit.path)),
    };
    let staged = || {
        step("stage-edit")?;
        let staged = tempfile::Builder::new()
            .prefix(STAGING)
            .tempfile_in(parent)?;
        fs::write(staged.path(), text)?;
        fs::set_permissions(staged.path(), permissions)?;
        Ok(staged)
    };
    staged().map(Some).map_err(io_error("write to", parent))
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

/// Moves all entries of a directory to another one, or none.
fn move_entries(from: &Path, to: &Path) -> io::Result<()> {
    let mut moved: Vec<(PathBuf, PathBuf)> = Vec::new();
    for entry in entries(from)? {
        let name = entry?.file_name();
        let (old, new) = (from.join(&name), to.join(&name));
        if let Err(error) = fs::rename(&old, &new) {
            for (old, new) in moved {
                let _ = fs::rename(new, old);
            }
            return Err(error);
        }
        moved.push((old, new));
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

/// Undoes the steps done so far. Failures are ignored: the first fault is reported.
fn undo(change: &Change, parent: &Path, done: &[Piece<'_>]) {
    for piece in done.iter().rev() {
        match piece {
            Piece::Directory(staged) => {
                let _ = rename_dir(&change.dir, staged, &change.directory);
            }
            Piece::File(edit) => {
                let back = Edit {
                    path: edit.path.clone(),
                    old: edit.new.clone(),
                    new: edit.old.clone(),
                };
                let _ = match stage_edit(&back, parent) {
                    // Directories that the run has created are removed by its caller.
                    Ok(None) => fs::remove_file(&back.path),
                    Ok(staged) => place_edit(&back, staged),
                    Err(_) => Ok(()),
                };
            }
        }
    }
}

pub(super) fn io_error(
    action: &'static str,
    path: &Path,
) -> impl FnOnce(io::Error) -> InstallError {
    let path = path.to_owned();
    move |error| InstallError::Io {
        action,
        path,
        error,
    }
}

/// The remedy for an error of a system call.
fn remedy(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            "name a directory that you may write to, with -k DIR or -o DIR"
        }
        io::ErrorKind::StorageFull => "free space there",
        io::ErrorKind::NotADirectory => "it is a file, or below one: name a directory with -o DIR",
        _ => "correct that, or name another directory with -k DIR or -o DIR",
    }
}
