// SPDX-License-Identifier: GPL-2.0-only

//! The tools that a module is built with: the very ones that the kernel was built with, where it
//! matters.

use std::path::{Path, PathBuf};
use std::process::Command;

use tcm_bindings::NoLibclang;

use super::{Check, Patient, What, is_complete};
use crate::distro::Package;
use crate::kernel::{Config, header};

pub(super) fn checks(patient: &Patient<'_>) -> Vec<Check> {
    let mut checks = vec![check_compiler(patient), check_rustc(patient)];
    checks.extend(rust_src(patient));
    checks.push(clippy(patient));
    checks.push(check_bindgen(patient));
    checks.push(libclang());
    checks.push(kernel_tools(patient));
    checks.extend(pahole(patient));
    checks
}

/// The version of a program, in its own words; `None` if it cannot be run.
fn version(program: &Path) -> Option<String> {
    first_line(Command::new(program).arg("--version"))
}

/// The first line of a command's output; `None` if it fails or prints nothing.
fn first_line(command: &mut Command) -> Option<String> {
    let output = command.output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let line = text.lines().next()?.trim().to_owned();
    (output.status.success() && !line.is_empty()).then_some(line)
}

/// The rustc that the kernel was built with: of those that are here, the one that says so; else the
/// first that runs.
#[must_use]
pub fn rustc(config: &Config) -> Option<(PathBuf, String)> {
    let named = std::env::var_os("RUSTC").map(PathBuf::from);
    let usual = ["rustc", "/usr/bin/rustc"].map(PathBuf::from);
    let candidates = named.into_iter().chain(usual);
    let mut found: Vec<_> = candidates
        .filter_map(|path| version(&path).map(|version| (path, version)))
        .collect();
    let wanted = config.get("RUSTC_VERSION_TEXT");
    let exact = found.iter().position(|(_, version)| version == wanted);
    (!found.is_empty()).then(|| found.swap_remove(exact.unwrap_or(0)))
}

fn check_rustc(patient: &Patient<'_>) -> Check {
    let wanted = patient.config.get("RUSTC_VERSION_TEXT");
    let install = patient.distro.install(Package::Rustc);
    match rustc(patient.config) {
        Some((_, version)) if version == wanted => Check::ok(What::Rustc, version),
        Some((path, version)) if wanted.is_empty() => {
            Check::ok(What::Rustc, format!("{}: {version}", path.display()))
        }
        Some((path, version)) => Check::wrong(
            What::Rustc,
            format!(
                "{} is {version}; the kernel was built with {wanted}",
                path.display()
            ),
            format!(
                "rustc has to be the very same, since symbols have its hash in their names: {install}, \
                 or name the right one in $RUSTC"
            ),
        ),
        None => Check::missing(
            What::Rustc,
            format!("none; the kernel was built with {wanted}"),
            install,
        ),
    }
}

/// The source of Rust's library: the kernel crate is made with it, and only then is it needed.
fn rust_src(patient: &Patient<'_>) -> Option<Check> {
    if is_complete(patient.tree) {
        return None;
    }
    let (rustc, _) = rustc(patient.config)?;
    let output = Command::new(&rustc)
        .args(["--print", "sysroot"])
        .output()
        .ok()?;
    let sysroot = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim());
    let core = sysroot.join("lib/rustlib/src/rust/library/core/src/lib.rs");
    Some(if core.is_file() {
        Check::ok(What::RustSrc, sysroot.display().to_string())
    } else {
        Check::missing(
            What::RustSrc,
            format!("no {}", core.display()),
            patient.distro.install(Package::RustSrc),
        )
    })
}

/// Rust's linter, which only `make clippy` needs: the one of the same rustc.
fn clippy(patient: &Patient<'_>) -> Check {
    let wanted = patient.config.get("RUSTC_VERSION_TEXT");
    let install = patient.distro.install(Package::Clippy);
    match first_line(Command::new("clippy-driver").args(["--rustc", "--version"])) {
        Some(version) if version == wanted => Check::ok(What::Clippy, format!("of {version}")),
        Some(version) => Check::note(
            What::Clippy,
            format!("clippy-driver is of {version}; the kernel was built with {wanted}"),
            format!("`make clippy` of a module needs that of the same rustc in $PATH: {install}"),
        ),
        None => Check::note(
            What::Clippy,
            "clippy-driver cannot be run",
            format!("`make clippy` of a module needs it: {install}"),
        ),
    }
}

/// bindgen, the command: `$BINDGEN`, or the one in the path.
#[must_use]
pub fn bindgen() -> Option<(PathBuf, String)> {
    let path = std::env::var_os("BINDGEN").map_or_else(|| PathBuf::from("bindgen"), PathBuf::from);
    version(&path).map(|version| (path, version))
}

fn check_bindgen(patient: &Patient<'_>) -> Check {
    match bindgen() {
        Some((_, version)) => Check::ok(What::Bindgen, version),
        None => Check::missing(
            What::Bindgen,
            "it cannot be run",
            format!(
                "{} (or `cargo install bindgen-cli --locked`), or name it in $BINDGEN",
                patient.distro.install(Package::Bindgen)
            ),
        ),
    }
}

