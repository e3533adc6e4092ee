// SPDX-License-Identifier: GPL-2.0-only

//! Modules that are cross-built for another processor, and boot there.

use std::path::PathBuf;

use xtask::arm64::{boot, build};
use xtask::kernel::{CURRENT, Flavour};
use xtask::module::{ISCSI, LOOPBACK, Module, Profile, builder};
use xtask::suite::{is_full, wanted};

#[test]
#[ignore = "boots a kernel; `cargo xtask test --full` runs it"]
fn cross_built_modules_work_on_arm64() {
    if !is_full() {
        return;
    }
    let Some(kernel) = wanted(CURRENT, Flavour::Arm64) else {
        return;
    };
    let scratch = tempfile::tempdir().unwrap();
    let program = builder(Profile::Dev).unwrap();
    let modules: [(&str, &str, &[&str]); 3] = [
        ("SAS", "tcm_nop", &[]),
        ("SAS", "tcm_disk", &LOOPBACK),
        ("iSCSI", "tcm_net", &ISCSI),
    ];
    let dirs = modules.map(|(proto, name, options)| {
        let dir = scratch.path().join(name);
        let module = Module {
            proto,
            name,
            options,
        };
        module.generate(&kernel, &dir).unwrap();
        build(&kernel, &program, &dir).unwrap();
        dir
    });
    let log = boot(&kernel, dirs.each_ref().map(PathBuf::as_path)).unwrap();
    println!("{log}");
}
