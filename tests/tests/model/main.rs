// SPDX-License-Identifier: GPL-2.0-only

//! The model: the ops and fields that `tcm-bindings` reads from a header, and the faults and
//! warnings of the plan.

mod conditions;
mod headers;
mod members;
mod required;
mod unknown;

use tcm_bindings::{Error, FabricOps, Header};
use tcm_mod_builder::plan;
use xtask::fixture::FixtureTree;

fn read(tree: &FixtureTree) -> Result<FabricOps, Error> {
    tcm_bindings::read(&Header::in_tree(tree.path()).unwrap())
}

/// Model of the fixture's header with one text replaced.
fn changed(from: &str, to: &str) -> Result<FabricOps, Error> {
    let tree = FixtureTree::new().unwrap();
    tree.replace(&tree.header(), from, to).unwrap();
    read(&tree)
}

/// Model of the fixture's header with `members` before `release_cmd`.
fn with(members: &str) -> FabricOps {
    changed(
        "void (*release_cmd)",
        &format!("{members}\n\tvoid (*release_cmd)"),
    )
    .unwrap()
}

/// Warnings of the plan, as one text.
fn warnings(model: &FabricOps) -> String {
    plan::plan(model).unwrap().warnings.join("\n")
}
