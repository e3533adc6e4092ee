// SPDX-License-Identifier: GPL-2.0-only

//! A minimal kernel tree, for tests that need no kernel.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, exit};
use std::sync::Once;

use anyhow::Result;
use tcm_bindings::libclang_version;
use tcm_mod_builder::kernel::header::SUBCOMMAND;
use tempfile::TempDir;

use crate::module::{Profile, builder};
use crate::shell::checkout;

/// Number of ops in the fabric header of `tests/fixtures/tree`.
pub const OPS: usize = 34;

/// A copy of `tests/fixtures/tree` that a test may change.
#[derive(Debug)]
pub struct FixtureTree(TempDir);

impl FixtureTree {
    /// Makes a copy. Ends the program if libclang, which parses the header, is missing: one message
    /// replaces the failure of each test.
    ///
    /// # Errors
    ///
    /// If the copy cannot be written.
    pub fn new() -> Result<Self> {
        static LIBCLANG: Once = Once::new();
        LIBCLANG.call_once(need_libclang);
        let dir = tempfile::tempdir()?;
        copy(&checkout().join("tests/fixtures/tree"), dir.path())?;
        Ok(Self(dir))
    }

    /// The root of the tree.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// The fabric header.
    #[must_use]
    pub fn header(&self) -> PathBuf {
        self.path().join("include/target/target_core_fabric.h")
    }

    /// The directory of the fabric modules.
    #[must_use]
    pub fn target(&self) -> PathBuf {
        self.path().join("drivers/target")
    }

    /// Replaces the first occurrence of a text in a file.
    ///
    /// # Errors
    ///
    /// If the file cannot be read or written.
    ///
    /// # Panics
    ///
    /// If the file does not contain the text: the test would prove nothing.
    pub fn replace(&self, file: &Path, from: &str, to: &str) -> Result<()> {
        let text = fs::read_to_string(file)?;
        assert!(text.contains(from), "{} has no `{from}`", file.display());
        fs::write(file, text.replacen(from, to, 1))?;
        Ok(())
    }

    /// All files with their bytes, for a later comparison.
    ///
    /// # Errors
    ///
    /// If the tree cannot be read.
    pub fn snapshot(&self) -> Result<Vec<(PathBuf, Vec<u8>)>> {
        let mut files = Vec::new();
        collect(self.path(), &mut files)?;
        files.sort();
        Ok(files)
    }
}

/// Ends the test program with a message if libclang is missing.
fn need_libclang() {
    let mut reader = Command::new(builder(Profile::Dev).expect("cargo builds the generator"));
    reader.arg(SUBCOMMAND);
    let Err(error) = libclang_version(reader) else {
        return;
    };
    let program = std::env::current_exe().unwrap_or_default();
    let name = program.file_stem().unwrap_or_default().to_string_lossy();
    let name = name.rsplit_once('-').map_or(&*name, |(name, _)| name);
    let message = format!(
        "\n\
         Error: {error}\n\n\
         The tests of `{name}` read a header with it, and have ended here. The results above hold.\n\
         Next: install it, then run this again\n\
         or run what does without: cargo test --no-fail-fast, which repeats this message for each\n\
         program that has such tests\n\n"
    );
    // The test harness captures the output of macros.
    let _ = io::stderr().write_all(message.as_bytes());
    exit(1);
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let to = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            fs::create_dir_all(&to)?;
            copy(&entry.path(), &to)?;
        } else {
            fs::copy(entry.path(), to)?;
        }
    }
    Ok(())
}

fn collect(dir: &Path, files: &mut Vec<(PathBuf, Vec<u8>)>) -> Result<()> {
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        if path.is_dir() {
            files.push((path.clone(), Vec::new()));
            collect(&path, files)?;
        } else {
            files.push((path.clone(), fs::read(&path)?));
        }
    }
    Ok(())
}
