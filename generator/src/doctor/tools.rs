// SPDX-License-Identifier: GPL-2.0-only

//! The tools that build a module, and the kernel crate. `tools.sh` finds and checks them: each module
//! has the script, and its Makefile runs it.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde::Deserialize;
use serde::de::value::{BorrowedStrDeserializer, Error};
use tcm_bindings::NoLibclang;

use super::check::{Check, Environment, Status, Subject};
use crate::distro::{Distro, Package};
use crate::kernel::header;
use crate::kernel::metadata::{crate_dir, has_crate};
use crate::ui::print::word;

/// The script.
const SCRIPT: &str = template!("build/tools.sh");

/// The findings of the script.
#[derive(Debug)]
pub struct Tools {
    /// The arguments of make that select the tools.
    pub words: Vec<String>,
    /// Subject, outcome and finding of each check.
    findings: Vec<(Subject, Status, String)>,
}

impl Tools {
    /// Finds the tools for the kernel in a build directory.
    #[must_use]
    pub fn find(build: &Path) -> Self {
        let mut script = Command::new("/bin/sh");
        script.args(["-c", SCRIPT, "tools.sh"]).arg(build);
        let mut tools = Self {
            words: Vec::new(),
            findings: Vec::new(),
        };
        let faults = match script.arg("report").output() {
            Ok(output) => tools.parse(&output),
            Err(error) => vec![format!("cannot run /bin/sh: {error}")],
        };
        if !faults.is_empty() {
            let found = format!("cannot check the tools: {}", faults.join("; "));
            tools.add(Subject::KernelTools, Status::Wrong, &found);
        }
        tools
    }

    /// Adds the output of the script. Returns faults of the script itself.
    fn parse(&mut self, output: &Output) -> Vec<String> {
        let mut faults = Vec::new();
        for line in String::from_utf8_lossy(&output.stdout).lines() {
            let mut parts = line.splitn(3, '\t');
            let [subject, status, found] = [(); 3].map(|()| parts.next().unwrap_or_default());
            match (value(subject), value(status)) {
                (Some(subject), Some(status)) => self.add(subject, status, found),
                _ if subject == "use" => self.words.push(found.to_owned()),
                _ => faults.push(format!("unexpected line `{line}`")),
            }
        }
        let mut findings = self.findings.iter();
        let is_refused = findings.any(|(_, status, _)| status.is_blocking());
        if output.status.code() != Some(i32::from(is_refused)) {
            let reason = String::from_utf8_lossy(&output.stderr);
            faults.push(format!("{}, {}", output.status, reason.trim()));
        }
        faults
    }

    /// Adds a finding. The trial build may reject a compiler whose version was accepted: the last finding
    /// counts.
    fn add(&mut self, subject: Subject, status: Status, found: &str) {
        self.findings.retain(|(earlier, ..)| *earlier != subject);
        self.findings.push((subject, status, found.to_owned()));
    }

    /// The path of rustc.
    fn rustc(&self) -> Option<&str> {
        let mut words = self.words.iter();
        words.find_map(|word| word.strip_prefix("RUSTC="))
    }
}

pub(super) fn checks(environment: &Environment<'_>) -> Vec<Check> {
    let Some(build) =
        crate_dir(environment.tree).or_else(|| environment.tree.build().map(Path::to_owned))
    else {
        return Vec::new();
    };
    let tools = Tools::find(&build);
    let mut checks = Vec::new();
    for (subject, status, found) in &tools.findings {
        checks.push(match (status, named(*subject)) {
            (Status::Ok, _) => Check::ok(*subject, found),
            (Status::Missing | Status::Wrong, Some(remedy)) => {
                Check::with_remedy(*subject, *status, found, remedy)
            }
            _ => {
                let remedy = remedy(environment, *subject, *status, found);
                Check::with_remedy(*subject, *status, found, remedy)
            }
        });
        if *subject == Subject::Rustc {
            checks.extend(rust_src(environment, &tools));
        }
    }
    let is_crate = |check: &Check| check.subject == Subject::KernelCrate;
    let at = checks.iter().position(is_crate).unwrap_or(checks.len());
    let others = [libclang(), kernel_tools(environment)];
    checks.splice(at..at, others.into_iter().chain(pahole(environment)));
    checks
}

/// The subject or status of a name; `None` for another name.
fn value<'a, T: Deserialize<'a>>(name: &'a str) -> Option<T> {
    let name: BorrowedStrDeserializer<'_, Error> = BorrowedStrDeserializer::new(name);
    T::deserialize(name).ok()
}

/// The remedy for a tool that the user has named in the environment.
fn named(subject: Subject) -> Option<String> {
    let names: &[&str] = match subject {
        Subject::Compiler => &["TCM_CC", "LLVM"],
        Subject::Rustc => &["RUSTC"],
        Subject::Clippy => &["CLIPPY_DRIVER"],
        Subject::Bindgen => &["BINDGEN"],
        Subject::Libclang => &["LIBCLANG_PATH"],
        _ => &[],
    };
    let value = |name| env::var(name).ok().filter(|value| !value.is_empty());
    let found = names.iter().find_map(|name| Some((name, value(name)?)));
    found.map(|(name, value)| format!("${name} is `{value}`: correct it, or unset it"))
}

