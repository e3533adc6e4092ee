// SPDX-License-Identifier: GPL-2.0-only

//! Data paths: what a module does with commands. A value here and a folder below
//! `kernel-template/data_path` describe each; nothing else names one.

mod iscsi;
mod loopback;
mod nop;

use proc_macro2::{Ident, TokenStream};

use crate::kernel::Features;
use crate::output::files::Owner;

/// Every data path; the first is the default.
pub static DATA_PATHS: [&DataPath; 3] = [&nop::NOP, &loopback::LOOPBACK, &iscsi::ISCSI];

/// A data path.
#[derive(Debug)]
pub struct DataPath {
    /// Its name on the command line.
    pub name: &'static str,
    /// What it does, for `--help`.
    pub about: &'static str,
    /// The protocols that it goes with, by name; all if there is none.
    pub protocols: &'static [&'static str],
    /// Why it does not go with a kernel, if it does not.
    pub refusal: fn(&Features) -> Option<String>,
    /// What it adds to the module's directory, on a kernel.
    pub parts: fn(&Features) -> Vec<&'static Part>,
    /// The Kconfig symbols that it depends on.
    pub depends_on: &'static [&'static str],
    /// The Kconfig symbols that it selects: code that nobody is asked about.
    pub selects: &'static [&'static str],
    /// A paragraph for the help text of Kconfig, and for the module's page; may be empty.
    pub kconfig_help: &'static str,
    /// Its limits, for the module's page: sentences in reStructuredText.
    pub limits: &'static [&'static str],
    /// What it is in a series of patches for the kernel.
    pub upstream: Upstream,
    /// What it brings to the driver.
    pub driver: Driver,
    /// What it brings to the fabric's class for rtslib.
    pub rtslib: Rtslib,
}

/// What rtslib is to know of a fabric.
#[derive(Debug)]
pub struct Rtslib {
    /// What its targets have, in rtslib's words.
    pub features: &'static [&'static str],
    /// Methods of the class, in Python; may be empty.
    pub methods: &'static str,
}

/// What a data path is in a series of patches for the kernel.
#[derive(Debug)]
pub enum Upstream {
    /// It is offered; these wrappers of other subsystems become modules of the kernel crate.
    Offered(&'static [CrateModule]),
    /// It is not offered, for this reason.
    Refused(&'static str),
}

/// A wrapper of another subsystem that becomes a module of the kernel crate.
#[derive(Debug)]
pub struct CrateModule {
    /// Its name: that of the module's file or folder, too.
    pub name: &'static str,
    /// When it is there, as in `cfg`.
    pub gate: &'static str,
    /// The C headers that its bindings are made of.
    pub headers: &'static [&'static str],
    /// Its helpers in C: the file's name and text.
    pub helpers: (&'static str, &'static str),
    /// What it imports from elsewhere in the kernel crate than a module does: both paths.
    pub imports: &'static [(&'static str, &'static str)],
    /// The message of its patch.
    pub message: &'static str,
}

/// Files, and the fragments that belong to them.
#[derive(Debug)]
pub struct Part {
    /// The files.
    pub sources: &'static [Source],
    /// A fragment of Kbuild; may be empty.
    pub kbuild: &'static str,
    /// A fragment of `bindings_helper.h`; may be empty.
    pub bindings_helper: &'static str,
}

/// A file that is copied, but for the module's names.
#[derive(Debug)]
pub struct Source {
    /// Its path in the module's directory.
    pub path: &'static str,
    /// Who changes it. A Rust module of the author's has no `unsafe`.
    pub owner: Owner,
    /// Its text, with the names of `tcm_template`.
    pub text: &'static str,
}

impl Source {
    /// A file of the author's.
    #[must_use]
    pub const fn author(path: &'static str, text: &'static str) -> Self {
        Self {
            path,
            owner: Owner::Author,
            text,
        }
    }

