// SPDX-License-Identifier: GPL-2.0-only

//! The Debian package. The packaged program writes its manual pages and completions.
//! `generator/Cargo.toml` has the place of each file.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::module::{Profile, builder};
use crate::setup::cargo_deb;
use crate::shell::{checkout, output};

/// Shells whose completions Debian has a directory for.
const SHELLS: [&str; 3] = ["bash", "fish", "zsh"];

/// Makes the package from the release build. Returns its path.
///
/// # Errors
///
/// If the program or the package cannot be built.
pub fn deb() -> Result<PathBuf> {
    let program = builder(Profile::Release)?;
    // `generator/Cargo.toml` takes these files from target/release/package.
    let dir = program.with_file_name("package");
    pages(&program, &dir)?;
    for shell in SHELLS {
        let script = output(Command::new(&program).args(["completions", shell]))?;
        fs::write(dir.join(shell), script)?;
    }
    let mut cargo = Command::new(cargo_deb()?);
    cargo.args(["--no-build", "--package", "tcm-mod-builder"]);
    let said = output(cargo.current_dir(checkout()))?;
    let path = said.lines().last().context("cargo-deb names no package")?;
    Ok(PathBuf::from(path))
}

/// Writes the manual pages to a new directory, compressed by Debian's rules, reproducibly.
fn pages(program: &Path, dir: &Path) -> Result<()> {
    if dir.exists() {
        fs::remove_dir_all(dir)?;
    }
    output(Command::new(program).arg("man").arg(dir))?;
    let mut gzip = Command::new("gzip");
    gzip.args(["-9", "--no-name"]);
    for entry in fs::read_dir(dir)? {
        gzip.arg(entry?.path());
    }
    output(&mut gzip)?;
    Ok(())
}
