// SPDX-License-Identifier: GPL-2.0-only

//! Finds the directories of a kernel from the one that a user names: a source tree, a build directory,
//! or the headers package of a distribution.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use thiserror::Error;

use super::{prepared, version};
use crate::distro::{Distro, Package, series};
use crate::ui::print::word;

/// The directories of a kernel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tree {
    /// Directory that the user named, or that was found.
    named: PathBuf,
    /// Directory with `include/target`.
    headers: PathBuf,
    /// Directory with the source of the kernel crate.
    source: Option<PathBuf>,
    /// Directory with a configuration.
    build: Option<PathBuf>,
}

/// The source of the kernel crate is missing.
#[derive(Debug, Error)]
#[error("cannot find the kernel crate's source: {found}; {remedy}")]
pub struct NoSource {
    /// The finding.
    pub found: String,
    /// The remedy.
    pub remedy: String,
}

impl Tree {
    /// Recognizes the kernel in a directory.
    fn at(dir: &Path) -> Option<Self> {
        let is_configured = |dir: &&Path| {
            dir.join(".config").is_file() || dir.join("include/config/auto.conf").is_file()
        };
        let build = Some(dir).filter(is_configured);
        let own = Some(dir.to_owned()).filter(|dir| has_headers(dir));
        let headers = own.or_else(|| source_of(build?))?;
        let source = if has_crate(&headers) {
            Some(headers.clone())
        } else {
            source_beside(&headers)
        };
        Some(Self {
            named: dir.to_owned(),
            headers,
            source,
            build: build.map(Path::to_owned),
        })
    }

    /// The directory that the user named, or that was found.
    #[must_use]
    pub fn named(&self) -> &Path {
        &self.named
    }

    /// The directory with target core's headers, and with its source if that was found.
    #[must_use]
    pub fn headers(&self) -> &Path {
        self.source.as_ref().unwrap_or(&self.headers)
    }

    /// Returns true if the headers are a package of their own, apart from the source.
    #[must_use]
    pub fn is_headers_package(&self) -> bool {
        self.source.as_ref() != Some(&self.headers) && !has_kconfig(&self.headers)
    }

    /// The source tree, which has the kernel crate's source.
    ///
    /// # Errors
    ///
    /// [`NoSource`] if it is missing.
    pub fn source(&self) -> Result<&Path, NoSource> {
        self.source.as_deref().ok_or_else(|| self.no_source())
    }

    fn no_source(&self) -> NoSource {
        if !self.is_headers_package() {
            let dir = self.headers.display();
            return NoSource {
                found: format!("{dir} has no rust/kernel"),
                remedy: "name a source tree of Linux 6.12 or newer with -k DIR".to_owned(),
            };
        }
        let (dir, release) = (self.named.display(), self.release());
        let version = release.unwrap_or_else(|| "an unknown version".to_owned());
        NoSource {
            found: format!(
                "{dir} is a headers package of Linux {version}, which lacks the kernel crate's source"
            ),
            remedy: self.source_remedy(),
        }
    }

    /// The remedy for a headers package without the source.
    fn source_remedy(&self) -> String {
        let named = word(&self.named);
        if self.build.is_none() {
            return "all flavours of that version share these headers; name those of one flavour, such \
                    as /lib/modules/V/build, with -k DIR"
                .to_owned();
        }
        if let Some(other) = unpacked(&self.headers).find(|dir| has_crate(dir)) {
            return format!(
                "{} is of Linux {}: install headers and source of one version",
                other.display(),
                version::upstream(&other).unwrap_or_default()
            );
        }
        if let Some(archive) = self.source_archive() {
            return format!(
                "`tcm-mod-builder prepare -k {named}` unpacks it from {}",
                archive.display()
            );
        }
        let release = self.release().unwrap_or_default();
        format!(
            "{}, then `tcm-mod-builder prepare -k {named}`",
            Distro::here().install(Package::Source(&release))
        )
    }

    /// The archive of the source beside the headers, where Debian's package puts it.
    #[must_use]
    pub fn source_archive(&self) -> Option<PathBuf> {
        let version = self.version()?;
        let archive = format!("linux-source-{}.tar.xz", series(&version));
        Some(self.headers.parent()?.join(archive)).filter(|path| path.is_file())
    }

    /// The build directory, if the kernel is configured.
    #[must_use]
    pub fn build(&self) -> Option<&Path> {
        self.build.as_deref()
    }

    /// The upstream version.
    #[must_use]
    pub fn version(&self) -> Option<String> {
        version::upstream(&self.headers)
    }