    /// A file of the generator's.
    #[must_use]
    pub const fn generator(path: &'static str, text: &'static str) -> Self {
        Self {
            path,
            owner: Owner::Generator,
            text,
        }
    }
}

/// What a data path brings to the driver. Code is Rust, as it is to stand there.
#[derive(Debug)]
pub struct Driver {
    /// A sentence on it for the head of the driver.
    pub head: &'static str,
    /// What the driver imports of the module besides the layer: `module::Name` each.
    pub imports: &'static [&'static str],
    /// What it imports of the kernel crate besides the usual: `module::Name` each.
    pub kernel_imports: &'static [&'static str],
    /// The fabric's own data, and how they are made.
    pub data: Data,
    /// A pinned field of the portal group, if there is one.
    pub tpg_field: Option<PinnedField>,
    /// The type `Operations::Cmd`.
    pub cmd: &'static str,
    /// The type `Operations::CmdMemory`.
    pub cmd_memory: &'static str,
    /// The type `Operations::Np`.
    pub np: &'static str,
    /// The type `Operations::NodeAclState`.
    pub node_acl_state: &'static str,
    /// The type `Operations::Session`.
    pub session: &'static str,
    /// The type `Operations::Tmr`.
    pub tmr: &'static str,
    /// Attributes, by the group that they are in.
    pub attributes: &'static [(&'static str, &'static [Attribute])],
    /// Values of the ops' fields: the name, a sentence on why, and the value.
    pub fields: &'static [(&'static str, &'static str, &'static str)],
    /// What the method of an op does, where it is not what a module without data does.
    pub body: fn(op: &str, args: &Args) -> Option<Body>,
}

/// The type `Operations::Data`, and the method `init` that makes it.
#[derive(Debug)]
pub struct Data {
    /// The type.
    pub ty: &'static str,
    /// A sentence about the method.
    pub doc: &'static str,
    /// The method's body; it may use `module`.
    pub init: &'static str,
}

impl Data {
    /// None.
    pub const NONE: Self = Self {
        ty: "()",
        doc: "The fabric has no data.",
        init: "Ok(())",
    };
}

/// An attribute: a file in a directory of configfs.
#[derive(Clone, Copy, Debug)]
pub struct Attribute {
    /// The name of the file.
    pub name: &'static str,
    /// The type that implements it.
    pub ty: &'static str,
    /// Sentences on it for the module's page, in reStructuredText.
    pub about: &'static str,
}

impl Attribute {
    /// An attribute of this name and type.
    #[must_use]
    pub const fn new(name: &'static str, ty: &'static str, about: &'static str) -> Self {
        Self { name, ty, about }
    }
}

/// A field that is initialized in place.
#[derive(Debug)]
pub struct PinnedField {
    /// Its name.
    pub name: &'static str,
    /// Its type.
    pub ty: &'static str,
    /// Its initializer; `tag` is the portal group's tag.
    pub init: &'static str,
}

/// The arguments of a method.
#[derive(Debug)]
pub struct Args(Vec<Ident>);

impl Args {
    /// The arguments of these names, in order.
    #[must_use]
    pub fn new(names: Vec<Ident>) -> Self {
        Self(names)
    }

    /// The argument at `index`.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<&Ident> {
        self.0.get(index)
    }
}

/// What a method does.
#[derive(Debug)]
pub struct Body {
    /// A sentence about it.
    pub doc: &'static str,
    /// The statements.
    pub code: TokenStream,
}

impl DataPath {
    /// Why the data path goes with neither this protocol nor this kernel, if it does not.
    #[must_use]
    pub fn refusal(&self, protocol: &str, features: &Features) -> Option<String> {
        if !self.protocols.is_empty() && !self.protocols.contains(&protocol) {
            return Some(format!(
                "--data-path {} does not go with {protocol}, only with {}",
                self.name,
                self.protocols.join(", ")
            ));
        }
        (self.refusal)(features)
            .map(|reason| format!("--data-path {} needs another kernel: {reason}", self.name))
    }
}

/// Finds a data path by its name.
#[must_use]
pub fn find(name: &str) -> Option<&'static DataPath> {
    DATA_PATHS.into_iter().find(|path| path.name == name)
}
