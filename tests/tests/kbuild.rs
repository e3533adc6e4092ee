// SPDX-License-Identifier: GPL-2.0-only

//! The Kbuild of a module: flags of bindgen by the kernel, and the guard that C and Rust agree on
//! each layout.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;
use xtask::kernel::{CURRENT, Flavour, Kernel, LTS, is_there, newest, source};
use xtask::module::{LOOPBACK, Module, build};
use xtask::shell::{checkout, output};
use xtask::suite::wanted;

/// Value of a variable of the template's Kbuild, for a kernel built with GCC.
fn variable(name: &str, srctree: &Path, more: &[&str]) -> String {
    let scratch = tempfile::tempdir().unwrap();
    let makefile = scratch.path().join("Makefile");
    let kbuild = checkout().join("kernel-template/build/Kbuild");
    let text = format!(
        "include {}\n$(info $(tcm_nab5000_{name}))\nall: ;@:\n",
        kbuild.display()
    );
    fs::write(&makefile, text).unwrap();
    let mut make = Command::new("make");
    make.arg("-sf").arg(makefile).arg("CONFIG_CC_IS_GCC=y");
    make.arg(format!("srctree={}", srctree.display()));
    output(make.args(more).arg("all")).unwrap()
}

fn words(text: &str) -> BTreeSet<&str> {
    text.split_whitespace().collect()
}

#[test]
#[ignore = "needs kernel sources; `cargo xtask test` fetches them"]
fn gcc_only_flags_include_those_of_the_kernel() {
    let nowhere = tempfile::tempdir().unwrap();
    let fallback = variable("gcc_flags", nowhere.path(), &[]);
    for version in [CURRENT, LTS].into_iter().filter(|it| is_there(it)) {
        let own = variable("gcc_flags", &source(version).unwrap(), &[]);
        assert!(words(&own).len() > 40, "{version}: {own}");
        let missing: Vec<_> = words(&own).difference(&words(&fallback)).copied().collect();
        assert!(missing.is_empty(), "not in the list of Kbuild: {missing:?}");
    }
}

#[test]
#[ignore = "needs kernel sources; `cargo xtask test` fetches them"]
fn each_architecture_with_rust_has_a_bindgen_target() {
    let source = source(newest()).unwrap();
    let mut seen = 0;
    for entry in fs::read_dir(source.join("arch")).unwrap() {
        let arch = entry.unwrap().path();
        let kconfig = fs::read_to_string(arch.join("Kconfig")).unwrap_or_default();
        if kconfig.contains("select HAVE_RUST") {
            let name = arch.file_name().unwrap().to_string_lossy();
            let target = format!("bindgen_target_{name}");
            let target = variable(&target, &source, &["SUBARCH=x86"]);
            assert!(target.contains("-linux-gnu"), "{name}: `{target}`");
            seen += 1;
        }
    }
    assert!(seen >= 8, "{seen}");
}

/// A preprocessed header: a struct, a union, a typedef of an anonymous struct, a nested struct.
const PREPROCESSED: &str = "struct one { int type; union two t; struct { int in; }; };\n\
                            union __attribute__((packed)) two\n{ char c; };\n\
                            typedef struct { int x; } anonymous_t;\n\
                            struct outer { struct inner { int k; } in; };\n";

/// Output of bindgen 0.71 for it.
const TESTED: &str = r#"
pub struct one { pub type_ : c_int , pub t : two , pub __bindgen_anon_1 : one__bindgen_ty_1 }
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of one"][::core::mem::size_of::<one>() - 12usize];
    ["Alignment of one"][::core::mem::align_of::<one>() - 4usize];
    ["Offset of field: one::type_"][::core::mem::offset_of!(one, type_) - 0usize];
    ["Offset of field: one::t"]
        [::core::mem::offset_of!(one, t) - 4usize];
    ["Offset of field: one::__bindgen_anon_1"][::core::mem::offset_of!(one, __bindgen_anon_1) - 8usize];
};
# [allow (clippy :: unnecessary_operation , clippy :: identity_op)] const _ : () = { ["Size of two"] [:: core :: mem :: size_of :: < two > () - 1usize] ; ["Offset of field: two::c"] [:: core :: mem :: offset_of ! (two , c) - 0usize] ; } ; ["Size of anonymous_t"] [:: core :: mem :: size_of :: < anonymous_t > () - 4usize] ;
["Size of outer_inner"][::core::mem::size_of::<outer_inner>() - 4usize];
"#;

/// Runs the template's script as Kbuild does.
fn script(tested: &str) -> Output {
    let scratch = tempfile::tempdir().unwrap();
    let [header, bindings] = ["header.i", "tested.rs"].map(|name| scratch.path().join(name));
    fs::write(&header, PREPROCESSED).unwrap();
    fs::write(&bindings, tested).unwrap();
    let mut awk = Command::new("awk");
    awk.arg("-f")
        .arg(checkout().join("kernel-template/layout_guard.awk"));
    awk.arg("RS={").arg(header).arg("RS=;").arg(bindings);
    awk.output().unwrap()
}

