// SPDX-License-Identifier: GPL-2.0-only

//! Machines that lack something: `doctor` says no where `make` fails, and yes where it builds. Each is
//! the machine of the tests with one thing changed.

mod kinds;
mod machine;
mod makefile;

use std::path::PathBuf;

use tempfile::TempDir;
use xtask::kernel::{CURRENT, Flavour, Kernel};
use xtask::module::{Module, Profile, build, builder};
use xtask::suite::wanted;

use kinds::{BROKEN, FIT};
use machine::{Machine, changed_bindgen};

/// A NOP module for the kernel.
fn nop(kernel: &Kernel, scratch: &TempDir) -> PathBuf {
    let dir = scratch.path().join("tcm_machine");
    let module = Module {
        proto: "FC",
        name: "tcm_machine",
        options: &[],
    };
    module.generate(kernel, &dir).unwrap();
    dir
}

#[test]
#[ignore = "builds for a kernel; `cargo xtask test` runs it"]
fn doctor_and_make_agree_on_machines() {
    let Some(kernel) = wanted(CURRENT, Flavour::Plain) else {
        return;
    };
    let scratch = tempfile::tempdir().unwrap();
    let dir = nop(&kernel, &scratch);
    let mut faults = Vec::new();
    let fit = FIT.map(|(name, change)| (name, change, true, "A module can be built"));
    let broken = BROKEN.map(|(name, change, text)| (name, change, false, text));
    for (name, change, is_fit, text) in fit.into_iter().chain(broken) {
        let mut machine = Machine::new(&kernel);
        change(&mut machine, &kernel);
        let (says, said) = machine.doctor();
        let (builds, log) = machine.make(&dir, "");
        println!("{name}: doctor {says}, make {builds}");
        let has_module = dir.join("tcm_machine.ko").exists();
        if [says, builds, has_module] != [is_fit; 3] || !said.contains(text) {
            faults.push(format!(
                "{name}: doctor {says}, make {builds}\n{said}\n{log}"
            ));
        }
        machine.make(&dir, "clean");
    }
    assert!(faults.is_empty(), "{}", faults.join("\n\n"));
}

#[test]
#[ignore = "builds for a kernel; `cargo xtask test` runs it"]
fn variables_of_the_command_line_win() {
    let Some(kernel) = wanted(CURRENT, Flavour::Plain) else {
        return;
    };
    let scratch = tempfile::tempdir().unwrap();
    let dir = nop(&kernel, &scratch);
    let machine = Machine::new(&kernel);
    for (variables, said) in [
        (
            "RUSTC=/nonexistent/rustc",
            "no /nonexistent/rustc that runs",
        ),
        (
            "BINDGEN=/nonexistent/bindgen",
            "no /nonexistent/bindgen that runs",
        ),
        ("CC=/nonexistent/cc", "no /nonexistent/cc"),
        (
            "CC=/nonexistent/cc",
            "TCM_CC='/nonexistent/cc' tcm-mod-builder doctor -k",
        ),
        ("LLVM=-99", "no clang-99"),
        (
            "clippy CLIPPY_DRIVER=/nonexistent/clippy",
            "the kernel's rustc has no clippy-driver",
        ),
    ] {
        let (is_built, log) = machine.make(&dir, variables);
        assert!(!is_built && log.contains(said), "{variables}: {log}");
        assert!(log.lines().count() < 5, "{log}");
    }
}

#[test]
#[ignore = "looks at a built kernel; `cargo xtask test` runs it"]
fn dkms_gets_the_fault_and_the_remedy() {
    let Some(kernel) = wanted(CURRENT, Flavour::Plain) else {
        return;
    };
    let scratch = tempfile::tempdir().unwrap();
    let dir = nop(&kernel, &scratch);
    let mut machine = Machine::new(&kernel);
    let builder = builder(Profile::Dev).unwrap();
    machine.program(
        "tcm-mod-builder",
        &format!("exec {} \"$@\"", builder.display()),
    );
    let prepare = format!("exec sh dkms-prepare.sh {}", machine.build.display());
    assert_eq!(machine.shell(&prepare, &dir), (true, String::new()));
    machine.set("RUSTC", "/nonexistent/rustc");
    let (is_fine, said) = machine.shell(&prepare, &dir);
    let fault = "rustc: no /nonexistent/rustc that runs";
    assert!(!is_fine && said.contains(fault), "{said}");
    assert!(said.contains("; $RUSTC is `/nonexistent/rustc`"), "{said}");
    // Each faulty kernel crate is reported, and not that there is nothing to do.
    machine.environment.remove("RUSTC");
    machine.crate_file("libpin_init.rmeta", |_| None);
    let run = format!(
        "exec {} prepare -k {}",
        builder.display(),
        machine.build.display()
    );
    let (is_fine, said) = machine.shell(&run, &dir);
    let fault = "kernel crate: ";
    assert!(
        !is_fine && said.contains(fault) && said.contains("; build the kernel again"),
        "{said}"
    );
}

#[test]
#[ignore = "builds for a kernel; `cargo xtask test` runs it"]
fn bindgen_that_empties_a_type_fails_the_build() {
    let Some(kernel) = wanted(CURRENT, Flavour::Plain) else {
        return;
    };
    let scratch = tempfile::tempdir().unwrap();
    let dir = nop(&kernel, &scratch);
    for (left, said) in [
        ("", "attempt to compute"),
        ("pub _address: u8", "members of list_head"),
    ] {
        let machine = Machine::new(&kernel);
        let edit = format!(r"s/(pub struct list_head \{{)[^}}]*\}}/\1 {left} }}/");
        machine.program(
            "bindgen",
            &changed_bindgen(&kernel, "bindgen 0.71.1", &edit),
        );
        let (is_built, log) = machine.make(&dir, "-k");
        assert!(!is_built && log.contains(said), "{log}");
        assert!(!dir.join("tcm_machine.ko").exists());
    }
    // The same module with the real bindgen.
    build(&kernel, &dir, &[]).unwrap();
}
