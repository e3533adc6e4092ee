// SPDX-License-Identifier: GPL-2.0-only

//! The series for a kernel with another op, beside that for the kernel before.

use std::fs;

use super::{Fixture, NOP};

/// Returns the output of `git range-diff` for the series for a kernel without an op, and for the next
/// one, which has it: `old` in the header becomes `new`.
fn range_diff(old: &str, new: &str) -> String {
    let fixture = Fixture::new();
    let header = fixture.tree.header();
    if !fs::read_to_string(&header).unwrap().contains(old) {
        fixture.tree.replace(&header, new, old).unwrap();
        fixture.commit("A kernel without an op");
    }
    let base = fixture.git(&["rev-parse", "HEAD"]);
    fixture.series(NOP, "before").assert().success();
    fixture.apply("before");
    fixture.git(&["checkout", "--quiet", base.trim()]);
    fixture.tree.replace(&header, old, new).unwrap();
    fixture.commit("A kernel with it");
    let next = fixture.git(&["rev-parse", "HEAD"]);
    fixture.series(NOP, "after").assert().success();
    fixture.apply("after");
    let (before, after) = (
        format!("{}..before", base.trim()),
        format!("{}..after", next.trim()),
    );
    fixture.git(&["range-diff", "--no-color", &before, &after])
}

/// The subjects of the patches that a `git range-diff` shows as changed.
fn changed(diff: &str) -> Vec<&str> {
    let headlines = diff.lines().filter_map(|line| {
        let (number, rest) = line.trim_start().split_once(": ")?;
        number.parse::<u32>().ok().map(|_| rest)
    });
    let changed = headlines.filter(|line| !line.contains(" = "));
    changed
        .map(|line| line.split_once(": ").map_or(line, |(_, subject)| subject))
        .map(|line| {
            line.split_once("rust: target: ")
                .map_or(line, |(_, what)| what)
        })
        .collect()
}

#[test]
fn an_op_that_is_new_changes_the_patches_that_have_ops() {
    let diff = range_diff(
        "int (*fabric_old)(struct se_portal_group *,",
        "int (*fabric_post_link)(struct se_portal_group *,",
    );
    let changed = changed(&diff);
    assert!(changed.contains(&"add portal groups"), "{diff}");
    assert!(!changed.contains(&"add a queue of commands"), "{diff}");
    assert!(
        diff.contains("fn fabric_post_link(") && !diff.contains("fn tpg_get_tag"),
        "{diff}"
    );
}

#[test]
fn an_op_that_nobody_knows_is_a_slot_that_stays_empty() {
    let op = "\tint (*queue_data_in)(struct se_cmd *);\n";
    let diff = range_diff(op, &format!("{op}\tvoid (*queue_hint)(struct se_cmd *);\n"));
    // The first patch with ops gets the slot. Others have it beside their own changes, and the page
    // of the driver says what is not there.
    let first = "add fabrics and their target ports";
    assert_eq!(changed(&diff).first(), Some(&first), "{diff}");
    for line in [
        "++        queue_hint: None,",
        "++- Ops that are not implemented: ``queue_hint``.",
    ] {
        assert!(diff.lines().any(|other| other.trim() == line), "{diff}");
    }
    assert!(!diff.contains("fn queue_hint"), "{diff}");
}
