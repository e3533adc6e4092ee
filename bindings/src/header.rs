// SPDX-License-Identifier: GPL-2.0-only

//! Where the header lies, and beside it target core's own check of the ops.

use std::fs;
use std::path::{Path, PathBuf};

use crate::{Demands, Error};

/// The header's names, the newest first, below `include/target`.
pub const HEADER_NAMES: [&str; 2] = ["target_core_fabric.h", "target_core_fabric_ops.h"];

/// The source that holds `target_fabric_tf_ops_check()`, below a kernel source tree.
const CHECK_SOURCE: &str = "drivers/target/target_core_configfs.c";

/// A fabric header, found.
#[derive(Clone, Debug)]
pub struct Header {
    path: PathBuf,
    check_source: Option<PathBuf>,
}

impl Header {
    /// The fabric header of the kernel source tree `dir`, which need not be configured.
    ///
    /// # Errors
    ///
    /// [`Error::NoHeader`] if `dir` holds neither of [`HEADER_NAMES`] below `include/target`.
    pub fn in_tree(dir: &Path) -> Result<Self, Error> {
        let path = HEADER_NAMES
            .iter()
            .map(|name| dir.join("include/target").join(name))
            .find(|path| path.is_file())
            .ok_or_else(|| Error::NoHeader {
                dir: dir.to_owned(),
            })?;
        let source = dir.join(CHECK_SOURCE);
        Ok(Self {
            path,
            check_source: source.is_file().then_some(source),
        })
    }

    /// A header file by itself, with no kernel tree round it.
    #[must_use]
    pub fn file(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            check_source: None,
        }
    }

    /// The header's path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Which ops target core demands: from its source if that is at hand, else from the table.
    pub(crate) fn demands(&self) -> Result<Demands, Error> {
        let Some(path) = &self.check_source else {
            return Ok(Demands::from_table());
        };
        let source = read(path)?;
        Ok(Demands::from_source(&source).unwrap_or_else(Demands::from_table))
    }

    pub(crate) fn text(&self) -> Result<String, Error> {
        read(&self.path)
    }
}

fn read(path: &Path) -> Result<String, Error> {
    let bytes = fs::read(path).map_err(|source| Error::Read {
        path: path.to_owned(),
        source,
    })?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
