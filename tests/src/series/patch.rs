// SPDX-License-Identifier: GPL-2.0-only

//! The patches and the cover letter of a series as texts, before they are commits.

use std::collections::BTreeMap;

use tcm_mod_builder::module::files::Files;
use tcm_mod_builder::plan::Plan;
use tcm_mod_builder::protocol::Protocol;

use super::kernel_edit::KernelEdit;
use super::{Driver, data};

/// The module that a series is made from: one for the kernel's tree.
pub(super) struct Module<'a> {
    pub(super) driver: &'static Driver,
    pub(super) protocol: &'static Protocol,
    pub(super) plan: &'a Plan<'a>,
    pub(super) files: Files,
}

/// A patch.
#[derive(Default)]
pub(super) struct Patch {
    /// The message, without the Signed-off-by line.
    pub(super) message: String,
    /// New files and new texts, by path in the kernel's tree.
    pub(super) files: BTreeMap<String, String>,
    /// Edits of the kernel's own files.
    pub(super) edits: Vec<KernelEdit>,
}

impl Patch {
    pub(super) fn new(message: String) -> Self {
        Self {
            message,
            ..Self::default()
        }
    }

    pub(super) fn add(&mut self, path: &str, text: String) {
        self.files.insert(path.to_owned(), text);
    }
}

/// The cover letter of a series.
pub(super) struct Cover {
    pub(super) subject: String,
    pub(super) body: String,
}

impl Cover {
    /// The cover letter of the series for the commit `base`.
    pub(super) fn new(module: &Module<'_>, base: &str) -> Self {
        let name = module.driver.module;
        let body = message(data!("messages/cover.txt"), module)
            .replace(
                "COMMAND",
                &format!("cargo xtask series {name} --write DIR --kernel TREE"),
            )
            .replace("VERSION", env!("CARGO_PKG_VERSION"))
            .replace("BASE", base)
            .replace("ABOUT", &about(module));
        Self {
            subject: format!("rust: target: abstractions for fabric modules, and {name}"),
            body,
        }
    }
}

/// Returns a paragraph on the driver.
pub(super) fn about(module: &Module<'_>) -> String {
    wrapped(&format!(
        "{} is a fabric for {}. {}",
        module.driver.module, module.protocol.title, module.driver.about
    ))
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

/// Returns a message with the name of the driver.
pub(super) fn message(template: &str, module: &Module<'_>) -> String {
    template.replace("tcm_nab5000", module.driver.module)
}