/// libclang, which this program reads headers with. bindgen, the command, finds its own alike.
fn libclang() -> Check {
    match header::libclang_version() {
        Ok(version) => Check::ok(What::Libclang, version),
        Err(error) => Check::missing(What::Libclang, error.found(), NoLibclang::REMEDY),
    }
}

/// The compiler that a kernel was built with, as `make` is to call it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Compiler {
    /// clang, with the value of `LLVM=`.
    Clang(String),
    /// GCC, by its program.
    Gcc(PathBuf),
}

/// The compiler for this kernel, and what it says of its version.
#[must_use]
pub fn compiler(config: &Config) -> Option<(Compiler, String)> {
    let first = |programs: Vec<(PathBuf, Compiler)>| {
        let wanted = config.get("CC_VERSION_TEXT");
        let mut found: Vec<_> = programs
            .into_iter()
            .filter_map(|(path, compiler)| Some((compiler, version(&path)?)))
            .collect();
        let exact = found
            .iter()
            .position(|(_, version)| is_same(version, wanted));
        (!found.is_empty()).then(|| found.swap_remove(exact.unwrap_or(0)))
    };
    if config.is_on("CC_IS_CLANG") {
        // LLVM=1 wants the tools by their plain names, LLVM=-19 with the version's.
        let number: u32 = config.get("CLANG_VERSION").parse().unwrap_or(0) / 10000;
        let plain = (PathBuf::from("clang"), Compiler::Clang("1".to_owned()));
        let suffixed = (
            PathBuf::from(format!("clang-{number}")),
            Compiler::Clang(format!("-{number}")),
        );
        return first(vec![plain, suffixed]);
    }
    let text = config.get("CC_VERSION_TEXT");
    let own = text.split(' ').next().unwrap_or("gcc");
    let program = PathBuf::from(own);
    first(vec![(program.clone(), Compiler::Gcc(program))])
}

/// Whether two texts are of one version: GCC's begins with the name that it was called by.
fn is_same(version: &str, wanted: &str) -> bool {
    let rest = |text: &str| text.split_once(' ').map(|(_, rest)| rest.to_owned());
    version == wanted || rest(version) == rest(wanted)
}

fn check_compiler(patient: &Patient<'_>) -> Check {
    let wanted = patient.config.get("CC_VERSION_TEXT");
    let is_clang = patient.config.is_on("CC_IS_CLANG");
    let program = if is_clang { "clang" } else { "gcc" };
    match compiler(patient.config) {
        Some((compiler, version)) if is_same(&version, wanted) => match compiler {
            Compiler::Clang(suffix) if suffix != "1" => {
                Check::ok(What::Compiler, format!("{version}; make LLVM={suffix}"))
            }
            _ => Check::ok(What::Compiler, version),
        },
        Some((_, version)) => Check::note(
            What::Compiler,
            format!("{version}; the kernel was built with {wanted}"),
            "the flags may differ: take the same if the module does not build",
        ),
        None => Check::missing(
            What::Compiler,
            format!("none; the kernel was built with {wanted}"),
            patient
                .distro
                .install(Package::Compiler(&package(wanted, program))),
        ),
    }
}

/// The package of a compiler: GCC's first word says it, after the prefix of the target.
fn package(wanted: &str, program: &str) -> String {
    let first = wanted.split(' ').next().unwrap_or_default();
    let at = first.find(program);
    at.map_or_else(|| program.to_owned(), |at| first[at..].to_owned())
}

fn kernel_tools(patient: &Patient<'_>) -> Check {
    let needed: &[&str] = if is_complete(patient.tree) {
        &["make"]
    } else {
        &["make", "bc", "bison", "flex", "python3", "xz"]
    };
    let headers: &[&str] = if is_complete(patient.tree) {
        &[]
    } else {
        &["/usr/include/gelf.h", "/usr/include/openssl/ssl.h"]
    };
    let programs = needed
        .iter()
        .filter(|name| version(Path::new(name)).is_none());
    let files = headers.iter().filter(|path| !Path::new(path).is_file());
    let missing: Vec<_> = programs.chain(files).copied().collect();
    if missing.is_empty() {
        return Check::ok(What::KernelTools, needed.join(", "));
    }
    Check::missing(
        What::KernelTools,
        format!("no {}", missing.join(", ")),
        patient.distro.install(Package::KernelTools),
    )
}

/// pahole: writes a module's BTF where the kernel has BTF and its `vmlinux` is there.
fn pahole(patient: &Patient<'_>) -> Option<Check> {
    let build = patient.tree.build()?;
    if !patient.config.is_on("DEBUG_INFO_BTF_MODULES") {
        return None;
    }
    if !build.join("vmlinux").is_file() {
        return Some(Check::note(
            What::Btf,
            format!("{} has no vmlinux", build.display()),
            "the module is built without BTF, which only tracers miss",
        ));
    }
    Some(match version(Path::new("pahole")) {
        Some(version) => Check::ok(What::Pahole, version),
        None => Check::missing(
            What::Pahole,
            "it cannot be run, and the kernel has CONFIG_DEBUG_INFO_BTF_MODULES",
            patient.distro.install(Package::Pahole),
        ),
    })
}
