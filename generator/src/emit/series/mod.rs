// SPDX-License-Identifier: GPL-2.0-only

//! A series of patches for the kernel, as texts: the layer as a part of the kernel crate, and the
//! module as a reference driver on it.
//!
//! Everything is a text that a module has, but for its imports and for what a kernel's own tree
//! wants besides: messages, documentation, tests, entries in lists.

mod driver;
mod fixes;
mod imports;
mod layer;
mod root;

pub use fixes::{FIXES, Fix};

use super::Input;
use crate::names::{Names, renamed};
use crate::output::files::{Files, Owner};
use crate::output::kernel_edit::KernelEdit;

/// A patch.
#[derive(Debug)]
pub struct Patch {
    /// The message, but for who signs it.
    pub message: String,
    /// New files and new texts, by path in the kernel's tree.
    pub files: Files,
    /// Edits of the kernel's own files.
    pub edits: Vec<KernelEdit>,
}

impl Patch {
    fn new(message: String) -> Self {
        Self {
            message,
            files: Files::default(),
            edits: Vec::new(),
        }
    }

    fn add(&mut self, path: &str, text: String) {
        self.files.add(path, Owner::Generator, text);
    }
}

/// The cover letter of a series.
#[derive(Debug)]
pub struct Cover {
    /// Its subject.
    pub subject: String,
    /// Its text.
    pub body: String,
}

/// The patches, in order. `module` is what the module has out of tree; `who` maintains it.
#[must_use]
pub fn patches(input: &Input<'_>, module: &Files, who: &str) -> Vec<Patch> {
    let mut patches = layer::patches(input, who);
    patches.extend(driver::patches(input, module));
    patches
}

/// The cover letter. `command` is what the series was made with, `base` the commit that it is for.
#[must_use]
pub fn cover(input: &Input<'_>, command: &str, base: &str) -> Cover {
    let names = input.names;
    let subject = format!(
        "rust: target: abstractions for fabric modules, and {}",
        names.module()
    );
    let template = include_str!("../../../../kernel-template/series/messages/cover.txt");
    let body = message(template, input)
        .replace("COMMAND", command)
        .replace("VERSION", env!("CARGO_PKG_VERSION"))
        .replace("BASE", base)
        .replace("ABOUT", &wrapped(&about(input)));
    Cover { subject, body }
}

/// A sentence on the driver.
fn about(input: &Input<'_>) -> String {
    format!(
        "{} is a fabric for {}. {}",
        input.names.module(),
        input.protocol.title,
        input.data_path.about
    )
}

/// Wraps a text as mail is.
fn wrapped(text: &str) -> String {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let last = lines.len() - 1;
        if lines[last].len() + word.len() >= 72 {
            lines.push(word.to_owned());
        } else {
            if !lines[last].is_empty() {
                lines[last].push(' ');
            }
            lines[last].push_str(word);
        }
    }
    lines.join("\n")
}

/// A message with the names of the module.
fn message(template: &str, input: &Input<'_>) -> String {
    renamed(template, &input.names.placeholders())
}

/// The directory of the driver.
fn directory(names: &Names) -> String {
    format!("drivers/target/{}", names.module())
}
