// SPDX-License-Identifier: GPL-2.0-only

//! A check of commands that must fail without a change to the tree.

use assert_cmd::Command;
use predicates::str::contains;
use xtask::fixture::FixtureTree;

/// Checks that a command exits with `code`, writes each text of `said` to standard error, and
/// leaves the tree unchanged.
pub(crate) fn refused(tree: &FixtureTree, command: &mut Command, code: i32, said: &[&str]) {
    let before = tree.snapshot().unwrap();
    let mut assert = command.assert().failure().code(code);
    for text in said {
        assert = assert.stderr(contains(*text));
    }
    drop(assert);
    assert!(before == tree.snapshot().unwrap(), "the tree has changed");
}
