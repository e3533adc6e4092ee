// SPDX-License-Identifier: GPL-2.0-only

//! Packages and tools that a fresh Debian machine with cargo lacks: installed if they are missing.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use rustix::fs::FlockOperation;

use crate::shell::{cache, lock, logged, output};

/// Packages for builds and boots of kernels, and for tests on the host.
const PACKAGES: [&str; 21] = [
    "bc",
    "bison",
    "busybox-static",
    "clang-19",
    "cpio",
    "flex",
    "gcc",
    "kmod",
    "libclang-19-dev",
    "libelf-dev",
    "libsgutils2-dev",
    "libssl-dev",
    "lld-19",
    "llvm-19",
    "make",
    "patch",
    "perl",
    "python3-venv",
    "rsync",
    "xz-utils",
    "zlib1g-dev",
];

/// Packages of programs that use disks and configure targets in a guest.
const CLIENTS: [&str; 10] = [
    "dbus",
    "dmsetup",
    "e2fsprogs",
    "fio",
    "iproute2",
    "libiscsi-bin",
    "open-iscsi",
    "python3-rtslib-fb",
    "sg3-utils",
    "targetcli-fb",
];

/// The emulator, and packages that must have its version.
const QEMU: [&str; 3] = ["qemu-system-x86", "qemu-block-extra", "qemu-utils"];

/// The compiler for kernels, with the source of its library and clippy. Stable releases of Debian
/// have a newer compiler for browsers, whose packages conflict with the first.
const COMPILERS: [[&str; 3]; 2] = [
    ["rustc-web", "rust-web-src", "rust-web-clippy"],
    ["rustc", "rust-src", "rust-clippy"],
];

/// Versions of the tools.
const BINDGEN: &str = "0.73.2";
const CARGO_DEB: &str = "3.8.0";
const VIRTME_NG: &str = "1.42";

/// Directory of the LLVM tools with unversioned names.
pub const LLVM: &str = "/usr/lib/llvm-19";

/// Tools that are not Debian packages.
#[derive(Clone, Debug)]
pub struct Tools {
    /// `bindgen`, the command.
    pub bindgen: PathBuf,
    /// Directory of `vng` and its helpers.
    pub virtme: PathBuf,
}

/// Installs missing packages and tools.
///
/// # Errors
///
/// If a package cannot be installed.
pub fn setup() -> Result<Tools> {
    packages()?;
    tools()
}

/// Installs missing tools. Packages are there.
///
/// # Errors
///
/// If a tool cannot be installed.
pub(crate) fn tools() -> Result<Tools> {
    let _installing = lock(&tools_dir()?, FlockOperation::LockExclusive)?;
    let bindgen = cargo_tool("bindgen-cli", "bindgen", BINDGEN)?;
    let venv = tools_dir()?.join(format!("virtme-ng-{VIRTME_NG}"));
    // pip writes the program before the installation is complete.
    let is_installed = venv.join("installed");
    if !is_installed.exists() {
        println!("installing virtme-ng {VIRTME_NG}");
        let log = cache()?.join("virtme-ng.log");
        logged(
            Command::new("python3")
                .args(["-m", "venv", "--clear"])
                .arg(&venv),
            &log,
        )?;
        let package = format!("virtme-ng=={VIRTME_NG}");
        logged(
            Command::new(venv.join("bin/pip")).args(["install", "--quiet", &package]),
            &log,
        )?;
        fs::write(is_installed, "")?;
    }
    Ok(Tools {
        bindgen,
        virtme: venv.join("bin"),
    })
}

/// Directory of the tools in the cache.
fn tools_dir() -> Result<PathBuf> {
    let dir = cache()?.join("tools");
    fs::create_dir_all(&dir)?;
    Ok(dir)
}

/// `cargo-deb`, installed if it is missing.
///
/// # Errors
///
/// If it cannot be installed.
pub fn cargo_deb() -> Result<PathBuf> {
    let _installing = lock(&tools_dir()?, FlockOperation::LockExclusive)?;
    cargo_tool("cargo-deb", "cargo-deb", CARGO_DEB)
}

