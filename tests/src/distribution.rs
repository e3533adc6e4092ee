// SPDX-License-Identifier: GPL-2.0-only

//! The kernel of a distribution: headers packages of Debian, unpacked as by `dpkg`.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};
use rustix::fs::FlockOperation;

use crate::kernel::Apt;
use crate::shell::{cache, lock, output, text};

/// The suite, and its package that depends on the newest headers.
const SUITE: &str = "trixie-backports";
const NEWEST: &str = "linux-headers-amd64";

/// The headers packages of one kernel, unpacked.
#[derive(Clone, Debug)]
pub struct Headers {
    /// The directory in place of `/usr/src`.
    pub src: PathBuf,
    /// The release, as in `uname -r`.
    pub release: String,
}

impl Headers {
    /// Fetches the packages, and unpacks them in the cache.
    ///
    /// # Errors
    ///
    /// If a package cannot be fetched.
    pub fn get() -> Result<Self> {
        let dir = cache()?.join("headers");
        fs::create_dir_all(&dir)?;
        let _fetching = lock(&dir, FlockOperation::LockExclusive)?;
        let stamp = dir.join("release");
        if text(&stamp).is_empty() {
            let apt = Apt::newer_suites()?;
            let release = newest(&apt)?;
            let (common, _) = release
                .rsplit_once('-')
                .context("a release has a flavour")?;
            let kbuild = format!("linux-kbuild-{common}");
            let packages = [
                format!("linux-headers-{release}"),
                format!("linux-headers-{common}-common"),
                kbuild,
            ];
            for package in packages {
                println!("fetching {package}");
                let file = apt.download(&package, &dir)?;
                let mut unpack = Command::new("dpkg-deb");
                output(unpack.arg("-x").arg(&file).arg(&dir))?;
                fs::remove_file(file)?;
            }
            fs::write(&stamp, release)?;
        }
        Ok(Self {
            src: dir.join("usr/src"),
            release: text(&stamp),
        })
    }

    /// The directory of the flavour, the target of the link `/lib/modules/V/build`.
    #[must_use]
    pub fn build(&self) -> PathBuf {
        self.src.join(format!("linux-headers-{}", self.release))
    }

    /// The directory shared by all flavours.
    #[must_use]
    pub fn common(&self) -> PathBuf {
        let common = self
            .release
            .rsplit_once('-')
            .map_or("", |(common, _)| common);
        self.src.join(format!("linux-headers-{common}-common"))
    }

    /// The upstream version, such as `7.3.4`.
    #[must_use]
    pub fn version(&self) -> &str {
        self.release.split(['+', '-']).next().unwrap_or_default()
    }
}

/// The release of the suite's newest kernel.
fn newest(apt: &Apt) -> Result<String> {
    let mut depends = apt.command("apt-cache");
    let depends = output(depends.args(["depends", &format!("{NEWEST}/{SUITE}")]))?;
    let headers = depends
        .lines()
        .find_map(|line| line.trim().strip_prefix("Depends: linux-headers-"));
    headers
        .map(ToOwned::to_owned)
        .with_context(|| format!("no headers in {SUITE}:\n{depends}"))
}
