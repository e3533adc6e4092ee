// SPDX-License-Identifier: GPL-2.0-only

//! Package names of distributions, and the commands that install them.
//!
//! Debian's are tested. The others are from package lists, as their remedies say.

use std::fs;
use std::path::Path;

/// A distribution, or its family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Distro {
    /// Debian.
    Debian,
    /// Ubuntu.
    Ubuntu,
    /// Fedora.
    Fedora,
    /// Arch Linux.
    Arch,
    /// Another distribution.
    Other,
}

/// A dependency of a module's build that a package provides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Package<'a> {
    /// The headers of the kernel of this release.
    Headers(&'a str),
    /// The source of the kernel of this release.
    Source(&'a str),
    /// The Rust compiler.
    Rustc,
    /// The source of Rust's library.
    RustSrc,
    /// Rust's linter.
    Clippy,
    /// bindgen, the command.
    Bindgen,
    /// The C compiler, by the name of its program.
    Compiler(&'a str),
    /// make, and the programs that the kernel's scripts run.
    KernelTools,
    /// pahole.
    Pahole,
}

impl Distro {
    /// Returns the distribution of this machine.
    #[must_use]
    pub fn here() -> Self {
        Self::of(&fs::read_to_string("/etc/os-release").unwrap_or_default())
    }

    /// Returns the distribution in the text of an `os-release` file: by its `ID`, else by `ID_LIKE`.
    #[must_use]
    pub fn of(os_release: &str) -> Self {
        let value = |key: &str| {
            let line = os_release.lines().find_map(|line| line.strip_prefix(key));
            line.unwrap_or_default().trim_matches('"').to_owned()
        };
        let ids = format!("{} {}", value("ID="), value("ID_LIKE="));
        let known = ids.split_whitespace().find_map(|id| match id {
            "debian" => Some(Self::Debian),
            "ubuntu" => Some(Self::Ubuntu),
            "fedora" => Some(Self::Fedora),
            "arch" => Some(Self::Arch),
            _ => None,
        });
        known.unwrap_or(Self::Other)
    }

    /// The remedy that installs a package.
    #[must_use]
    pub fn install(self, package: Package<'_>) -> String {
        let name = self.name(package);
        match self {
            Self::Debian | Self::Ubuntu if matches!(package, Package::Headers(release) if !is_of_package(release)) => {
                "this kernel is of no package: its headers are where it was built".to_owned()
            }
            // A kernel from backports may have brought newer libraries, for which the suite's own
            // headers are too old.
            Self::Debian if package == Package::KernelTools => {
                format!("apt install {name}; with -t SUITE-backports if libelf1t64 is from there")
            }
            Self::Debian => format!("apt install {name}"),
            Self::Ubuntu => format!("apt install {name} (by Ubuntu's package list, not tried)"),
            Self::Fedora => format!("dnf install {name} (by Fedora's package list, not tried)"),
            Self::Arch => format!("pacman -S {name} (by Arch's package list, not tried)"),
            Self::Other => format!("install {name} with your distribution's package manager"),
        }
    }

    fn name(self, package: Package<'_>) -> String {
        let one = |debian: &str, fedora: &str, arch: &str, other: &str| {
            match self {
                Self::Debian | Self::Ubuntu => debian,
                Self::Fedora => fedora,
                Self::Arch => arch,
                Self::Other => other,
            }
            .to_owned()
        };
        match package {
            Package::Headers(release) => one(
                &format!("linux-headers-{release}"),
                &format!("kernel-devel-{release}"),
                "linux-headers",
                &format!("the headers of Linux {release}"),
            ),
            Package::Source(release) => self.source(release),
            Package::Rustc => one("rustc", "rust", "rust", "the Rust compiler"),
            Package::RustSrc => one(
                "rust-src",
                "rust-src",
                "rust-src",
                "the source of Rust's library",
            ),
            Package::Clippy => one("rust-clippy", "clippy", "rust", "clippy, Rust's linter"),
            Package::Bindgen => one("bindgen", "bindgen-cli", "rust-bindgen", "bindgen"),
            Package::Compiler(program) => one(program, program, program, program),
            Package::KernelTools => one(
                "make bc bison flex python3 rsync xz-utils libelf-dev libssl-dev",
                "make bc bison flex python3 rsync xz elfutils-libelf-devel openssl-devel",
                "base-devel bc python",
                "what the kernel's Documentation/process/changes.rst lists",
            ),
            Package::Pahole => one("dwarves", "dwarves", "pahole", "pahole"),
        }
    }

    fn source(self, release: &str) -> String {
        let upstream = upstream(release);
        match self {
            Self::Debian | Self::Ubuntu => format!("linux-source-{}", series(upstream)),
            Self::Fedora | Self::Arch | Self::Other => {
                format!("the source of Linux {upstream}, and name its directory with -k")
            }
        }
    }
}

/// Returns true if the running kernel's files are of a package of dpkg.
fn is_of_package(release: &str) -> bool {
    let kinds = ["image", "image-unsigned", "modules"];
    kinds
        .iter()
        .any(|kind| Path::new(&format!("/var/lib/dpkg/info/linux-{kind}-{release}.list")).is_file())
}

/// The upstream version in a release: `7.3.4` of `7.3.4+deb13-amd64`.
#[must_use]
pub fn upstream(release: &str) -> &str {
    let end = release.find(|c: char| !c.is_ascii_digit() && c != '.');
    release[..end.unwrap_or(release.len())].trim_end_matches('.')
}

/// The first two numbers of a version, as in the name of a source package: `7.3` of `7.3.4`.
#[must_use]
pub fn series(version: &str) -> String {
    let numbers: Vec<_> = version.split('.').take(2).collect();
    numbers.join(".")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn derivative_uses_package_manager_of_its_parent() {
        assert_eq!(Distro::of("ID=debian\n"), Distro::Debian);
        assert_eq!(
            Distro::of("NAME=x\nID=linuxmint\nID_LIKE=\"ubuntu debian\"\n"),
            Distro::Ubuntu
        );
        assert_eq!(
            Distro::of("ID=\"rhel\"\nID_LIKE=\"fedora\"\n"),
            Distro::Fedora
        );
        assert_eq!(Distro::of("ID=manjaro\nID_LIKE=arch\n"), Distro::Arch);
        assert_eq!(Distro::of("ID=void\n"), Distro::Other);
    }

    #[test]
    fn remedy_names_source_package_of_this_kernel() {
        let source = Distro::Debian.install(Package::Source("7.3.4+deb13-amd64"));
        assert!(source.ends_with(" linux-source-7.3"), "{source}");
        assert_eq!(upstream("6.12.117-rt"), "6.12.117");
        assert_eq!(upstream("7.3.0-rc1"), "7.3.0");
    }
}
