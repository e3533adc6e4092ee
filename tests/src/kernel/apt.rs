// SPDX-License-Identifier: GPL-2.0-only

//! Debian packages of kernels, fetched with the settings of apt on this machine, or with others.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::setup::packages;
use crate::shell::{cache, empty, logged, output};

/// Debian suites with newer kernels.
const SUITES: [&str; 5] = [
    "trixie-backports",
    "forky-backports",
    "forky",
    "sid",
    "experimental",
];

/// The package of a kernel's source.
pub(super) fn package(version: &str) -> String {
    format!("linux-source-{version}")
}

/// Downloads the source package to `dir`, from the suites of this machine or a newer one.
pub(super) fn fetch(version: &str, dir: &Path) -> Result<PathBuf> {
    packages()?;
    let package = package(version);
    println!("fetching {package}");
    let own = Apt::machine();
    if own.has(&package) {
        return own.download(&package, dir);
    }
    let foreign = Apt::newer_suites()?;
    if foreign.has(&package) {
        return foreign.download(&package, dir);
    }
    bail!(
        "no Debian suite has {package}; name another version (`apt-cache search linux-source` lists \
         them), or a tree of your own in TCM_KERNEL_SOURCE and TCM_KERNEL_BUILD"
    );
}

/// apt with the settings of this machine, or with others.
pub(crate) struct Apt {
    options: Vec<String>,
}

impl Apt {
    pub(super) fn machine() -> Self {
        Self {
            options: Vec::new(),
        }
    }

    /// apt with [`SUITES`] of this machine's mirror.
    pub(crate) fn newer_suites() -> Result<Self> {
        Self::apart("apt", &SUITES, &[])
    }

    /// apt with the packages of a stable release for another processor.
    pub(crate) fn arm64() -> Result<Self> {
        let arm64 = ["APT::Architecture=arm64", "APT::Architectures=arm64"];
        Self::apart("apt-arm64", &["stable"], &arm64)
    }

    /// apt with separate lists, in a directory of the cache, and more options. It leaves the settings
    /// of the machine unchanged.
    fn apart(name: &str, suites: &[&str], more: &[&str]) -> Result<Self> {
        let dir = cache()?.join(name);
        for part in ["sources", "lists/partial", "cache/archives/partial"] {
            fs::create_dir_all(dir.join(part))?;
        }
        let mirror = mirror()?;
        let keyring = "/usr/share/keyrings/debian-archive-keyring.gpg";
        let source = suites
            .iter()
            .map(|suite| format!("deb [signed-by={keyring}] {mirror} {suite} main\n"));
        fs::write(dir.join("sources/suites.list"), source.collect::<String>())?;
        let dir = dir.display();
        let mut apt = Self {
            options: vec![
                "Dir::Etc::SourceList=/dev/null".to_owned(),
                format!("Dir::Etc::SourceParts={dir}/sources"),
                format!("Dir::State::Lists={dir}/lists"),
                format!("Dir::Cache={dir}/cache"),
                "Dir::State::status=/dev/null".to_owned(),
                "APT::Sandbox::User=".to_owned(),
            ],
        };
        apt.options.extend(more.iter().map(ToString::to_string));
        // Suites that do not exist yet are no error: one suite with the package is enough.
        let log = cache()?.join("apt-suites.log");
        let _ = logged(apt.command("apt-get").arg("update"), &log);
        Ok(apt)
    }

    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        for option in &self.options {
            command.arg("-o").arg(option);
        }
        command
    }

    /// Names of all packages with kernel sources.
    pub(super) fn sources(&self) -> Result<String> {
        output(self.command("apt-cache").args(["pkgnames", "linux-source"]))
    }

    fn has(&self, package: &str) -> bool {
        output(self.command("apt-cache").args(["show", package])).is_ok_and(|text| !text.is_empty())
    }

    pub(crate) fn download(&self, package: &str, dir: &Path) -> Result<PathBuf> {
        let dir = dir.join("download");
        empty(&dir)?;
        let mut command = self.command("apt-get");
        command.args(["download", package]).current_dir(&dir);
        logged(&mut command, &dir.with_extension("log"))?;
        let mut files = fs::read_dir(dir)?.filter_map(|entry| Some(entry.ok()?.path()));
        files.next().context("apt-get download gave no package")
    }
}

/// Address of this machine's Debian mirror.
pub(crate) fn mirror() -> Result<String> {
    let format = "$(SITE) $(REPO_URI) $(ORIGIN) $(LABEL)";
    let mut command = Command::new("apt-get");
    command.args([
        "indextargets",
        "--format",
        format,
        "Created-By: Packages",
        "Origin: Debian",
    ]);
    let targets = output(&mut command)?;
    let debian = targets
        .lines()
        .find(|line| line.ends_with(" Debian Debian"));
    let uri = debian.and_then(|line| line.split(' ').nth(1));
    uri.map(ToOwned::to_owned)
        .context("the machine's package sources have no Debian mirror; run `apt-get update`")
}

/// Unpacks the tree of a source package to `source`, which exists only when it is complete.
pub(super) fn unpack(package: &Path, source: &Path) -> Result<()> {
    println!("unpacking {}", package.display());
    let scratch = source.with_extension("unpacking");
    empty(&scratch)?;
    let mut unpack = Command::new("dpkg-deb");
    output(unpack.arg("-x").arg(package).arg(&scratch))?;
    let tarball = fs::read_dir(scratch.join("usr/src"))?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .find(|path| path.to_string_lossy().ends_with(".tar.xz"))
        .with_context(|| format!("no tarball in {}", package.display()))?;
    let tree = scratch.join("tree");
    fs::create_dir(&tree)?;
    let mut tar = Command::new("tar");
    tar.arg("-xf").arg(tarball).arg("-C").arg(&tree);
    output(tar.arg("--strip-components=1"))?;
    if source.exists() {
        fs::remove_dir_all(source)?;
    }
    fs::rename(tree, source)?;
    Ok(fs::remove_dir_all(scratch)?)
}
