// SPDX-License-Identifier: GPL-2.0-only

//! `sync`: files written and kept, steps for the author, and modules that compile for other kernels
//! and headers.

mod files;
mod kernels;
#[path = "../refusal/mod.rs"]
mod refusal;
mod replaced;
mod steps;

use std::fs;
use std::path::PathBuf;

use assert_cmd::Command;
use xtask::fixture::FixtureTree;
use xtask::module::{Profile, builder};

/// A module in the tree that it is generated from.
struct Fixture {
    tree: FixtureTree,
    dir: PathBuf,
}

impl Fixture {
    fn new(data_path: &str) -> Self {
        Self::of(FixtureTree::new().unwrap(), data_path)
    }

    fn of(tree: FixtureTree, data_path: &str) -> Self {
        let dir = tree.path().join("module");
        let mut command = Command::new(builder(Profile::Dev).unwrap());
        command.args(["-p", "iSCSI", "-m", "tcm_x", "--data-path", data_path]);
        command.arg("-k").arg(tree.path()).arg("-o").arg(&dir);
        command.assert().success();
        Self { tree, dir }
    }

    /// `sync` of the module for the tree.
    fn sync(&self) -> Command {
        let mut command = Command::new(builder(Profile::Dev).unwrap());
        self.aim(&mut command);
        command
    }

    fn aim(&self, command: &mut Command) {
        command.arg("sync").arg(&self.dir).arg("-k");
        command.arg(self.tree.path()).env_remove("KDIR");
    }

    fn text(&self, file: &str) -> String {
        fs::read_to_string(self.dir.join(file)).unwrap()
    }

    fn change(&self, from: &str, to: &str) {
        self.tree.replace(&self.tree.header(), from, to).unwrap();
    }

    /// Checks that a command fails with all of `said`, and leaves the tree unchanged.
    fn refused(&self, command: &mut Command, said: &[&str]) {
        refusal::refused(&self.tree, command, 1, said);
    }
}
