// SPDX-License-Identifier: GPL-2.0-only

//! What the compiler refuses in an author's file. Each case compiles without the marked lines.

use std::fs;

use xtask::kernel::{CURRENT, Flavour, get};
use xtask::module::{LOOPBACK, Module, build};

/// A use of `unsafe` that is sound, so that nothing else is wrong with it.
const UNSAFE: &str = "\n/// Reads a byte.\n#[allow(dead_code)]\nfn peek(byte: &u8) -> u8 {\n    \
                      // SAFETY: A reference is valid.\n    unsafe { core::ptr::read(byte) }\n}\n";

#[test]
#[ignore = "builds for a kernel; `cargo xtask test` runs it"]
fn an_authors_file_has_no_unsafe() {
    let kernel = get(CURRENT, Flavour::Debug).unwrap();
    let scratch = tempfile::tempdir().unwrap();
    let dir = scratch.path().join("tcm_unsafe");
    let module = Module {
        proto: "SAS",
        name: "tcm_unsafe",
        options: &LOOPBACK,
    };
    module.generate(&kernel, &dir).unwrap();
    for (file, is_refused) in [
        ("tcm_unsafe.rs", true),
        ("loopback.rs", true),
        // The generator's: the same lines compile here.
        ("scsi_host.rs", false),
    ] {
        let path = dir.join(file);
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, format!("{text}{UNSAFE}")).unwrap();
        let built = build(&kernel, &dir, &[]);
        match built {
            Err(error) if is_refused => {
                let said = format!("{error:#}");
                assert!(said.contains("usage of an `unsafe` block"), "{said}");
            }
            built => assert!(!is_refused && built.is_ok(), "{file}: {built:?}"),
        }
        fs::write(&path, text).unwrap();
    }
    build(&kernel, &dir, &[]).unwrap();
}