    /// The release, as `uname -r` prints it; the upstream version if nothing is built.
    #[must_use]
    pub fn release(&self) -> Option<String> {
        let built = self.build.as_deref().and_then(version::release);
        built.or_else(|| self.version())
    }
}

/// Finds the kernel: the named one, else the one around the working directory, else `$KDIR`, else the
/// running one.
///
/// # Errors
///
/// If no kernel is found, or it is too old.
pub fn find(named: Option<&Path>) -> Result<Tree> {
    find_from(named, &std::env::current_dir().unwrap_or_default())
}

/// Finds the kernel as [`find`] does, with `start` as the working directory.
///
/// # Errors
///
/// If no kernel is found, or it is too old.
pub fn find_from(named: Option<&Path>, start: &Path) -> Result<Tree> {
    let tree = any_from(named, start)?;
    match tree.version() {
        Some(version) if version::is_too_old(&version) => bail!(
            "cannot use {}: it is Linux {version}, and the oldest supported kernel is 6.12; name a newer \
             kernel with -k DIR",
            tree.named.display()
        ),
        _ => Ok(tree),
    }
}

fn any_from(named: Option<&Path>, start: &Path) -> Result<Tree> {
    if let Some(dir) = named {
        return Tree::at(dir).with_context(|| {
            let lack = if dir.exists() {
                "is neither a source tree nor a build directory with a `source` link"
            } else {
                "does not exist"
            };
            format!(
                "cannot use {} as a kernel: it {lack}; name a source tree, or a build directory such as \
                 /lib/modules/V/build, with -k DIR",
                dir.display()
            )
        });
    }
    // Above `start` only a directory with headers counts; a separate build directory must be named.
    let above = start.ancestors().filter(|dir| has_headers(dir));
    let kdir = std::env::var_os("KDIR").map(PathBuf::from);
    let mut places = above.map(Path::to_owned).chain(kdir).chain(running());
    let found = places.find_map(|dir| Tree::at(&dir));
    found.with_context(|| {
        format!(
            "cannot find a kernel above {}, in $KDIR, or in /lib/modules/$(uname -r)/build or source; \
             name one with -k DIR: a source tree, a build directory, or the headers of a distribution \
             ({})",
            start.display(),
            Distro::here().install(Package::Headers(&running_release()))
        )
    })
}

/// The running kernel's build and source trees, which may not be installed.
fn running() -> Vec<PathBuf> {
    let modules = Path::new("/lib/modules").join(running_release());
    vec![modules.join("build"), modules.join("source")]
}

/// The release of the running kernel.
#[must_use]
pub fn running_release() -> String {
    let running = rustix::system::uname();
    running.release().to_string_lossy().into_owned()
}

fn has_headers(dir: &Path) -> bool {
    dir.join("include/target").is_dir()
}

fn has_crate(dir: &Path) -> bool {
    dir.join("rust/kernel").is_dir()
}

/// Returns true if a directory is a source tree, not only its headers.
fn has_kconfig(dir: &Path) -> bool {
    dir.join("Kconfig").is_file()
}

/// The source tree or headers of a build directory, from its link or the makefile that it includes.
fn source_of(build: &Path) -> Option<PathBuf> {
    let link = build.join("source");
    let makefile = fs::read_to_string(build.join("Makefile")).unwrap_or_default();
    let included = makefile.lines().find_map(|line| {
        let path = line.strip_prefix("include ")?.trim();
        path.strip_suffix("/Makefile").map(PathBuf::from)
    });
    // A distribution's packages lie beside each other, wherever they are unpacked.
    let beside = included
        .as_deref()
        .and_then(|dir| Some(build.parent()?.join(dir.file_name()?)));
    let dirs = [fs::canonicalize(link).ok(), included, beside];
    dirs.into_iter().flatten().find(|dir| has_headers(dir))
}

/// The source of the same version as these headers, unpacked beside them or by `prepare`.
fn source_beside(headers: &Path) -> Option<PathBuf> {
    let version = version::upstream(headers)?;
    let mut dirs = unpacked(headers).chain(prepared::sources(&version));
    dirs.find(|dir| has_crate(dir) && version::upstream(dir).as_ref() == Some(&version))
}

/// The usual directories of the source beside these headers; it may be of another version.
fn unpacked(headers: &Path) -> impl Iterator<Item = PathBuf> {
    let version = version::upstream(headers).unwrap_or_default();
    let names = [
        format!("linux-source-{}", series(&version)),
        format!("linux-source-{version}"),
        format!("linux-{version}"),
    ];
    let beside = headers.parent().map(Path::to_owned).unwrap_or_default();
    names.into_iter().map(move |name| beside.join(name))
}
