// SPDX-License-Identifier: GPL-2.0-only

//! The build of the kernel crate for a headers package, from the source of the same version.
//!
//! The package's configuration, exported symbols and BTF are copied to a build directory in the cache,
//! where `make modules_prepare` is run. The build takes minutes and 250 MB of disk space.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, IsTerminal};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};
use rustix::fs::{FlockOperation, flock, statvfs};
use rustix::process::{Signal, set_parent_process_death_signal};

use crate::doctor::Tools;
use crate::kernel::{Config, Tree, prepared, upstream};
use crate::ui::print::print;

/// Files that are copied from the headers. `.kernelvariables` is Debian's, and names the compiler.
const COPIED: [&str; 4] = [".config", ".kernelvariables", "Module.symvers", "vmlinux"];

/// Space for an unpacked source, and for the kernel crate, in MiB.
const SOURCE_MIB: u64 = 1900;
const CRATE_MIB: u64 = 300;

/// The hidden subcommand of a process that becomes another program.
pub const SUBCOMMAND: &str = "run-dependent";

/// The name of a configuration that `make` has not processed yet.
const CONFIG: &str = ".config";

/// A prepared build directory.
#[derive(Debug)]
pub struct Prepared {
    /// The build directory.
    pub dir: PathBuf,
    /// Differences of its configuration from the kernel's, which are due to other tools.
    pub changed: Vec<String>,
}

/// Returns the source for these headers. An archive beside them is unpacked if necessary.
///
/// # Errors
///
/// If there is neither, or the archive is of another version.
pub fn source(tree: &Tree) -> Result<PathBuf> {
    let missing = match tree.source() {
        Ok(source) => return Ok(source.to_owned()),
        Err(error) => error,
    };
    let (Some(archive), Some(version)) = (tree.source_archive(), tree.version()) else {
        return Err(missing.into());
    };
    let cache = prepared::cache();
    let _lock = lock(&cache)?;
    print(&format!("Unpacking {}\n", archive.display()))?;
    let dir = cache.join(format!("source-{version}"));
    // The name is temporary until all is unpacked, so that a killed run leaves no partial source.
    let part = cache.join(format!("source-{version}.part"));
    empty(&part)?;
    need_space(&cache, SOURCE_MIB)?;
    let mut tar = dependent("tar");
    tar.arg("-xf").arg(&archive).arg("-C").arg(&part);
    tar.arg("--strip-components=1");
    let unpacked = run("tar", &mut tar, &cache.join("unpack.log"));
    let unpacked = unpacked.map(|()| upstream(&part).unwrap_or_default());
    if unpacked.as_ref().ok() != Some(&version) {
        fs::remove_dir_all(&part)?;
        let unpacked = unpacked?;
        bail!(
            "cannot use {}: it is of Linux {unpacked}, and the headers are of {version}; install packages \
             of one version (`apt full-upgrade` brings both to the newest)",
            archive.display()
        );
    }
    fs::rename(&part, &dir).with_context(|| format!("cannot make {}", dir.display()))?;
    Ok(dir)
}

/// Makes the build directory for the headers in `build`.
///
/// # Errors
///
/// If `make` fails, or its configuration has no Rust; the error names the log of its output.
pub fn build(tree: &Tree, build: &Path, source: &Path) -> Result<Prepared> {
    let release = tree.release().context("the headers have no release")?;
    let cache = prepared::cache();
    let _lock = lock(&cache)?;
    let dir = cache.join(&release);
    need_space(&cache, CRATE_MIB)?;
    // An existing directory is of another package, incomplete, or damaged.
    empty(&dir)?;
    for name in COPIED {
        let from = build.join(name);
        if from.is_file() {
            fs::copy(&from, dir.join(name))
                .with_context(|| format!("cannot copy {}", from.display()))?;
        }
    }
    let variables = Tools::find(build).words;
    let log = cache.join(format!("{release}.log"));
    print(&format!(
        "Making the kernel crate of {release}; see {}\n",
        log.display()
    ))?;
    let mut make = dependent("make");
    make.arg("-C")
        .arg(source)
        .arg(format!("O={}", dir.display()));
    make.args(&variables)
        .args(["olddefconfig", "modules_prepare"]);
    make.arg(format!(
        "-j{}",
        std::thread::available_parallelism().map_or(1, usize::from)
    ));
    // Settings of a calling make must not reach this one.
    make.env_remove("MAKEFLAGS")
        .env_remove("MAKELEVEL")
        .env_remove("KBUILD_EXTMOD");
    if let Err(error) = run("make", &mut make, &log) {
        fs::remove_dir_all(&dir)?;
        return Err(error);
    }
    if !Config::read(&dir).is_some_and(|config| config.is_on("RUST")) {
        bail!(
            "cannot build the kernel crate: CONFIG_RUST needs other tools than this machine has; `make -C \
             {} O={} {} rustavailable` prints the reason",
            source.display(),
            dir.display(),
            variables.join(" ")
        );
    }
    let changed = changed(&build.join(CONFIG), &dir.join(CONFIG));
    fs::write(dir.join(prepared::STAMP), stamp(&variables))?;
    Ok(Prepared { dir, changed })
}

