// SPDX-License-Identifier: GPL-2.0-only

//! Writes the module: a checked plan in, a tree of texts out.
//!
//! Nothing in here touches a file, and nothing can fail. What depends on the header or the protocol
//! is built from tokens; what does not is the text of `kernel-template/`, comments and all.

mod driver;
mod fabric_ops;
mod kbuild;
mod kunit;
mod loopback;
mod rust;
mod selftest;

use crate::check::Plan;
use crate::names::Names;
use crate::protocol::Protocol;
use crate::tree::Tree;

/// Where a module is to be built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In the kernel's own tree, below `drivers/target`.
    InTree,
    /// In a directory of its own, with `M=`.
    OutOfTree,
}

/// What a module does with commands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DataPath {
    /// Nothing: no session is made, so none arrives.
    Nop,
    /// A SCSI host of the same machine is the initiator; it hangs below this device.
    Loopback(ParentDevice),
}

/// What a device without hardware is in a kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParentDevice {
    /// One on the faux bus, from the kernel crate.
    Faux,
    /// A root device, in kernels whose crate has no faux bus.
    Root,
}

/// What becomes of the unit tests of port names and TransportIDs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnitTests {
    /// A `KUnit` suite.
    Kunit,
    /// Left out, for kernels whose crate has no `KUnit` suites for modules.
    Absent,
}

/// What a module is made of.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    /// The ops, checked.
    pub plan: &'a Plan<'a>,
    /// The protocol.
    pub protocol: &'static Protocol,
    /// The protocol that target core is told.
    pub registered: &'static Protocol,
    /// The names.
    pub names: &'a Names,
    /// Where it is to be built.
    pub place: Place,
    /// What it does with commands.
    pub data_path: DataPath,
    /// What becomes of its unit tests.
    pub unit_tests: UnitTests,
}

/// Writes every file of the module, by name.
#[must_use]
pub fn module(input: &Input<'_>) -> Tree {
    let names = input.names;
    let mut tree = Tree::default();
    tree.add("Kbuild", kbuild::kbuild(input));
    tree.add("Kconfig", kbuild::kconfig(input));
    if input.place == Place::OutOfTree {
        tree.add("Makefile", kbuild::makefile());
    }
    tree.add("bindings.rs", kbuild::bindings(names));
    tree.add("bindings_helper.h", kbuild::bindings_helper(input));
    tree.add(
        "command.rs",
        include_str!("../../../kernel-template/command.rs").to_owned(),
    );
    tree.add("fabric_ops.rs", fabric_ops::text(input.plan));
    tree.add("selftest.sh", selftest::text(names, input.protocol));
    tree.add(
        "target.rs",
        include_str!("../../../kernel-template/target.rs").to_owned(),
    );
    tree.add("transport_id.rs", input.protocol.source.to_owned());
    for (path, text) in input.protocol.helpers {
        tree.add(path, (*text).to_owned());
    }
    tree.add(&format!("{}.rs", names.module()), driver::text(input));
    if input.unit_tests == UnitTests::Kunit {
        tree.add("kunit.rs", kunit::text(input));
    }
    if let DataPath::Loopback(parent) = input.data_path {
        loopback::add_files(&mut tree, names, parent);
    }
    tree
}
