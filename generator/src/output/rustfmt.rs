// SPDX-License-Identifier: GPL-2.0-only

//! Runs rustfmt on the generated Rust, so that it passes the kernel's `make rustfmtcheck`.
//!
//! The settings are passed on the command line, so that no rustfmt.toml of the user's counts.

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
/// A sentence on why the text was not formatted. It is valid Rust all the same.
pub fn rustfmt(files: &mut Files, paths: &[&str]) -> Result<(), String> {
    let settings =
        settings().map_err(|error| format!("cannot write rustfmt's settings: {error}"))?;
    // All in one run: starting rustfmt takes most of the time.
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
        // A rustfmt that does not read its input reports why when it ends.
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
