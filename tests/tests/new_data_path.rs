// SPDX-License-Identifier: GPL-2.0-only

//! A data path is one value and one folder: this one is the tests' own, and the generator has never
//! heard of it.

use std::path::Path;

use quote::quote;
use tcm_mod_builder::data_path::{
    Args, Attribute, Body, Data, DataPath, Driver, Part, PinnedField, Rtslib, Source, Upstream,
};
use tcm_mod_builder::kernel::Features;
use tcm_mod_builder::output::files::{Files, Owner};
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

/// The value.
static EXAMPLE: DataPath = DataPath {
    name: "example",
    about: "Each portal group has a speed",
    protocols: &["SAS"],
    refusal: |features| (!features.rcu).then(|| "it has no RCU".to_owned()),
    parts: |_| vec![&GAUGE],
    depends_on: &["NET"],
    selects: &[],
    kconfig_help: "Each portal group has a speed.\n",
    limits: &["It is slow."],
    upstream: Upstream::Refused("it is a test"),
    driver: Driver {
        head: "It has a speed, and no wire.",
        imports: &[],
        kernel_imports: &[],
        data: Data {
            ty: "u32",
            doc: "Says that it is here.",
            init: "pr_info!(\"example\\n\"); Ok(7)",
        },
        tpg_field: Some(PinnedField {
            name: "wire",
            ty: "wire::Wire",
            init: "wire::Wire::new(tag)",
        }),
        cmd: "()",
        cmd_memory: "BoxedCmd<Self>",
        np: "()",
        node_acl_state: "()",
        session: "()",
        tmr: "()",
        attributes: &[(
            "tfc_tpg_attrib_attrs",
            &[Attribute::new(
                "speed",
                "wire::Speed",
                "The speed of the wire.",
            )],
        )],
        fields: &[("max_data_sg_nents", "As long as the wire is.", "32")],
        body,
    },
    rtslib: Rtslib {
        features: &["acls", "tpgts"],
        methods: "    # Each portal group has a speed.\n",
    },
};

static GAUGE: Part = Part {
    sources: &[
        source!("wire.rs", Author),
        source!("gauge.rs", Generator),
        source!("gauge_helpers.c", Generator),
        source!("gauge_helpers.h", Generator),
    ],
    kbuild: include_str!("../fixtures/data_path/example/Kbuild"),
    bindings_helper: include_str!("../fixtures/data_path/example/bindings_helper.h"),
};

fn body(op: &str, args: &Args) -> Option<Body> {
    let arg = args.get(0);
    (op == "fabric_drop_tpg").then(|| Body {
        doc: "Stops the wire.",
        code: quote!(wire::stop(#arg)),
    })
}

fn generate(tree: &Path) -> Files {
    own_path::generate(tree, "tcm_gauge", &EXAMPLE).unwrap()
}

#[test]
fn a_value_and_a_folder_make_a_data_path() {
    let tree = FixtureTree::new().unwrap();
    let files = generate(tree.path());
    let text = |path: &str| files.get(path).unwrap().text.as_str();
    assert_eq!(files.get("wire.rs").unwrap().owner, Owner::Author);
    assert!(text("gauge.rs").contains("bindings::tcm_gauge_speed"));
    assert!(text("Kbuild").contains("tcm_gauge-y += gauge_helpers.o"));
    assert!(text("Kconfig").contains("TARGET_CORE && CONFIGFS_FS && NET\n"));
    assert!(text("Kconfig").contains("\t  Each portal group has a speed.\n"));
    assert!(text("bindings_helper.h").contains("#include \"gauge_helpers.h\"\n"));
    let driver = text("tcm_gauge.rs");
    for line in [
        "wire <- wire::Wire::new(tag),",
        "wire::stop(se_tpg)",
        "mod wire;",
        "#[allow(unsafe_code)]\nmod gauge;",
        "MAX_DATA_SG_NENTS: u32 = 32;",
        "speed: wire::Speed",
    ] {
        assert!(driver.contains(line), "{line}:\n{driver}");
    }
}

#[test]
fn it_says_what_it_does_not_go_with() {
    let tree = FixtureTree::new().unwrap();
    let mut features = Features::probe(tree.path());
    assert_eq!(EXAMPLE.refusal("SAS", &features), None);
    let refusal = EXAMPLE.refusal("FC", &features).unwrap();
    assert!(refusal.contains("--data-path example") && refusal.contains("SAS"));
    features.rcu = false;
    assert!(EXAMPLE.refusal("SAS", &features).unwrap().contains("RCU"));
}

#[test]
#[ignore = "builds for a kernel; `cargo xtask test` runs it"]
fn it_builds() {
    let Some(kernel) = wanted(CURRENT, Flavour::Debug) else {
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    own_path::write(&generate(&kernel.source), dir.path()).unwrap();
    build(&kernel, dir.path(), &[]).unwrap();
}
