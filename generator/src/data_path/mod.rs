// SPDX-License-Identifier: GPL-2.0-only

//! Data paths: a module's handling of commands. A value here and a folder below
//! `kernel-template/data_path` describe each; no other code names one.

/// The text of a file in a data path's folder.
macro_rules! text {
    ($folder:literal, $path:literal) => {
        template!("data_path/", $folder, "/", $path)
    };
}

/// Files in a data path's folder, by owner: those of the transport are the author's, wrappers of other
/// subsystems the generator's.
macro_rules! sources {
    ($folder:literal, author: $($author:literal)*; generator: $($generator:literal)*;) => {
        &[
            $(Source::author($author, text!($folder, $author)),)*
            $(Source::generator($generator, text!($folder, $generator)),)*
        ]
    };
}

mod gadget;
mod iscsi;
mod loopback;
mod nop;

use std::fs;
use std::path::Path;

use crate::module::files::Owner;

/// Every data path; the first is the default.
pub static DATA_PATHS: [&DataPath; 4] = [
    &nop::NOP,
    &loopback::LOOPBACK,
    &iscsi::ISCSI,
    &gadget::GADGET,
];

/// A data path.
#[derive(Debug)]
pub struct DataPath {
    /// Its name on the command line.
    pub name: &'static str,
    /// Its purpose, for `--help`.
    pub about: &'static str,
    /// The names of the protocols that it supports; empty for all.
    pub protocols: &'static [&'static str],
    /// Its requirement on the kernel, if it is stricter than a module's.
    pub needs: Option<Need>,
    /// The files that it adds to the module's directory.
    pub parts: &'static [&'static Part],
    /// The Kconfig symbols that it depends on.
    pub depends_on: &'static [&'static str],
    /// The Kconfig symbols that it selects: library code without a prompt.
    pub selects: &'static [&'static str],
    /// A paragraph for the help text of Kconfig and the module's page; may be empty.
    pub kconfig_help: &'static str,
    /// Its limits for the module's page, as sentences in reStructuredText.
    pub limits: &'static [&'static str],
    /// The driver, `driver.rs` of its folder, with the names of `tcm_nab5000`.
    pub driver: &'static str,
    /// The driver's attributes besides `version` for the module's page: a section for each directory in
    /// reStructuredText, with the names of `tcm_nab5000`. May be empty.
    pub attributes: &'static str,
    /// Names of initiators that it refuses, for the module's test; `None` if it takes the protocol's
    /// port names alone.
    pub refused_initiators: Option<&'static [&'static str]>,
    /// Its part of the class for rtslib.
    pub rtslib: Rtslib,
}

/// A requirement on a kernel's tree: a text in a file.
#[derive(Debug)]
pub struct Need {
    /// The path of the file, below the root of the tree.
    pub file: &'static str,
    /// The text.
    pub text: &'static str,
    /// The shortcoming of a kernel without the text, as a clause.
    pub lack: &'static str,
}

/// The description of a fabric for rtslib.
#[derive(Debug)]
pub struct Rtslib {
    /// Features of its targets, in rtslib's terms.
    pub features: &'static [&'static str],
    /// Methods of the class in Python; may be empty.
    pub methods: &'static str,
}

/// Files, and their fragments of other files.
#[derive(Debug)]
pub struct Part {
    /// The files.
    pub sources: &'static [Source],
    /// A fragment of Kbuild; may be empty.
    pub kbuild: &'static str,
    /// A fragment of `bindings_helper.h`; may be empty.
    pub bindings_helper: &'static str,
}

/// A file that is copied with the module's names.
#[derive(Debug)]
pub struct Source {
    /// Its path in the module's directory.
    pub path: &'static str,
    /// Its owner. Rust modules of the author have no `unsafe`.
    pub owner: Owner,
    /// Its text, with the names of `tcm_nab5000`.
    pub text: &'static str,
}

impl Source {
    /// Makes a file of the author's.
    #[must_use]
    pub const fn author(path: &'static str, text: &'static str) -> Self {
        Self {
            path,
            owner: Owner::Author,
            text,
        }
    }

    /// Makes a file of the generator's.
    #[must_use]
    pub const fn generator(path: &'static str, text: &'static str) -> Self {
        Self {
            path,
            owner: Owner::Generator,
            text,
        }
    }
}

impl DataPath {
    /// The reason why the data path does not support this protocol, or the kernel in `tree`.
    #[must_use]
    pub fn refusal(&self, protocol: &str, tree: &Path) -> Option<String> {
        if !self.protocols.is_empty() && !self.protocols.contains(&protocol) {
            return Some(format!(
                "cannot use --data-path {} with {protocol}: this data path supports only {}; choose another data path",
                self.name,
                self.protocols.join(", ")
            ));
        }
        let need = self.needs.as_ref()?;
        let text = fs::read_to_string(tree.join(need.file)).unwrap_or_default();
        (!text.contains(need.text)).then(|| {
            format!(
                "cannot use --data-path {} with {}: {}; name a newer kernel with -k DIR",
                self.name,
                tree.display(),
                need.lack
            )
        })
    }
}

/// Finds a data path by its name.
#[must_use]
pub fn find(name: &str) -> Option<&'static DataPath> {
    DATA_PATHS.into_iter().find(|path| path.name == name)
}
