// SPDX-License-Identifier: GPL-2.0-only

//! The kernel crate's metadata: what rustc needs of the crates that a module uses.

use std::fs;
use std::path::{Path, PathBuf};

use super::{Check, Patient, What, tools};
use crate::distro::Distro;
use crate::kernel::{Tree, prepared};

/// What rustc reads of the kernel crate, in the build directory.
const FILES: [&str; 4] = [
    "libcore.rmeta",
    "libbindings.rmeta",
    "libkernel.rmeta",
    "libmacros.so",
];

/// Where the metadata for this kernel are: where it was built, or where `prepare` made them.
fn place(tree: &Tree) -> Option<PathBuf> {
    let build = tree.build()?;
    if lacking(build).is_empty() {
        return Some(build.to_owned());
    }
    prepared::build_for(build).filter(|dir| lacking(dir).is_empty())
}

/// Whether all that rustc needs is there.
#[must_use]
pub fn is_complete(tree: &Tree) -> bool {
    place(tree).is_some()
}

fn lacking(build: &Path) -> Vec<&'static str> {
    let mut files = FILES.to_vec();
    files.retain(|file| !build.join("rust").join(file).is_file());
    files
}

pub(super) fn check(patient: &Patient<'_>) -> Check {
    let what = What::KernelCrate;
    let Some(dir) = place(patient.tree) else {
        return missing(what, patient);
    };
    let found = format!("{}", dir.join("rust").display());
    let made_with = rustc_of(&dir.join("rust/libcore.rmeta"));
    let here = tools::rustc(patient.config).map(|(_, version)| version);
    match (made_with, here) {
        (Some(made), Some(here)) if made != here => Check::wrong(
            what,
            format!("{found} was made with {made}, and rustc here is {here}"),
            "use that rustc (name it in $RUSTC), or have the kernel crate made anew with this one",
        ),
        _ => Check::ok(what, found),
    }
}

fn missing(what: What, patient: &Patient<'_>) -> Check {
    let build = patient.tree.build().unwrap_or(patient.tree.named());
    let found = format!(
        "{} has no rust/{}",
        build.display(),
        lacking(build).join(", rust/")
    );
    let named = patient.tree.named().display();
    if !patient.tree.is_headers_package() {
        return Check::missing(
            what,
            found,
            format!("build the kernel: `make -C {named} LLVM=1`"),
        );
    }
    let prepare = format!("`tcm-mod-builder prepare -k {named}` makes them");
    let release = patient.tree.release().unwrap_or_default();
    let remedy = match patient.distro {
        Distro::Ubuntu => format!(
            "apt install linux-lib-rust-{release} (by Ubuntu's package list, not tried), or {prepare}"
        ),
        _ => prepare,
    };
    Check::missing(what, found, remedy)
}

/// The rustc that wrote a crate's metadata, as it says itself near their beginning.
fn rustc_of(file: &Path) -> Option<String> {
    let bytes = fs::read(file).ok()?;
    let head = &bytes[..bytes.len().min(4096)];
    let at = head.windows(6).position(|window| window == b"rustc ")?;
    let text = head[at..]
        .split(|byte| !(b' '..=b'~').contains(byte))
        .next()?;
    let text = std::str::from_utf8(text).ok()?;
    // Its end is not marked; the last thing in it is a parenthesis.
    text.rfind(')').map(|end| text[..=end].to_owned())
}
