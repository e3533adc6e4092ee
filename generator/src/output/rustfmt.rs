// SPDX-License-Identifier: GPL-2.0-only

//! rustfmt over the generated Rust, as `make rustfmtcheck` of the kernel wants it.
//!
//! The settings are given, so that the text does not depend on whose rustfmt.toml is about.

use std::io::Write;
use std::process::{Child, Command, Stdio};

use super::files::Files;
use crate::distro::{Distro, Package};

/// The kernel's own settings.
const SETTINGS: &str = "edition = \"2021\"\nnewline_style = \"Unix\"\n";

/// Formats each of `paths` in `files`.
///
/// # Errors
///
/// A sentence on why the text is as the printer left it, which is right Rust all the same.
pub fn rustfmt(files: &mut Files, paths: &[&str]) -> Result<(), String> {
    let settings =
        settings().map_err(|error| format!("cannot write rustfmt's settings: {error}"))?;
    // All at once: it is the start of rustfmt that takes the time.
    let running: Vec<_> = paths
        .iter()
        .filter_map(|path| Some((*path, start(settings.path(), &files.get(path)?.text))))
        .collect();
    for (path, child) in running {
        let text = finish(child).map_err(|reason| {
            format!(
                "{path} is not formatted, since rustfmt {reason}; {} (or `rustup component add \
                 rustfmt`), and generate again with --force",
                Distro::here().install(Package::Rustfmt)
            )
        })?;
        if let Some(place) = files.text_mut(path) {
            *place = text;
        }
    }
    Ok(())
}

fn settings() -> std::io::Result<tempfile::NamedTempFile> {
    let mut file = tempfile::Builder::new().suffix(".toml").tempfile()?;
    file.write_all(SETTINGS.as_bytes())?;
    Ok(file)
}

fn start(settings: &std::path::Path, text: &str) -> std::io::Result<Child> {
    let mut child = Command::new("rustfmt")
        .arg("--config-path")
        .arg(settings)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        // A rustfmt that does not read says why when it ends.
        let _ = stdin.write_all(text.as_bytes());
    }
    Ok(child)
}

fn finish(child: std::io::Result<Child>) -> Result<String, String> {
    let output = child
        .and_then(Child::wait_with_output)
        .map_err(|error| format!("cannot be run ({error})"))?;
    if !output.status.success() {
        let stderr = String::from_utf8_lossy(&output.stderr);
        return Err(format!(
            "failed ({})",
            stderr.lines().next().unwrap_or("no reason given")
        ));
    }
    String::from_utf8(output.stdout).map_err(|_| "wrote no text".to_owned())
}