#[test]
fn layout_of_each_type_with_a_tag_is_asserted() {
    let said = script(TESTED);
    assert!(said.status.success(), "{said:?}");
    assert_eq!(
        String::from_utf8(said.stdout).unwrap(),
        "LAYOUT_SIZE(struct one, 12);\n\
         LAYOUT_OFFSET(struct one, type, 0);\n\
         LAYOUT_OFFSET(struct one, t, 4);\n\
         LAYOUT_SIZE(union two, 1);\n\
         LAYOUT_OFFSET(union two, c, 0);\n"
    );
}

#[test]
fn bindings_without_layout_tests_are_an_error() {
    let said = script("pub struct one { pub type_ : c_int }\n");
    assert!(!said.status.success());
    let said = String::from_utf8(said.stderr).unwrap();
    assert!(said.contains("no test of a layout"), "{said}");
}

/// A generated module in a temporary directory.
struct Generated {
    _scratch: TempDir,
    dir: PathBuf,
}

fn generate(kernel: &Kernel, options: &[&str]) -> Generated {
    let scratch = tempfile::tempdir().unwrap();
    let dir = scratch.path().join("tcm_layout");
    let module = Module {
        proto: "iSCSI",
        name: "tcm_layout",
        options,
    };
    module.generate(kernel, &dir).unwrap();
    Generated {
        _scratch: scratch,
        dir,
    }
}

#[test]
#[ignore = "builds for two kernels; `cargo xtask test` runs it"]
fn build_asserts_each_layout() {
    for (version, flavour) in [(CURRENT, Flavour::Debug), (LTS, Flavour::Plain)] {
        let Some(kernel) = wanted(version, flavour) else {
            continue;
        };
        for (options, sizes, offsets) in [(&[][..], 50, 500), (&LOOPBACK, 250, 2_000)] {
            let module = generate(&kernel, options);
            build(&kernel, &module.dir, &[]).unwrap();
            let text = fs::read_to_string(module.dir.join("layout_generated.h")).unwrap();
            let count = |what| text.lines().filter(|line| line.starts_with(what)).count();
            let found = (count("LAYOUT_SIZE("), count("LAYOUT_OFFSET("));
            assert!(found.0 > sizes && found.1 > offsets, "{version}: {found:?}");
            for line in ["SIZE(struct se_cmd, ", "OFFSET(struct se_cmd, priv, "] {
                assert!(text.contains(&format!("LAYOUT_{line}")), "{version}");
            }
            // rustc tests the types that the module's sources name, and no others.
            let rust = fs::read_to_string(module.dir.join("bindings_generated.rs")).unwrap();
            let tested = rust.matches("Size of").count();
            assert!(
                rust.contains("Size of se_cmd") && tested < found.0,
                "{tested}"
            );
            let again = build(&kernel, &module.dir, &[]).unwrap();
            assert!(!again.contains("  "), "{version}: {again}");
        }
    }
}

/// Headers in which a flag adds a member to a struct of target core.
fn one_more_member(headers: &str) -> String {
    format!(
        "#ifdef ONE_MORE\n#define alua_nonop_delay alua_nonop_delay, one_more\n#endif\n{headers}\
         #undef alua_nonop_delay\n"
    )
}

#[test]
#[ignore = "builds for a kernel; `cargo xtask test` runs it"]
fn flag_of_c_alone_fails_the_build() {
    let Some(kernel) = wanted(CURRENT, Flavour::Debug) else {
        return;
    };
    let module = generate(&kernel, &[]);
    let [headers, kbuild] = ["bindings_helper.h", "Kbuild"].map(|name| module.dir.join(name));
    let text = fs::read_to_string(&headers).unwrap();
    fs::write(headers, one_more_member(&text)).unwrap();
    let text = fs::read_to_string(&kbuild).unwrap();
    let built_with = |line: &str| {
        fs::write(&kbuild, format!("{text}{line}\n")).unwrap();
        build(&kernel, &module.dir, &[])
    };
    let said = built_with("CFLAGS_layout_guard.o += -DONE_MORE").unwrap_err();
    let said = format!("{said:#}");
    let fault = "tcm_layout: C and Rust disagree on struct se_cmd: pass the same flags";
    assert!(said.contains(fault), "{said}");
    // The remedy in the message.
    built_with("ccflags-y += -DONE_MORE").unwrap();
    let rust = fs::read_to_string(module.dir.join("bindings_generated.rs")).unwrap();
    assert!(rust.contains("pub one_more:"));
}
