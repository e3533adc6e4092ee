// SPDX-License-Identifier: GPL-2.0-only

//! The kernel crate's metadata, which rustc reads for each crate that a module uses.

use std::fs;
use std::path::Path;

use super::check::{Check, Environment, Subject};
use super::tools;
use crate::distro::Distro;
use crate::kernel::metadata::{crate_dir, lacking};

pub(super) fn check(environment: &Environment<'_>) -> Check {
    let subject = Subject::KernelCrate;
    let Some(dir) = crate_dir(environment.tree) else {
        return missing(subject, environment);
    };
    let found = format!("{}", dir.join("rust").display());
    let made_with = rustc_of(&dir.join("rust/libcore.rmeta"));
    let here = tools::rustc(environment.config).map(|(_, version)| version);
    match (made_with, here) {
        (Some(made), Some(here)) if made != here => Check::wrong(
            subject,
            format!("{found} was made with {made}, and rustc here is {here}"),
            "use that rustc (name it in $RUSTC), or have the kernel crate made anew with this one",
        ),
        _ => Check::ok(subject, found),
    }
}

fn missing(subject: Subject, environment: &Environment<'_>) -> Check {
    let build = environment.tree.build().unwrap_or(environment.tree.named());
    let found = format!(
        "{} has no rust/{}",
        build.display(),
        lacking(build).join(", rust/")
    );
    let named = environment.tree.named().display();
    if !environment.tree.is_headers_package() {
        return Check::missing(
            subject,
            found,
            format!("build the kernel: `make -C {named} LLVM=1`"),
        );
    }
    let prepare = format!("`tcm-mod-builder prepare -k {named}` makes them");
    let release = environment.tree.release().unwrap_or_default();
    let remedy = match environment.distro {
        Distro::Ubuntu => format!(
            "apt install linux-lib-rust-{release} (by Ubuntu's package list, not tried), or {prepare}"
        ),
        _ => prepare,
    };
    Check::missing(subject, found, remedy)
}

/// The version of the rustc that wrote a crate's metadata, from their first bytes.
fn rustc_of(file: &Path) -> Option<String> {
    let bytes = fs::read(file).ok()?;
    let head = &bytes[..bytes.len().min(4096)];
    let at = head.windows(6).position(|window| window == b"rustc ")?;
    let text = head[at..]
        .split(|byte| !(b' '..=b'~').contains(byte))
        .next()?;
    let text = std::str::from_utf8(text).ok()?;
    // Nothing marks the end of the version; its last character is a parenthesis.
    text.rfind(')').map(|end| text[..=end].to_owned())
}
