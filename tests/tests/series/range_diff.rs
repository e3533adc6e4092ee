// SPDX-License-Identifier: GPL-2.0-only

//! The series for two kernels that differ in an op, compared by `git range-diff`.

use std::fs;

use super::{Fixture, NOP};

/// Output of `git range-diff` between the series for a kernel with `old` in the header, and with
/// `new`.
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

/// Subjects of the patches that `git range-diff` shows as changed.
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
fn new_op_changes_the_patches_with_ops() {
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
fn unknown_op_is_an_empty_slot() {
    let op = "\tint (*queue_data_in)(struct se_cmd *);\n";
    let diff = range_diff(op, &format!("{op}\tvoid (*queue_hint)(struct se_cmd *);\n"));
    // The first patch with ops gets the slot. Others show it in their context, and the page of the
    // driver lists the op.
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
