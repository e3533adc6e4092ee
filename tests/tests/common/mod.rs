// SPDX-License-Identifier: GPL-2.0-only

//! What the tests of commands share.

use assert_cmd::Command;
use predicates::str::contains;
use xtask::fixture::FixtureTree;

/// Checks that a command fails with `code`, says all of `said`, and leaves the tree as it was.
pub(crate) fn refused(tree: &FixtureTree, command: &mut Command, code: i32, said: &[&str]) {
    let before = tree.snapshot().unwrap();
    let mut assert = command.assert().failure().code(code);
    for text in said {
        assert = assert.stderr(contains(*text));
    }
    drop(assert);
    assert!(before == tree.snapshot().unwrap(), "the tree has changed");
}
