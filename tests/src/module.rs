// SPDX-License-Identifier: GPL-2.0-only

//! Generates modules with the command that users have, and builds them as users do.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use anyhow::{Result, bail};
use rustix::fs::FlockOperation;
use tcm_mod_builder::protocol::Protocol;

use crate::kernel::Kernel;
use crate::shell::{checkout, is_directory, is_step, lock, logged, output, text};

/// `tcm-mod-builder`, built in this cargo profile. For tests it has failpoints, which do nothing
/// unless `FAILPOINTS` is set.
///
/// # Errors
///
/// If cargo cannot build it.
pub fn builder(profile: Profile) -> Result<PathBuf> {
    binary("tcm-mod-builder", "tcm-mod-builder", profile)
}

/// `configfs-rounds`, which runs in a guest.
///
/// # Errors
///
/// If cargo cannot build it.
pub fn rounds() -> Result<PathBuf> {
    binary("xtask", "configfs-rounds", Profile::Dev)
}

/// `disk-load`, which runs in a guest.
///
/// # Errors
///
/// If cargo cannot build it.
pub fn disk_load() -> Result<PathBuf> {
    binary("xtask", "disk-load", Profile::Dev)
}

/// `iscsi-client`, which runs in a guest.
///
/// # Errors
///
/// If cargo cannot build it.
pub fn iscsi_client() -> Result<PathBuf> {
    binary("xtask", "iscsi-client", Profile::Dev)
}

/// `iscsi-rate`, which runs in a guest.
///
/// # Errors
///
/// If cargo cannot build it.
pub fn iscsi_rate() -> Result<PathBuf> {
    binary("xtask", "iscsi-rate", Profile::Release)
}

/// `misuse`, which runs in a guest.
///
/// # Errors
///
/// If cargo cannot build it.
pub fn misuse() -> Result<PathBuf> {
    binary("xtask", "misuse", Profile::Dev)
}

/// The programs that this process has had built.
static BUILT: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

fn binary(package: &str, name: &str, profile: Profile) -> Result<PathBuf> {
    let mut cargo = Command::new("cargo");
    cargo.args([
        "build",
        "--quiet",
        "--package",
        package,
        "--bin",
        name,
        "--profile",
        profile.name(),
    ]);
    if package == "tcm-mod-builder" && profile == Profile::Dev {
        cargo.args(["--features", "failpoints"]);
    }
    let program = target().join(profile.directory()).join(name);
    // Cargo is called once: tests call this for each run of the program.
    let mut built = BUILT.lock().unwrap_or_else(PoisonError::into_inner);
    if !built.contains(&program) {
        output(cargo.current_dir(checkout()))?;
        built.push(program.clone());
    }
    Ok(program)
}

/// The directory of cargo's builds.
fn target() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    target.unwrap_or_else(|| checkout().join("target"))
}

/// The cargo profile of the generator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// For tests.
    Dev,
    /// For figures, and for the user.
    Release,
}

impl Profile {
    fn name(self) -> &'static str {
        match self {
            Self::Dev => "dev",
            Self::Release => "release",
        }
    }

    fn directory(self) -> &'static str {
        match self {
            Self::Dev => "debug",
            Self::Release => "release",
        }
    }
}

/// A module to generate out of tree.
#[derive(Clone, Copy, Debug)]
pub struct Module<'a> {
    /// The protocol, as `-p` takes it.
    pub proto: &'a str,
    /// The module's name.
    pub name: &'a str,
    /// More arguments, such as `--data-path` and `loopback`.
    pub options: &'a [&'a str],
}

impl Module<'_> {
    /// Generates the module in `dir`.
    ///
    /// # Errors
    ///
    /// If the generator fails.
    pub fn generate(&self, kernel: &Kernel, dir: &Path) -> Result<()> {
        let mut command = Command::new(builder(Profile::Dev)?);
        command
            .args(["-p", self.proto, "-m", self.name])
            .args(self.options)
            .arg("-k")
            .arg(&kernel.source);
        command.arg("-o").arg(dir);
        output(&mut command)?;
        Ok(())
    }
}

