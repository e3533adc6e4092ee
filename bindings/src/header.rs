// SPDX-License-Identifier: GPL-2.0-only

//! Finds and reads the header, and the source of target core that checks the ops.
//!
//! Only text files of a header's size are read.

use std::fs::{self, File, FileType};
use std::io::{self, Read};
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};

use crate::Error;

/// Names of the header below `include/target`, the newest first.
pub const HEADER_NAMES: [&str; 2] = ["target_core_fabric.h", "target_core_fabric_ops.h"];

/// The directory of the header in a kernel source tree.
const HEADER_DIR: &str = "include/target";

/// The source with `target_fabric_tf_ops_check()` in a kernel source tree.
const CHECK_SOURCE: &str = "drivers/target/target_core_configfs.c";

/// Maximum size of a file in bytes; the kernel's header has 9,000, its source a hundred thousand.
const MOST_BYTES: u64 = 1 << 20;

/// A fabric header.
#[derive(Clone, Debug)]
pub struct Header {
    path: PathBuf,
    check_source: Option<PathBuf>,
}

impl Header {
    /// Finds the fabric header of the kernel source tree `dir`, which need not be configured.
    ///
    /// # Errors
    ///
    /// [`Error::NoHeader`] if `dir` has none of [`HEADER_NAMES`] below `include/target`.
    pub fn in_tree(dir: &Path) -> Result<Self, Error> {
        let path = HEADER_NAMES
            .iter()
            .map(|name| dir.join(HEADER_DIR).join(name))
            .find(|path| path.is_file())
            .ok_or_else(|| Error::NoHeader {
                dir: dir.to_owned(),
            })?;
        Ok(Self {
            path,
            check_source: check_source(dir),
        })
    }

    /// Takes any file as the header. In a kernel source tree, target core's source is read too.
    #[must_use]
    pub fn file(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            check_source: tree_of(path).and_then(|tree| check_source(&tree)),
        }
    }

    /// The header's path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The header's text.
    pub(crate) fn text(&self) -> Result<String, Error> {
        read(&self.path)
    }

    /// The path and text of the source that checks the ops; `None` outside a kernel source tree.
    pub(crate) fn check_source(&self) -> Result<Option<(&Path, String)>, Error> {
        match &self.check_source {
            Some(path) => Ok(Some((path, read(path)?))),
            None => Ok(None),
        }
    }
}

fn check_source(tree: &Path) -> Option<PathBuf> {
    let source = tree.join(CHECK_SOURCE);
    source.is_file().then_some(source)
}

/// The kernel source tree that has `header` in its `include/target`.
fn tree_of(header: &Path) -> Option<PathBuf> {
    let dir = match header.parent()? {
        dir if dir.as_os_str().is_empty() => Path::new("."),
        dir => dir,
    };
    let dir = fs::canonicalize(dir).ok()?;
    let tree = dir.parent()?.parent()?;
    dir.ends_with(HEADER_DIR).then(|| tree.to_owned())
}

/// Reads a text file. Bytes that are not UTF-8, as in names in old comments, are replaced.
fn read(path: &Path) -> Result<String, Error> {
    let failed = |error: io::Error| Error::Read {
        path: path.to_owned(),
        error,
    };
    // The type is checked before the file is opened: opening a pipe would wait for a writer.
    let found = fs::metadata(path).map_err(failed)?;
    if !found.is_file() {
        return Err(Error::NotAFile {
            path: path.to_owned(),
            what: kind(found.file_type()),
        });
    }
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(failed)?;
    file.take(MOST_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(failed)?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(Error::TooLarge {
            path: path.to_owned(),
            most: MOST_BYTES,
        });
    }
    if bytes.contains(&0) {
        return Err(Error::Binary {
            path: path.to_owned(),
        });
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn kind(found: FileType) -> &'static str {
    if found.is_dir() {
        "a directory"
    } else if found.is_fifo() {
        "a pipe"
    } else if found.is_socket() {
        "a socket"
    } else {
        "a device"
    }
}