/// A program of a crate, installed in the cache if it is missing.
fn cargo_tool(package: &str, program: &str, version: &str) -> Result<PathBuf> {
    let root = tools_dir()?.join(format!("{program}-{version}"));
    let path = root.join("bin").join(program);
    if path.exists() {
        return Ok(path);
    }
    println!("installing {program} {version}");
    let mut cargo = Command::new("cargo");
    cargo.args([
        "install",
        package,
        "--locked",
        "--version",
        version,
        "--root",
    ]);
    cargo.arg(root);
    // Settings of the caller must not affect the tools.
    cargo.current_dir("/").env_remove("RUSTFLAGS");
    logged(&mut cargo, &cache()?.join(format!("{program}.log")))?;
    Ok(path)
}

/// Installs missing packages.
///
/// # Errors
///
/// If a package cannot be installed.
pub(crate) fn packages() -> Result<()> {
    let _installing = lock(&cache()?, FlockOperation::LockExclusive)?;
    let compiler = COMPILERS.iter().find(|names| installed(names.as_slice()));
    let mut missing = missing(PACKAGES.iter().chain(&CLIENTS));
    missing.extend(missing_of_qemu());
    if compiler.is_some() && missing.is_empty() {
        return Ok(());
    }
    let log = cache()?.join("apt.log");
    println!("installing packages; see {}", log.display());
    logged(as_root("apt-get").arg("update"), &log)?;
    if compiler.is_none() {
        let present = COMPILERS.iter().find(|names| installed(&names[..1]));
        let known = || COMPILERS.iter().find(|names| available(names[0]));
        let compiler = present.or_else(known).unwrap_or(&COMPILERS[1]);
        missing.extend(compiler.map(ToOwned::to_owned));
    }
    install(&missing, &log)
}

/// Installs packages that only some commands need.
///
/// # Errors
///
/// If a package cannot be installed.
pub fn require(names: &[&str]) -> Result<()> {
    let missing = missing(names);
    if missing.is_empty() {
        return Ok(());
    }
    let log = cache()?.join("apt.log");
    logged(as_root("apt-get").arg("update"), &log)?;
    install(&missing, &log)
}

fn missing<'a>(names: impl IntoIterator<Item = &'a &'a str>) -> Vec<String> {
    let names = names.into_iter().copied();
    names
        .filter(|name| !installed(&[name]))
        .map(ToOwned::to_owned)
        .collect()
}

/// Missing packages of QEMU. A package from another suite, such as backports, conflicts with the
/// emulator of the release, so that all of them get the version of the release.
fn missing_of_qemu() -> Vec<String> {
    match codename() {
        Some(release) if !installed(&QEMU[..1]) => {
            QEMU.map(|name| format!("{name}/{release}")).to_vec()
        }
        _ => missing(&QEMU),
    }
}

/// Name of this machine's release for apt, such as `bookworm`.
fn codename() -> Option<String> {
    let text = fs::read_to_string("/etc/os-release").ok()?;
    let mut values = text
        .lines()
        .filter_map(|line| line.strip_prefix("VERSION_CODENAME="));
    values.next().map(ToOwned::to_owned)
}

fn install(names: &[String], log: &Path) -> Result<()> {
    // apt-get refuses to run before an interrupted installation is completed.
    logged(as_root("dpkg").args(["--configure", "--pending"]), log)?;
    let mut install = as_root("apt-get");
    // No package is removed. Only QEMU may be downgraded, to the version of the release.
    install
        .args(["install", "--yes", "--no-install-recommends"])
        .args(["--no-remove", "--allow-downgrades"])
        .args(names);
    logged(&mut install, log).context("install these packages by hand, then run this again")
}

fn installed(names: &[&str]) -> bool {
    let query = output(
        Command::new("dpkg-query")
            .args(["-W", "-f=${db:Status-Status}\n"])
            .args(names),
    );
    query.is_ok_and(|text| text.lines().filter(|line| *line == "installed").count() == names.len())
}

fn available(name: &str) -> bool {
    output(Command::new("apt-cache").args(["show", name])).is_ok_and(|text| !text.is_empty())
}

/// A command with the permission to install packages.
#[must_use]
pub fn as_root(program: &str) -> Command {
    let mut command = if rustix::process::geteuid().is_root() {
        Command::new(program)
    } else {
        let mut sudo = Command::new("sudo");
        sudo.args(["--preserve-env=DEBIAN_FRONTEND", program]);
        sudo
    };
    command.env("DEBIAN_FRONTEND", "noninteractive");
    command
}

/// The compiler for kernels: that of Debian, which has the source of its library.
#[must_use]
pub fn rustc() -> &'static Path {
    Path::new("/usr/bin/rustc")
}
