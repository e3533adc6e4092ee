// SPDX-License-Identifier: GPL-2.0-only

//! The machines: those that are broken, and those that differ and are fit.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use xtask::kernel::Kernel;
use xtask::setup::{LLVM, rustc};

use super::machine::{Machine, changed_bindgen, link_entries};

/// A change that breaks a machine, and a text of `doctor` about it.
pub(crate) type Broken = (&'static str, Change, &'static str);

/// A change of a machine.
type Change = fn(&mut Machine, &Kernel);

/// Empties nested types, as bindgen 0.71 does with libclang 22.
const EMPTIES: &str = r"s/(pub struct (inner|list_head) \{)[^}]*\}/\1 pub _address: u8 }/g";

pub(crate) const BROKEN: [Broken; 20] = [
    (
        "rustc of another version",
        |machine, _| {
            let other = machine.program("rustc", "echo 'rustc 1.85.0 (4d91de4e4 2025-02-17)'");
            machine.set("RUSTC", &other);
        },
        "wrong    rustc",
    ),
    (
        "rustc that is not there",
        |machine, _| machine.set("RUSTC", "/nonexistent/rustc"),
        "missing  rustc",
    ),
    (
        "rustc that only has a version",
        |machine, _| {
            let real = rustc().display();
            let script = format!("[ \"$1\" != --version ] || exec {real} --version\nexit 1");
            let fake = machine.program("rustc", &script);
            machine.set("RUSTC", &fake);
        },
        "wrong    kernel crate",
    ),
    (
        "rustup's proxy for another toolchain",
        |machine, _| {
            let proxy = machine.program("rustc", "echo 'rustc 1.97.0-nightly (abc 2026-07-01)'");
            machine.set("RUSTC", &proxy);
        },
        "wrong    rustc",
    ),
    (
        "bindgen 0.60",
        |machine, kernel| {
            machine.program("bindgen", &changed_bindgen(kernel, "bindgen 0.60.1", ""));
        },
        "wrong    bindgen",
    ),
    (
        "bindgen that empties nested types",
        |machine, kernel| {
            machine.program(
                "bindgen",
                &changed_bindgen(kernel, "bindgen 0.71.1", EMPTIES),
            );
        },
        "loses members",
    ),
    (
        "bindgen that cannot be run",
        |machine, _| {
            machine.program("bindgen", "exit 127");
        },
        "missing  bindgen",
    ),
    (
        "bindgen without libclang",
        |machine, kernel| {
            let real = kernel.tools.bindgen.display();
            let script = format!("LIBCLANG_PATH=/nonexistent exec {real} \"$@\"");
            machine.program("bindgen", &format!("unset LD_LIBRARY_PATH\n{script}"));
            machine.program("bindgen", &format!(
            "[ \"$1\" != --version ] || exec {real} --version\necho 'no libclang' >&2; exit 1"
        ));
        },
        "cannot read a header",
    ),
    (
        "no libpin_init",
        |machine, _| machine.crate_file("libpin_init.rmeta", |_| None),
        "wrong    kernel crate",
    ),
    (
        "no libffi",
        |machine, _| machine.crate_file("libffi.rmeta", |_| None),
        "wrong    kernel crate",
    ),
    (
        "no libbuild_error",
        |machine, _| machine.crate_file("libbuild_error.rmeta", |_| None),
        "wrong    kernel crate",
    ),
    (
        "no libkernel",
        |machine, _| machine.crate_file("libkernel.rmeta", |_| None),
        "missing  kernel crate",
    ),
    (
        "half of libbindings",
        |machine, _| {
            machine.crate_file("libbindings.rmeta", |old| {
                Some(old[..old.len() / 2].to_vec())
            });
        },
        "wrong    kernel crate",
    ),
    (
        "macros of another machine",
        |machine, _| {
            machine.crate_file("libmacros.so", |mut elf| {
                // e_machine: AArch64.
                elf[18] = 183;
                Some(elf)
            });
        },
        "wrong    kernel crate",
    ),
    (
        "macros that are not there",
        |machine, _| machine.crate_file("libmacros.so", |_| None),
        "kernel crate",
    ),
    (
        "a crate of another rustc",
        |machine, _| {
            machine.crate_file("libcore.rmeta", |old| {
                let at = old.windows(8).position(|it| it == b"rustc 1.").unwrap();
                let mut new = old;
                new[at + 8] = b'0';
                Some(new)
            });
        },
        "was made with rustc 1.0",
    ),
    (
        "no target specification",
        |machine, kernel| {
            fs::remove_file(machine.build.join("scripts")).unwrap();
            link_entries(
                &kernel.build.join("scripts"),
                &machine.build.join("scripts"),
            );
            fs::remove_file(machine.build.join("scripts/target.json")).unwrap();
        },
        "wrong    kernel crate",
    ),
    (
        "a compiler that is not there",
        |machine, _| machine.set("TCM_CC", "/nonexistent/cc"),
        "missing  compiler",
    ),
    (
        "a compiler that fails",
        |machine, _| {
            let cc = machine.program(
                "cc",
                "[ \"$1\" != --version ] || { echo cc 1; exit; }\nexit 1",
            );
            machine.set("TCM_CC", &cc);
        },
        "wrong    compiler",
    ),
    (
        "LLVM without a linker",
        |machine, _| {
            let llvm = machine.scratch.path().join("llvm");
            link_entries(&Path::new(LLVM).join("bin"), &llvm);
            fs::remove_file(llvm.join("ld.lld")).unwrap();
            machine.set("LLVM", &format!("{}/", llvm.display()));
        },
        "wrong    compiler",
    ),
];

/// Machines that differ, and are fit.
pub(crate) const FIT: [(&str, Change); 7] = [
    ("as the tests", |_, _| ()),
    ("CC of the environment is another", |machine, _| {
        machine.set("CC", "/nonexistent/x86_64-conda-linux-gnu-cc");
    }),
    ("rustup's proxy is first in PATH", |machine, _| {
        machine.program("rustc", "echo 'rustc 1.97.0-nightly (abc 2026-07-01)'");
    }),
    ("an old bindgen is first in PATH", |machine, kernel| {
        let other = machine.scratch.path().join("other");
        fs::create_dir(&other).unwrap();
        symlink(&kernel.tools.bindgen, other.join("bindgen")).unwrap();
        machine.program("bindgen", "echo 'bindgen 0.60.1'");
        let path = format!("{}:{}", machine.environment["PATH"], other.display());
        machine.set("PATH", &path);
    }),
    ("LLVM only with a suffix", |machine, _| {
        let path = machine.environment["PATH"].replace(&format!("{LLVM}/bin:"), "");
        machine.set("PATH", &path);
        machine.set("LLVM", "-19");
    }),
    ("LLVM only in its own directory", |machine, _| {
        let path = machine.environment["PATH"].replace(&format!("{LLVM}/bin:"), "");
        machine.set("PATH", &path);
    }),
    ("an old record of relative tools", |machine, _| {
        let record = "PREPARED_WITH := RUSTC=rustc BINDGEN=bindgen\n";
        fs::write(machine.build.join("prepared.mk"), record).unwrap();
        machine.program("rustc", "echo 'rustc 1.97.0-nightly (abc 2026-07-01)'");
    }),
];