/// Makes an empty directory in place of an earlier one.
fn empty(dir: &Path) -> Result<()> {
    if dir.exists() {
        fs::remove_dir_all(dir).with_context(|| format!("cannot remove {}", dir.display()))?;
    }
    fs::create_dir_all(dir).with_context(|| format!("cannot make {}", dir.display()))
}

/// Locks the cache until the result is dropped. It creates the cache if necessary.
fn lock(cache: &Path) -> Result<File> {
    let open = || {
        fs::create_dir_all(cache)?;
        File::create(cache.join("lock"))
    };
    let file = open().with_context(|| {
        let remedy = prepared::other_cache().unwrap_or("make it writable");
        format!("cannot write to {} ({remedy})", cache.display())
    })?;
    if flock(&file, FlockOperation::NonBlockingLockExclusive).is_err() {
        print("Waiting for another `tcm-mod-builder prepare` to end\n")?;
        flock(&file, FlockOperation::LockExclusive)?;
    }
    Ok(file)
}

/// Checks the free space of a directory.
fn need_space(dir: &Path, mib: u64) -> Result<()> {
    let system = statvfs(dir)?;
    let free = system.f_bavail * system.f_frsize / (1 << 20);
    if free < mib {
        let other = prepared::other_cache().map_or(String::new(), |other| format!(", or {other}"));
        bail!(
            "cannot write to {}: {mib} MiB are needed, and {free} MiB are free; free space{other}",
            dir.display()
        );
    }
    Ok(())
}

/// The text that marks the build directory as complete. A module's `tools.sh` finds the tools in it.
fn stamp(variables: &[String]) -> String {
    format!(
        "# Written by tcm-mod-builder prepare, after all other files.\nPREPARED_WITH := {}\n",
        variables.join(" ")
    )
}

/// The differences between two configurations.
fn changed(old: &Path, new: &Path) -> Vec<String> {
    let lines = |path: &Path| -> BTreeSet<String> {
        let text = fs::read_to_string(path).unwrap_or_default();
        let set = text.lines().filter(|line| line.starts_with("CONFIG_"));
        set.map(ToOwned::to_owned).collect()
    };
    let (old, new) = (lines(old), lines(new));
    let differences = old.symmetric_difference(&new).map(|line| {
        if old.contains(line) {
            format!("the kernel has {line}, and the kernel crate lacks it")
        } else {
            format!("the kernel crate has {line}, and the kernel lacks it")
        }
    });
    differences.collect()
}

/// A command that is ended with this program, however that ends: a process of this program becomes
/// the other one, by [`become_dependent`].
fn dependent(program: &str) -> Command {
    let mut command = Command::new("/proc/self/exe");
    command.args([SUBCOMMAND, program]);
    command
}

/// Runs a command in place of this process. It is ended when the parent process ends.
///
/// # Errors
///
/// If it cannot be run.
pub fn become_dependent(mut words: impl Iterator<Item = OsString>) -> Result<Infallible> {
    set_parent_process_death_signal(Some(Signal::TERM))?;
    let program = words.next().unwrap_or_default();
    let error = Command::new(&program).args(words).exec();
    Err(error).with_context(|| format!("cannot run {}", Path::new(&program).display()))
}

/// Runs a program that takes minutes. Its output goes to a log; a terminal shows the elapsed time.
fn run(name: &str, command: &mut Command, log: &Path) -> Result<()> {
    let file =
        File::create(log).with_context(|| format!("cannot write the log {}", log.display()))?;
    let mut child = command
        .stdin(Stdio::null())
        .stdout(file.try_clone()?)
        .stderr(file)
        .spawn()
        .with_context(|| format!("cannot run {name}"))?;
    let start = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if io::stdout().is_terminal() {
            print(&format!("\r  {} s ", start.elapsed().as_secs()))?;
        }
        std::thread::sleep(Duration::from_millis(200));
    };
    if io::stdout().is_terminal() {
        print("\r")?;
    }
    if status.success() {
        return Ok(());
    }
    let text = String::from_utf8_lossy(&fs::read(log)?).into_owned();
    let lines: Vec<_> = text.lines().collect();
    let words = ["rror:", "rror[", "No space", "annot"];
    let mut reasons = lines
        .iter()
        .filter(|line| words.iter().any(|word| line.contains(word)));
    let reason = reasons.next().copied().unwrap_or_default();
    let end = lines[lines.len().saturating_sub(5)..].join("\n");
    Err(anyhow!(
        "{name} failed: {reason}\nIts output is in {}, which ends:\n{end}",
        log.display()
    ))
}