/// The arguments for a module that moves data.
pub const LOOPBACK: [&str; 2] = ["--data-path", "loopback"];

/// The arguments for an iSCSI target.
pub const ISCSI: [&str; 2] = ["--data-path", "iscsi"];

/// A kernel developer's arguments: clippy as the compiler, and more warnings.
const STRICT: [&str; 2] = ["CLIPPY=1", "W=1"];

/// A module of one protocol, generated and built.
#[derive(Clone, Debug)]
pub struct Built {
    /// The protocol.
    pub protocol: &'static Protocol,
    /// The module's name.
    pub module: String,
    /// The fabric's name in configfs.
    pub fabric: String,
    /// Its directory.
    pub dir: PathBuf,
}

impl Built {
    /// Generates a module in a directory of its own below `parent`, and builds it, unless another
    /// test has. Its name is made of the protocol and the values of the options. It is built with
    /// clippy and W=1, which must find nothing: so lint needs no build of its own.
    ///
    /// # Errors
    ///
    /// As [`Module::generate`] and [`build`].
    pub fn new(
        kernel: &Kernel,
        protocol: &'static Protocol,
        options: &[&str],
        parent: &Path,
    ) -> Result<Self> {
        let values = options.iter().filter(|word| !word.starts_with("--"));
        let words: Vec<_> = ["test", protocol.name]
            .iter()
            .chain(values)
            .copied()
            .collect();
        let fabric = words.join("_").to_ascii_lowercase();
        let module = format!("tcm_{fabric}");
        let dir = parent.join(&module);
        let generated = Module {
            proto: protocol.name,
            name: &module,
            options,
        };
        let lock_dir = parent.join(format!("{module}.lock"));
        std::fs::create_dir_all(&lock_dir)?;
        let _building = lock(&lock_dir, FlockOperation::LockExclusive)?;
        if !dir.join(format!("{module}.ko")).exists() {
            generated.generate(kernel, &dir)?;
            build(kernel, &dir, &STRICT)?;
        }
        Ok(Self {
            protocol,
            module,
            fabric,
            dir,
        })
    }

    /// The arguments for a script of `tests/guest` on this module: its names, then `more`.
    #[must_use]
    pub fn script(&self, name: &str, more: &str) -> String {
        let Self {
            protocol,
            module,
            fabric,
            ..
        } = self;
        format!(
            "{}/tests/guest/{name} {module} {fabric} '{}' {more}",
            checkout().display(),
            protocol.example,
        )
    }
}

/// Builds the module in `dir` for `kernel`, with more arguments to make; returns make's output.
///
/// # Errors
///
/// If make fails, or prints anything but its steps: a warning is an error.
pub fn build(kernel: &Kernel, dir: &Path, args: &[&str]) -> Result<String> {
    let log = dir.join("make.log");
    let _using = kernel.unchanged()?;
    let mut make = kernel.make();
    make.arg(format!("M={}", dir.display())).args(args);
    let result = logged(&mut make, &log);
    let said = text(&log);
    std::fs::remove_file(&log)?;
    result?;
    let is_expected = |line: &str| line.is_empty() || is_step(line) || is_directory(line);
    if !said.lines().all(is_expected) {
        bail!("make is not silent in {}:\n{}", dir.display(), said);
    }
    Ok(said)
}

/// Tries to build the module in `dir`; returns make's output, whether it failed or not.
///
/// # Errors
///
/// If the kernel is being changed.
pub fn attempt(kernel: &Kernel, dir: &Path) -> Result<String> {
    let log = dir.join("make.log");
    let _using = kernel.unchanged()?;
    let mut make = kernel.make();
    let _ = logged(make.arg(format!("M={}", dir.display())), &log);
    Ok(text(&log))
}
