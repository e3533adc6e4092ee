// SPDX-License-Identifier: GPL-2.0-only

//! A data path is one value and one folder: an example that the generator does not contain.

use std::fs;
use std::path::Path;

use tcm_mod_builder::data_path::{DataPath, Need, Part, Rtslib, Source};
use tcm_mod_builder::module::files::{Files, Owner};
use xtask::fixture::FixtureTree;
use xtask::kernel::{CURRENT, Flavour};
use xtask::module::build;
use xtask::own_path;
use xtask::suite::wanted;

macro_rules! source {
    ($path:literal, $owner:ident) => {
        Source {
            path: $path,
            owner: Owner::$owner,
            text: include_str!(concat!("../fixtures/data_path/example/", $path)),
        }
    };
}

/// The value of the data path.
static EXAMPLE: DataPath = DataPath {
    name: "example",
    about: "Each portal group has a speed",
    protocols: &["SAS"],
    needs: Some(Need {
        file: "rust/kernel/sync/rcu.rs",
        text: "synchronize_rcu",
        lack: "it has no RCU",
    }),
    parts: &[&GAUGE],
    depends_on: &["NET"],
    selects: &[],
    kconfig_help: "Each portal group has a speed.\n",
    limits: &["It is slow."],
    driver: include_str!("../fixtures/data_path/example/driver.rs"),
    attributes: "``nab5000/attrib``\n",
    refused_initiators: None,
    rtslib: Rtslib {
        features: &["acls", "tpgts"],
        methods: "    # Each portal group has a speed.\n",
    },
};

static GAUGE: Part = Part {
    sources: &[
        source!("transport.rs", Author),
        source!("gauge.rs", Generator),
        source!("gauge_helpers.c", Generator),
        source!("gauge_helpers.h", Generator),
    ],
    kbuild: include_str!("../fixtures/data_path/example/Kbuild"),
    bindings_helper: include_str!("../fixtures/data_path/example/bindings_helper.h"),
};

fn generate(tree: &Path) -> Files {
    own_path::generate(tree, "tcm_gauge", &EXAMPLE).unwrap()
}

#[test]
fn value_and_folder_make_a_data_path() {
    let tree = FixtureTree::new().unwrap();
    let files = generate(tree.path());
    let text = |path: &str| files.get(path).unwrap().text.as_str();
    assert_eq!(files.get("transport.rs").unwrap().owner, Owner::Author);
    assert!(text("gauge.rs").contains("bindings::tcm_gauge_speed"));
    assert!(text("Kbuild").contains("tcm_gauge-y += gauge_helpers.o"));
    assert!(text("Kconfig").contains("TARGET_CORE && CONFIGFS_FS && NET\n"));
    assert!(text("Kconfig").contains("\t  Each portal group has a speed.\n"));
    assert!(text("bindings_helper.h").contains("#include \"gauge_helpers.h\"\n"));
    let driver = text("tcm_gauge.rs");
    for line in [
        "    name: \"tcm_gauge\",",
        "    description: \"gauge target fabric for Serial Attached SCSI\",",
        "    const PROTOCOL: Protocol = Protocol::SAS;",
    ] {
        assert!(driver.contains(line), "{line}:\n{driver}");
    }
}

#[test]
fn other_protocol_or_missing_need_is_refused() {
    let tree = FixtureTree::new().unwrap();
    assert_eq!(EXAMPLE.refusal("SAS", tree.path()), None);
    let refusal = EXAMPLE.refusal("FC", tree.path()).unwrap();
    assert!(refusal.contains("--data-path example") && refusal.contains("SAS"));
    fs::remove_file(tree.path().join("rust/kernel/sync/rcu.rs")).unwrap();
    assert!(EXAMPLE.refusal("SAS", tree.path()).unwrap().contains("RCU"));
}

#[test]
#[ignore = "builds for a kernel; `cargo xtask test` runs it"]
fn module_with_the_data_path_builds() {
    let Some(kernel) = wanted(CURRENT, Flavour::Debug) else {
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    own_path::write(&generate(&kernel.source), dir.path()).unwrap();
    build(&kernel, dir.path(), &[]).unwrap();
}
