// SPDX-License-Identifier: GPL-2.0-only

//! The tools that build a module. rustc must be the one that built the kernel.

use std::path::{Path, PathBuf};
use std::process::Command;

use tcm_bindings::NoLibclang;

use super::check::{Check, Environment, Subject};
use crate::distro::Package;
use crate::kernel::metadata::has_crate;
use crate::kernel::{Config, header};

pub(super) fn checks(environment: &Environment<'_>) -> Vec<Check> {
    let mut checks = vec![check_compiler(environment), check_rustc(environment)];
    checks.extend(rust_src(environment));
    checks.push(clippy(environment));
    checks.push(check_bindgen(environment));
    checks.push(libclang());
    checks.push(kernel_tools(environment));
    checks.extend(pahole(environment));
    checks
}

/// The version that a program prints; `None` if it cannot be run.
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

/// The path and version of rustc: of the installed ones, the one that built the kernel, else the first
/// that runs.
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

fn check_rustc(environment: &Environment<'_>) -> Check {
    let wanted = environment.config.get("RUSTC_VERSION_TEXT");
    let install = environment.distro.install(Package::Rustc);
    match rustc(environment.config) {
        Some((_, version)) if version == wanted => Check::ok(Subject::Rustc, version),
        Some((path, version)) if wanted.is_empty() => {
            Check::ok(Subject::Rustc, format!("{}: {version}", path.display()))
        }
        Some((path, version)) => Check::wrong(
            Subject::Rustc,
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
            Subject::Rustc,
            format!("none; the kernel was built with {wanted}"),
            install,
        ),
    }
}

/// The source of Rust's library, which only the build of the kernel crate needs.
fn rust_src(environment: &Environment<'_>) -> Option<Check> {
    if has_crate(environment.tree) {
        return None;
    }
    let (rustc, _) = rustc(environment.config)?;
    let output = Command::new(&rustc)
        .args(["--print", "sysroot"])
        .output()
        .ok()?;
    let sysroot = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim());
    let core = sysroot.join("lib/rustlib/src/rust/library/core/src/lib.rs");
    Some(if core.is_file() {
        Check::ok(Subject::RustSrc, sysroot.display().to_string())
    } else {
        Check::missing(
            Subject::RustSrc,
            format!("no {}", core.display()),
            environment.distro.install(Package::RustSrc),
        )
    })
}

/// Rust's linter, which only `make clippy` needs. It must be of the same rustc.
fn clippy(environment: &Environment<'_>) -> Check {
    let wanted = environment.config.get("RUSTC_VERSION_TEXT");
    let install = environment.distro.install(Package::Clippy);
    match first_line(Command::new("clippy-driver").args(["--rustc", "--version"])) {
        Some(version) if version == wanted => Check::ok(Subject::Clippy, format!("of {version}")),
        Some(version) => Check::note(
            Subject::Clippy,
            format!("clippy-driver is of {version}; the kernel was built with {wanted}"),
            format!("`make clippy` of a module needs that of the same rustc in $PATH: {install}"),
        ),
        None => Check::note(
            Subject::Clippy,
            "clippy-driver cannot be run",
            format!("`make clippy` of a module needs it: {install}"),
        ),
    }
}

/// The path and version of the command bindgen: `$BINDGEN`, or the one in `$PATH`.
#[must_use]
pub fn bindgen() -> Option<(PathBuf, String)> {
    let path = std::env::var_os("BINDGEN").map_or_else(|| PathBuf::from("bindgen"), PathBuf::from);
    version(&path).map(|version| (path, version))
}

fn check_bindgen(environment: &Environment<'_>) -> Check {
    match bindgen() {
        Some((_, version)) => Check::ok(Subject::Bindgen, version),
        None => Check::missing(
            Subject::Bindgen,
            "it cannot be run",
            format!(
                "{} (or `cargo install bindgen-cli --locked`), or name it in $BINDGEN",
                environment.distro.install(Package::Bindgen)
            ),
        ),
    }
}

/// libclang, which reads headers for this program. The command bindgen looks for it in the same way.
fn libclang() -> Check {
    match header::libclang_version() {
        Ok(version) => Check::ok(Subject::Libclang, version),
        Err(error) => Check::missing(Subject::Libclang, error.found(), NoLibclang::REMEDY),
    }
}

/// The compiler of a kernel, in the form that `make` expects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Compiler {
    /// clang, by the value of `LLVM=`.
    Clang(String),
    /// GCC, by its program.
    Gcc(PathBuf),
}

/// The compiler for this kernel, and the version that it prints.
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
        // LLVM=1 selects tools with plain names, LLVM=-19 those with the suffix -19.
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

/// Returns true if two texts are of one version. GCC's text begins with the name of its program.
fn is_same(version: &str, wanted: &str) -> bool {
    let rest = |text: &str| text.split_once(' ').map(|(_, rest)| rest.to_owned());
    version == wanted || rest(version) == rest(wanted)
}

fn check_compiler(environment: &Environment<'_>) -> Check {
    let wanted = environment.config.get("CC_VERSION_TEXT");
    let is_clang = environment.config.is_on("CC_IS_CLANG");
    let program = if is_clang { "clang" } else { "gcc" };
    match compiler(environment.config) {
        Some((compiler, version)) if is_same(&version, wanted) => match compiler {
            Compiler::Clang(suffix) if suffix != "1" => {
                Check::ok(Subject::Compiler, format!("{version}; make LLVM={suffix}"))
            }
            _ => Check::ok(Subject::Compiler, version),
        },
        Some((_, version)) => Check::note(
            Subject::Compiler,
            format!("{version}; the kernel was built with {wanted}"),
            "the flags may differ: take the same if the module does not build",
        ),
        None => Check::missing(
            Subject::Compiler,
            format!("none; the kernel was built with {wanted}"),
            environment
                .distro
                .install(Package::Compiler(&package(wanted, program))),
        ),
    }
}

/// The package of a compiler: the first word of GCC's version, without the prefix of the target.
fn package(wanted: &str, program: &str) -> String {
    let first = wanted.split(' ').next().unwrap_or_default();
    let at = first.find(program);
    at.map_or_else(|| program.to_owned(), |at| first[at..].to_owned())
}

fn kernel_tools(environment: &Environment<'_>) -> Check {
    let needed: &[&str] = if has_crate(environment.tree) {
        &["make"]
    } else {
        &["make", "bc", "bison", "flex", "python3", "xz"]
    };
    let headers: &[&str] = if has_crate(environment.tree) {
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
        return Check::ok(Subject::KernelTools, needed.join(", "));
    }
    Check::missing(
        Subject::KernelTools,
        format!("no {}", missing.join(", ")),
        environment.distro.install(Package::KernelTools),
    )
}

/// pahole, which writes a module's BTF if the kernel has BTF and a `vmlinux`.
fn pahole(environment: &Environment<'_>) -> Option<Check> {
    let build = environment.tree.build()?;
    if !environment.config.is_on("DEBUG_INFO_BTF_MODULES") {
        return None;
    }
    if !build.join("vmlinux").is_file() {
        return Some(Check::note(
            Subject::Btf,
            format!("{} has no vmlinux", build.display()),
            "the module is built without BTF, which only tracers miss",
        ));
    }
    Some(match version(Path::new("pahole")) {
        Some(version) => Check::ok(Subject::Pahole, version),
        None => Check::missing(
            Subject::Pahole,
            "it cannot be run, and the kernel has CONFIG_DEBUG_INFO_BTF_MODULES",
            environment.distro.install(Package::Pahole),
        ),
    })
}
