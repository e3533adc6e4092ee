// SPDX-License-Identifier: GPL-2.0-only

//! Fabrics of modules in targetcli: the cases `userland`.

use std::fs;
use std::path::Path;
use std::time::Duration;

use tcm_mod_builder::protocol::find;
use xtask::cases::{self, Cases};
use xtask::guest::Guest;
use xtask::kernel::{CURRENT, Flavour, Kernel};
use xtask::module::{Built, ISCSI, LOOPBACK, Module, build};
use xtask::shell::checkout;
use xtask::suite::{Modules, wanted};

/// The fabrics: a protocol, and the data path.
const FABRICS: [(&str, &[&str]); 6] = [
    ("FC", &[]),
    ("SAS", &[]),
    ("SRP", &[]),
    ("iSCSI", &[]),
    ("SAS", &LOOPBACK),
    ("iSCSI", &ISCSI),
];

#[test]
#[ignore = "boots a kernel; `cargo xtask test` runs it"]
fn what_targetcli_saves_is_restored() {
    let Some(kernel) = wanted(CURRENT, Flavour::Plain) else {
        return;
    };
    let dir = Modules::new(&kernel).unwrap();
    let mut guest = Guest::new(&kernel);
    guest.limit = Duration::from_secs(60 * 30);
    let mut fabrics = String::new();
    for (protocol, options) in FABRICS {
        let module = Built::new(&kernel, find(protocol).unwrap(), options, dir.path()).unwrap();
        fabrics += &line(&module, options.last().unwrap_or(&"nop"));
        guest.modules.push(module.dir);
    }
    let scratch = tempfile::tempdir().unwrap();
    let list = scratch.path().join("fabrics");
    fs::write(&list, fabrics).unwrap();
    let typed = scratch.path().join("typed.sh");
    fs::write(&typed, page(&kernel, scratch.path())).unwrap();
    guest.modules.push(scratch.path().join("module"));
    let mut cases = Cases::new(guest);
    cases.variables = vec![
        ("FABRICS", list.display().to_string()),
        ("PAGE", typed.display().to_string()),
    ];
    let found = cases.run(&cases::of(&["userland"]).unwrap()).unwrap();
    if let Some(page) = found
        .iter()
        .find(|case| case.name.ends_with("page_is_as_printed"))
    {
        check_trees(&page.said);
    }
}

/// A fabric's line for the guest.
fn line(module: &Built, kind: &str) -> String {
    format!(
        "{} {} {} {kind} {} {} {}\n",
        module.dir.display(),
        module.module,
        module.fabric,
        module.protocol.other_example,
        module.protocol.initiator_example,
        module.protocol.refused[1],
    )
}

/// Checks that the session of the page shows the tree twice: as created, and as restored.
fn check_trees(said: &str) {
    for line in [
        "o- nab5000 ",
        "o- iqn.2003-01.org.example.host:target1 ",
        "o- mapped_lun0 ",
    ] {
        assert_eq!(said.matches(line).count(), 2, "{line}: {said}");
    }
}

/// The session of the page for users, as a script, on a module that is built for it in `module` below
/// `scratch`.
fn page(kernel: &Kernel, scratch: &Path) -> String {
    let dir = scratch.join("module");
    let module = Module {
        proto: "iSCSI",
        name: "tcm_nab5000",
        options: &[],
    };
    module.generate(kernel, &dir).unwrap();
    build(kernel, &dir, &[]).unwrap();
    let page = fs::read_to_string(checkout().join("generator/doc/userland.md")).unwrap();
    let block = |before: &str| {
        let (_, block) = page.split_once(before).unwrap();
        block.split_once("\n\n").unwrap().0.replace("\n    ", "\n")
    };
    format!(
        "cd {}\n{}\n{}\n\
         targetcli clearconfig confirm=True\n\
         rmdir /sys/kernel/config/target/nab5000\n\
         make uninstall-userland\n",
        dir.display(),
        block("in `userland/`:\n\n"),
        block("Debian's targetcli-fb:\n\n"),
    )
}
