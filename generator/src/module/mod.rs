// SPDX-License-Identifier: GPL-2.0-only

//! A generated module as data: its files with their owners, and its manifest.

pub mod files;
pub mod manifest;

use files::Files;
use manifest::Manifest;

/// The content of a module's directory.
#[derive(Debug)]
pub struct Contents {
    /// The module's files.
    pub files: Files,
    /// Their manifest.
    pub manifest: Manifest,
}
