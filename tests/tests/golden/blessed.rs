// SPDX-License-Identifier: GPL-2.0-only

//! The text of each protocol, page and section, as blessed.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use assert_cmd::Command;
use tcm_mod_builder::data_path::DATA_PATHS;
use tcm_mod_builder::emit::without_mark;
use tcm_mod_builder::protocol::PROTOCOLS;
use xtask::fixture::FixtureTree;
use xtask::golden::{compare, difference, is_blessing};
use xtask::module::{Profile, builder};
use xtask::own_path::protocol_of;
use xtask::shell::checkout;

use super::{files, generate};

/// Files of a module, without the line that names the owner.
fn unmarked_files(dir: &Path) -> BTreeMap<String, String> {
    let files = files(dir).into_iter();
    files
        .map(|(path, text)| (path, without_mark(&text)))
        .collect()
}

/// Files that are not copies of templates.
fn own_files(files: &BTreeMap<String, String>) -> impl Iterator<Item = (&String, &String)> {
    let templates: Vec<_> = self::files(&checkout().join("kernel-template"))
        .into_values()
        .filter(|template| !template.trim().is_empty())
        .collect();
    files
        .iter()
        .filter(move |(_, text)| !is_copy(text, &templates))
}

/// Returns true if a text consists of templates, with blank lines between them.
fn is_copy(text: &str, templates: &[String]) -> bool {
    let mut rests = templates
        .iter()
        .filter_map(|template| text.strip_prefix(template.as_str()));
    text.is_empty() || rests.any(|rest| is_copy(rest.trim_start_matches('\n'), templates))
}

/// The NOP module for iSCSI is blessed as text, without copies of templates. Those of other
/// protocols are blessed as differences from it.
#[test]
fn files_of_each_protocol_match_the_blessed_ones() {
    let tree = FixtureTree::new().unwrap();
    let golden = checkout().join("tests/golden");
    let iscsi = unmarked_files(&generate(&tree, "iSCSI", "tcm_nab5000", "nop"));
    for (path, text) in own_files(&iscsi) {
        compare(text, &golden.join("iSCSI").join(path));
    }
    for path in files(&golden.join("iSCSI")).keys() {
        if own_files(&iscsi).all(|(own, _)| own != path) {
            assert!(is_blessing(), "{path} is blessed, but not in the module");
            fs::remove_file(golden.join("iSCSI").join(path)).unwrap();
        }
    }
    for protocol in PROTOCOLS.iter().filter(|row| row.name != "iSCSI") {
        let dir = generate(&tree, protocol.name, "tcm_nab5000", "nop");
        let differences: String = own_files(&unmarked_files(&dir))
            .map(|(path, text)| difference(path, &iscsi[path], text, 0))
            .collect();
        compare(
            &differences,
            &golden.join(format!("{}.diff", protocol.name)),
        );
        let source = fs::read_to_string(dir.join("transport_id.rs")).unwrap();
        assert_eq!(without_mark(&source), protocol.source);
    }
}

/// Files of an in-tree module outside its directory, for each data path that iSCSI has.
#[test]
fn pages_and_kselftests_match_the_blessed_ones() {
    let golden = checkout().join("tests/golden");
    for path in DATA_PATHS
        .iter()
        .filter(|path| protocol_of(path) == "iSCSI")
    {
        let tree = FixtureTree::new().unwrap();
        let before = ["Documentation", "tools"].map(|dir| files(&tree.path().join(dir)));
        Command::new(builder(Profile::Dev).unwrap())
            .args(["-p", "iSCSI", "-m", "tcm_nab5000", "--data-path", path.name])
            .args(["--no-install", "-k"])
            .arg(tree.path())
            .assert()
            .success();
        let page = files(&tree.path().join("Documentation"));
        assert_eq!(page.len(), before[0].len() + 1);
        let blessed = golden.join("in_tree").join(path.name);
        compare(
            &without_mark(&page["target/tcm_nab5000.rst"]),
            &blessed.with_extension("rst"),
        );
        let kselftest = files(&tree.path().join("tools"));
        let text =
            |name| &kselftest[&format!("testing/selftests/drivers/target/tcm_nab5000/{name}")];
        compare(text("config"), &blessed.with_extension("config"));
        let template = checkout().join("kernel-template/kselftest/Makefile");
        let template = fs::read_to_string(template).unwrap();
        assert_eq!(without_mark(text("Makefile")), template);
        // The self-test of an out-of-tree module, but for the names of initiators.
        let own = golden.join("iSCSI/selftest.sh");
        let mut own = fs::read_to_string(own).unwrap();
        if let Some(refused) = path.refused_initiators {
            let start = own.find("refused_initiators=").unwrap();
            let end = own.find("refused_tags=").unwrap();
            let setting = format!("refused_initiators=\"{}\"\n", refused.join(" "));
            own.replace_range(start..end, &setting);
        }
        assert_eq!(without_mark(text("selftest.sh")), own);
        assert_eq!(kselftest.len(), before[1].len() + 3);
    }
}

#[test]
fn soundness_sections_match_the_ops() {
    let path = checkout().join("generator/doc/soundness.md");
    let page = fs::read_to_string(&path).unwrap();
    let (head, rest) = page.split_once("<!-- ops -->\n").unwrap();
    let (_, tail) = rest.split_once("<!-- end of ops -->\n").unwrap();
    let sections = tcm_mod_builder::plan::soundness_sections();
    let wanted = format!("{head}<!-- ops -->\n{sections}<!-- end of ops -->\n{tail}");
    compare(&wanted, &path);
}
