// SPDX-License-Identifier: GPL-2.0-only

//! Commands in each state that a wire may keep them in, and what may come then: a fabric that is the
//! tests' own holds them, on the debug kernel.
//!
//! The cases are in `tests/guest/cases/states`.

use std::path::Path;
use std::time::Duration;

use quote::quote;
use tcm_mod_builder::data_path::{
    Args, Attribute, Body, Data, DataPath, Driver, Part, PinnedField, Rtslib, Source, Upstream,
};
use xtask::cases::{self, Cases, LEAKS};
use xtask::guest::Guest;
use xtask::kernel::{CURRENT, Flavour, Kernel};
use xtask::module::{build, misuse};
use xtask::own_path;
use xtask::suite::{Length, wanted};

/// The value.
static HOLD: DataPath = DataPath {
    name: "hold",
    about: "User space submits commands, and holds them",
    protocols: &["SAS"],
    refusal: |_| None,
    parts: |_| vec![&BENCH],
    depends_on: &[],
    selects: &[],
    kconfig_help: "",
    limits: &[],
    upstream: Upstream::Refused("it is a test"),
    driver: Driver {
        head: "User space submits commands, and holds them: see `bench.rs`.",
        imports: &[],
        kernel_imports: &[],
        data: Data {
            ty: "bench::Registry",
            doc: "For the test.",
            init: "bench::Registry::new()",
        },
        tpg_field: Some(PinnedField {
            name: "wire",
            ty: "bench::Wire",
            init: "bench::Wire::new()",
        }),
        np: "()",
        node_acl_state: "u64",
        session: "bench::Initiator",
        cmd: "bench::Io",
        cmd_memory: "BoxedCmd<Self>",
        tmr: "bench::Function",
        attributes: &[
            (
                "tfc_wwn_attrs",
                &[Attribute::new("groups", "bench::Groups", "")],
            ),
            (
                "tfc_tpg_base_attrs",
                &[
                    Attribute::new("acl", "bench::Acl", ""),
                    Attribute::new("data", "bench::Data", ""),
                    Attribute::new("finish", "bench::Finish", ""),
                    Attribute::new("held", "bench::Held", ""),
                    Attribute::new("hold", "bench::Hold", ""),
                    Attribute::new("login", "bench::LogIn", ""),
                    Attribute::new("logout", "bench::Logout", ""),
                    Attribute::new("refuse", "bench::Refuse", ""),
                    Attribute::new("results", "bench::Results", ""),
                    Attribute::new("stop", "bench::Stop", ""),
                    Attribute::new("submit", "bench::Submit", ""),
                    Attribute::new("tmr", "bench::Manage", ""),
                ],
            ),
        ],
        fields: &[("direct_submit_supp", "For the test.", "true")],
        body,
    },
    rtslib: Rtslib {
        features: &[],
        methods: "",
    },
};

static BENCH: Part = Part {
    sources: &[Source::author(
        "bench.rs",
        include_str!("../fixtures/data_path/hold/bench.rs"),
    )],
    kbuild: "",
    bindings_helper: "",
};

fn body(op: &str, args: &Args) -> Option<Body> {
    let (arg, second) = (args.get(0), args.get(1));
    let code = match op {
        "tpg_check_demo_mode" => quote!(true),
        "sess_get_index" => quote!(#arg.data().number as u32),
        "close_session" => quote!(bench::close_session(#arg)),
        "write_pending" => quote!(bench::write_pending(#arg)),
        "queue_data_in" | "queue_status" => quote!(bench::respond(#arg)),
        "queue_tm_rsp" => quote!(bench::respond_tmr(#arg)),
        "aborted_task" => quote!(bench::aborted(#arg)),
        "fabric_drop_tpg" => quote! {
            #arg.wwn().fabric().remove(#arg);
            #arg.data().wire.bench.clear();
        },
        "fabric_enable_tpg" => quote! {
            if #second {
                return #arg.wwn().fabric().add(#arg);
            }
            #arg.wwn().fabric().remove(#arg);
            #arg.data().wire.bench.clear();
            Ok(())
        },
        _ => return None,
    };
    let doc = "For the test.";
    Some(Body { doc, code })
}

fn built(kernel: &Kernel, dir: &Path) {
    let files = own_path::generate(&kernel.source, "tcm_hold", &HOLD).unwrap();
    own_path::write(&files, dir).unwrap();
    build(kernel, dir, &[]).unwrap();
}

#[test]
#[ignore = "boots a debug kernel; `cargo xtask test` runs it"]
fn a_command_ends_well_in_whatever_state() {
    let Some(kernel) = wanted(CURRENT, Flavour::Debug) else {
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    built(&kernel, dir.path());
    let (rounds, minutes) = match Length::of_this_run() {
        Length::Short => (10, 20),
        Length::Full => (2_000, 600),
    };
    let mut guest = Guest::racing(&kernel);
    guest.modules = vec![dir.path().to_owned()];
    guest.limit = Duration::from_secs(60 * minutes * 2);
    let mut cases = Cases::new(guest);
    cases.limit = Duration::from_secs(60 * minutes);
    cases.variables = vec![
        ("MISUSE", misuse().unwrap().display().to_string()),
        ("KO", dir.path().join("tcm_hold.ko").display().to_string()),
        ("ROUNDS", rounds.to_string()),
    ];
    cases.run(&cases::of(&["states", LEAKS]).unwrap()).unwrap();
}