/// The remedy for a finding of the script.
fn remedy(environment: &Environment<'_>, subject: Subject, status: Status, found: &str) -> String {
    let distro = environment.distro;
    match (subject, status) {
        (Subject::Compiler, Status::Note) => {
            "its flags may differ; if the module does not build, use the kernel's compiler in \
             $TCM_CC"
                .to_owned()
        }
        (Subject::Compiler, _) if found.starts_with("no linker") => {
            distro.install(Package::Compiler("lld"))
        }
        (Subject::Compiler, _) => {
            let wanted = environment.config.get("CC_VERSION_TEXT");
            let is_clang = environment.config.is_on("CC_IS_CLANG");
            let program = if is_clang { "clang" } else { "gcc" };
            distro.install(Package::Compiler(&package(wanted, program)))
        }
        (Subject::Rustc, Status::Missing) => distro.install(Package::Rustc),
        (Subject::Rustc, _) => format!(
            "use the rustc that built the kernel, since symbol names contain its hash: {}, or name it in \
             $RUSTC",
            distro.install(Package::Rustc)
        ),
        (Subject::Clippy, _) => format!(
            "`make clippy` of a module needs it: {}",
            distro.install(Package::Clippy)
        ),
        (Subject::KernelTools, _) if found.contains("mktemp: ") => {
            "set TMPDIR to a directory that you may write to".to_owned()
        }
        (Subject::KernelCrate, Status::Missing) => no_crate(environment),
        (Subject::KernelCrate, _) => bad_crate(environment, found),
        (Subject::Bindgen, _) => format!(
            "{} (or `cargo install bindgen-cli --locked`), or name it in $BINDGEN",
            distro.install(Package::Bindgen)
        ),
        _ => "install /bin/sh, coreutils, grep and sed, or report this line".to_owned(),
    }
}

/// The remedy for a kernel whose crate is missing.
fn no_crate(environment: &Environment<'_>) -> String {
    let named = word(environment.tree.named());
    if !environment.tree.is_headers_package() {
        return format!("build the kernel: `make -C {named} LLVM=1`");
    }
    let prepare = format!("`tcm-mod-builder prepare -k {named}` makes it");
    let release = environment.tree.release().unwrap_or_default();
    match environment.distro {
        Distro::Ubuntu => format!(
            "apt install linux-lib-rust-{release} (by Ubuntu's package list, not tried), or {prepare}"
        ),
        _ => prepare,
    }
}

/// The remedy for a kernel whose crate is damaged, or made by another rustc.
fn bad_crate(environment: &Environment<'_>, found: &str) -> String {
    let named = word(environment.tree.named());
    if crate_dir(environment.tree).as_deref() != environment.tree.build() {
        return format!("make it anew: `tcm-mod-builder prepare -k {named}`");
    }
    let again = if environment.tree.is_headers_package() {
        "install the package with that directory again".to_owned()
    } else {
        format!("build the kernel again: `make -C {named}`")
    };
    if found.contains("was made with") {
        return format!("name the rustc that made it in $RUSTC, or {again}");
    }
    again
}

/// The version that a program prints; `None` if it cannot be run.
fn version(program: &str) -> Option<String> {
    let output = Command::new(program).arg("--version").output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let line = text.lines().next()?.trim().to_owned();
    (output.status.success() && !line.is_empty()).then_some(line)
}

/// The source of Rust's library, which only the build of the kernel crate needs.
fn rust_src(environment: &Environment<'_>, tools: &Tools) -> Option<Check> {
    if has_crate(environment.tree) {
        return None;
    }
    let mut rustc = Command::new(tools.rustc()?);
    let reason = match rustc.args(["--print", "sysroot"]).output() {
        Ok(output) if output.status.success() => return Some(rust_src_in(environment, &output)),
        Ok(output) => output.status.to_string(),
        Err(error) => error.to_string(),
    };
    Some(Check::with_remedy(
        Subject::RustSrc,
        Status::Wrong,
        format!("`rustc --print sysroot` fails: {reason}"),
        environment.distro.install(Package::Rustc),
    ))
}

/// The source of Rust's library in the directory that rustc has printed.
fn rust_src_in(environment: &Environment<'_>, output: &Output) -> Check {
    let sysroot = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim());
    let core = sysroot.join("lib/rustlib/src/rust/library/core/src/lib.rs");
    if core.is_file() {
        Check::ok(Subject::RustSrc, sysroot.display().to_string())
    } else {
        Check::with_remedy(
            Subject::RustSrc,
            Status::Missing,
            format!("no {}", core.display()),
            environment.distro.install(Package::RustSrc),
        )
    }
}

/// libclang, which reads headers for this program.
fn libclang() -> Check {
    match header::libclang_version() {
        Ok(version) => Check::ok(Subject::Libclang, version),
        Err(error) => Check::with_remedy(
            Subject::Libclang,
            Status::Missing,
            error.found(),
            named(Subject::Libclang).unwrap_or_else(|| NoLibclang::REMEDY.to_owned()),
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
    let (programs, files): (&[&str], &[&str]) = if has_crate(environment.tree) {
        (&["make"], &[])
    } else {
        (
            &["make", "bc", "bison", "flex", "python3", "xz"],
            &["/usr/include/gelf.h", "/usr/include/openssl/ssl.h"],
        )
    };
    let absent = programs.iter().filter(|name| version(name).is_none());
    let files = files.iter().filter(|path| !Path::new(path).is_file());
    let missing: Vec<_> = absent.chain(files).copied().collect();
    if missing.is_empty() {
        return Check::ok(Subject::KernelTools, programs.join(", "));
    }
    Check::with_remedy(
        Subject::KernelTools,
        Status::Missing,
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
        return Some(Check::with_remedy(
            Subject::Btf,
            Status::Note,
            format!("{} has no vmlinux", build.display()),
            "the module is built without BTF, which only tracers miss",
        ));
    }
    Some(match version("pahole") {
        Some(version) => Check::ok(Subject::Pahole, version),
        None => Check::with_remedy(
            Subject::Pahole,
            Status::Missing,
            "it cannot be run, and the kernel has CONFIG_DEBUG_INFO_BTF_MODULES",
            environment.distro.install(Package::Pahole),
        ),
    })
}
