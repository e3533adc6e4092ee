// SPDX-License-Identifier: GPL-2.0-only

//! Changes of the kernel: the report of `sync`, and the steps that it leaves to the author.

use std::fs;

use predicates::prelude::*;
use predicates::str::contains;
use xtask::fixture::FixtureTree;

use super::Fixture;

/// An op that the loopback driver implements and the NOP driver does not.
const LINK: &str = "int (*fabric_post_link)(struct se_portal_group *,";

#[test]
fn new_op_is_reported_with_the_method_to_add() {
    let tree = FixtureTree::new().unwrap();
    let header = fs::read_to_string(tree.header()).unwrap();
    tree.replace(
        &tree.header(),
        LINK,
        "int (*fabric_old)(struct se_portal_group *,",
    )
    .unwrap();
    let fixture = Fixture::of(tree, "nop");
    let driver = fixture.text("tcm_x.rs");
    assert!(!fixture.text("target/ops.rs").contains("fabric_post_link"));
    fs::write(fixture.tree.header(), header).unwrap();

    let said = ["is out of date; run", "run `tcm-mod-builder sync"];
    fixture.refused(fixture.sync().arg("--check"), &said);
    let assert = fixture.sync().assert().success();
    assert
        .stdout(contains("- int (*fabric_old)(struct se_portal_group *, struct se_lun *)\n"))
        .stdout(contains("+ int (*fabric_post_link)(struct se_portal_group *, struct se_lun *)\n"))
        .stdout(contains(
            "To do: tcm_x.rs: add `fn fabric_post_link(se_tpg: &Tpg<Self>, se_lun: &Lun) -> Result`",
        ))
        .stdout(contains("Changing file: ").count(2));
    assert!(
        fixture
            .text("target/ops.rs")
            .contains("fabric_post_link_callback")
    );
    assert_eq!(fixture.text("tcm_x.rs"), driver);
    fixture.sync().arg("--check").assert().success();
}

#[test]
fn removed_op_is_reported_with_the_method_to_remove() {
    let fixture = Fixture::new("loopback");
    fixture.change(LINK, "int (*fabric_new)(struct se_portal_group *,");
    let assert = fixture.sync().assert().success();
    assert
        .stdout(contains(
            "To do: remove `fn fabric_post_link` from tcm_x.rs",
        ))
        .stderr(contains(
            "`int (*fabric_new)(struct se_portal_group *, struct se_lun *)` is unknown",
        ));
}

#[test]
fn changed_op_is_reported_with_its_signature() {
    let fixture = Fixture::new("nop");
    fixture.change("u16 (*tpg_get_tag)", "u32 (*tpg_get_tag)");
    let assert = fixture.sync().assert().success();
    assert
        .stdout(contains(
            "- u16 (*tpg_get_tag)(struct se_portal_group *) (required)",
        ))
        .stdout(contains(
            "+ u32 (*tpg_get_tag)(struct se_portal_group *) (required)",
        ))
        .stdout(contains(
            "tcm_x.rs: `fn tpg_get_tag` must be `fn tpg_get_tag(se_tpg: &Tpg<Self>) -> u32`",
        ));
}

#[test]
fn missing_field_requires_no_step() {
    let fixture = Fixture::new("loopback");
    fixture.change("unsigned int direct_compl_supp:1;", "");
    let assert = fixture.sync().assert().success();
    assert
        .stdout(contains("direct_compl_supp"))
        .stdout(contains("To do").not());
    assert!(
        fixture
            .text("target/ops.rs")
            .contains("const DIRECT_COMPL_SUPP: bool")
    );
}

#[test]
fn smaller_kernel_crate_requires_no_step() {
    let fixture = Fixture::new("loopback");
    fs::remove_dir_all(fixture.tree.path().join("rust/kernel/sync")).unwrap();
    fixture.sync().arg("--check").assert().success();
}

#[test]
fn edited_build_file_without_probes_gets_a_step() {
    let fixture = Fixture::new("nop");
    let old = fixture.text("Kbuild").replace("kernel_cfg", "old_cfg");
    fs::write(fixture.dir.join("Kbuild"), old).unwrap();
    let assert = fixture.sync().assert().success();
    assert.stdout(contains("To do: Kbuild: add the lines with `kernel_cfg`"));
}
