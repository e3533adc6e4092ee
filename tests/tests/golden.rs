// SPDX-License-Identifier: GPL-2.0-only

//! The generated text: as it was blessed, and by rules that hold for every module.
//!
//! `TCM_BLESS=1 cargo test -p xtask --test golden` writes what is generated now to `tests/golden`
//! and `kernel-template`; read the difference before you commit it.

use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use syn::visit::{self, Visit};
use tcm_mod_builder::protocol::PROTOCOLS;
use xtask::fixture::FixtureTree;
use xtask::module::{Profile, builder};
use xtask::shell::checkout;

/// The data paths, as `--data-path` takes them.
const DATA_PATHS: [&str; 2] = ["nop", "loopback"];

/// Generates out of tree from the fixture's header; gives the directory.
fn generate(tree: &FixtureTree, proto: &str, module: &str, data_path: &str) -> PathBuf {
    let dir = tree.path().join(format!("out-{proto}-{data_path}"));
    Command::new(builder(Profile::Dev).unwrap())
        .args(["-p", proto, "-m", module, "--data-path", data_path, "-k"])
        .arg(tree.path())
        .arg("-o")
        .arg(&dir)
        .assert()
        .success();
    dir
}

/// Compares a generated file with the blessed one, or blesses it.
fn compare(generated: &Path, blessed: &Path) {
    let text = fs::read_to_string(generated).unwrap();
    if std::env::var_os("TCM_BLESS").is_some() {
        fs::create_dir_all(blessed.parent().unwrap()).unwrap();
        fs::write(blessed, text).unwrap();
        return;
    }
    let expected = fs::read_to_string(blessed).unwrap_or_default();
    let first = text
        .lines()
        .zip(expected.lines())
        .position(|(new, old)| new != old);
    assert!(
        text == expected,
        "{} differs from line {:?} on; if it is meant to, bless it with TCM_BLESS=1",
        blessed.display(),
        first.map(|index| index + 1)
    );
}

#[test]
fn each_protocols_files_are_as_blessed() {
    let tree = FixtureTree::new().unwrap();
    for protocol in &PROTOCOLS {
        let dir = generate(&tree, protocol.name, "tcm_nab5000", "nop");
        let blessed = checkout().join("tests/golden").join(protocol.name);
        for file in ["Kconfig", "kunit.rs", "selftest.sh", "tcm_nab5000.rs"] {
            compare(&dir.join(file), &blessed.join(file));
        }
    }
}

#[test]
fn the_data_paths_files_are_as_blessed() {
    let tree = FixtureTree::new().unwrap();
    for data_path in DATA_PATHS {
        let dir = generate(&tree, "iSCSI", "tcm_nab5000", data_path);
        let blessed = checkout().join("tests/golden").join(data_path);
        for file in ["Kbuild", "Kconfig", "bindings_helper.h"] {
            compare(&dir.join(file), &blessed.join(file));
        }
    }
}

#[test]
fn the_template_is_a_generated_module() {
    let tree = FixtureTree::new().unwrap();
    let dir = generate(&tree, "iSCSI", "tcm_template", "loopback");
    let template = checkout().join("kernel-template");
    // These are written by the generator; the rest it takes from the template.
    for file in ["Kconfig", "fabric_ops.rs", "kunit.rs", "tcm_template.rs"] {
        compare(&dir.join(file), &template.join(file));
    }
    for file in [
        "Kbuild",
        "bindings.rs",
        "bindings_helper.h",
        "command.rs",
        "loopback.rs",
        "parent_device.rs",
        "rcu.rs",
        "scsi_helpers.c",
        "scsi_helpers.h",
        "scsi_host.rs",
        "selftest.sh",
        "target.rs",
        "transport_id.rs",
    ] {
        let text = |dir: &Path| fs::read_to_string(dir.join(file)).unwrap();
        assert_eq!(text(&dir), text(&template), "{file}");
    }
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let (one, two) = (FixtureTree::new().unwrap(), FixtureTree::new().unwrap());
    let (one, two) = (
        generate(&one, "SAS", "tcm_x", "loopback"),
        generate(&two, "SAS", "tcm_x", "loopback"),
    );
    let (files, others) = (files(&one), files(&two));
    assert_eq!(files.len(), others.len());
    for (file, other) in files.iter().zip(&others) {
        assert_eq!(file.strip_prefix(&one), other.strip_prefix(&two));
        assert_eq!(fs::read(file).unwrap(), fs::read(other).unwrap());
    }
}

/// All files below a directory, in order.
fn files(dir: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(self::files(&path));
        } else {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// The files that may hold `unsafe`: the layer between the author's files and C. The first three
/// are every module's; so is `command.rs`, apart from `target.rs` since configfs and commands have
/// nothing in common. The others stand for what not every kernel crate has: an RCU-protected slot,
/// SCSI hosts, and a device for these to hang below.
const LAYER: [&str; 7] = [
    "bindings.rs",
    "fabric_ops.rs",
    "target.rs",
    "command.rs",
    "rcu.rs",
    "scsi_host.rs",
    "parent_device.rs",
];

#[test]
fn the_authors_file_is_safe_and_every_unsafe_elsewhere_is_explained() {
    let tree = FixtureTree::new().unwrap();
    let modules = PROTOCOLS
        .iter()
        .flat_map(|protocol| DATA_PATHS.map(|path| (protocol, path)));
    for (protocol, data_path) in modules {
        let dir = generate(&tree, protocol.name, "tcm_x", data_path);
        for path in files(&dir) {
            if path.extension().is_none_or(|end| end != "rs") {
                continue;
            }
            let text = fs::read_to_string(&path).unwrap();
            assert!(
                !text.contains("#[comment"),
                "{}: a comment was not printed",
                path.display()
            );
            syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            let unexplained = unexplained(&text);
            assert!(
                unexplained.is_empty(),
                "{}: {unexplained:?}",
                path.display()
            );
            let is_layer = LAYER.iter().any(|name| path.ends_with(name));
            if !is_layer {
                assert!(!text.contains("unsafe"), "{}", path.display());
            }
        }
    }
}

/// The lines with an unsafe block or impl that no SAFETY comment precedes.
fn unexplained(text: &str) -> Vec<&str> {
    let lines: Vec<_> = text.lines().collect();
    let is_use =
        |line: &str| line.contains("unsafe {") || line.trim_start().starts_with("unsafe impl");
    let mut found = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        if line.trim_start().starts_with("//") || !is_use(line) {
            continue;
        }
        // The comment is right above the statement, which may have begun some lines before.
        let above = lines[..index].iter().rev().take(6);
        let mut statement = above.skip_while(|line| !line.trim_start().starts_with("//"));
        let comment = statement
            .by_ref()
            .take_while(|line| line.trim_start().starts_with("//"));
        if !comment.into_iter().any(|line| line.contains("SAFETY:")) {
            found.push(*line);
        }
    }
    found
}

#[test]
fn the_scan_for_safety_comments_can_fail() {
    assert_eq!(
        unexplained("// SAFETY: Yes.\nlet a = unsafe { b() };\n").len(),
        0
    );
    assert_eq!(
        unexplained("// Not it.\nlet a = unsafe { b() };\n").len(),
        1
    );
    assert_eq!(unexplained("unsafe impl A for B {}\n").len(), 1);
}

/// Counts the unsafe functions, and those whose documentation has no `# Safety`.
#[derive(Default)]
struct Contracts {
    functions: usize,
    without: Vec<String>,
}

impl Contracts {
    fn look(&mut self, attrs: &[syn::Attribute], sig: &syn::Signature) {
        let tokens = |attr: &syn::Attribute| match &attr.meta {
            syn::Meta::NameValue(meta) => match &meta.value {
                syn::Expr::Lit(syn::ExprLit {
                    lit: syn::Lit::Str(text),
                    ..
                }) => text.value(),
                _ => String::new(),
            },
            _ => String::new(),
        };
        self.functions += 1;
        if !attrs.iter().any(|attr| tokens(attr).contains("# Safety")) {
            self.without.push(sig.ident.to_string());
        }
    }
}

impl<'ast> Visit<'ast> for Contracts {
    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        if matches!(item.sig.safety, syn::Safety::Unsafe(_)) {
            self.look(&item.attrs, &item.sig);
        }
        visit::visit_impl_item_fn(self, item);
    }
}

#[test]
fn every_callback_has_a_contract() {
    let tree = FixtureTree::new().unwrap();
    let dir = generate(&tree, "iSCSI", "tcm_x", "nop");
    let text = fs::read_to_string(dir.join("fabric_ops.rs")).unwrap();
    let mut contracts = Contracts::default();
    contracts.visit_file(&syn::parse_file(&text).unwrap());
    assert_eq!(contracts.functions, 34);
    assert!(contracts.without.is_empty(), "{:?}", contracts.without);
}

#[test]
fn every_op_of_the_header_has_a_slot_a_method_and_a_callback() {
    let tree = FixtureTree::new().unwrap();
    let dir = generate(&tree, "iSCSI", "tcm_x", "nop");
    let text = fs::read_to_string(dir.join("fabric_ops.rs")).unwrap();
    let model = tcm_bindings::read(&tcm_bindings::Header::in_tree(tree.path()).unwrap()).unwrap();
    for op in &model.ops {
        let name = &op.name;
        assert!(text.contains(&format!("fn {name}(")), "no method {name}");
        assert!(
            text.contains(&format!("fn {name}_callback(")),
            "no callback {name}"
        );
        assert!(
            text.contains(&format!("        {name}: ")),
            "no slot {name}"
        );
        assert!(
            text.contains(&format!("C: `{}`", op.c_declaration()).replace('\n', " "))
                || text
                    .replace("\n    /// ", " ")
                    .contains(&op.c_declaration()),
            "no declaration {name}"
        );
    }
    for group in &model.attribute_groups {
        assert!(
            text.contains(&format!("{group}: T::{}", group.to_uppercase())),
            "{group}"
        );
    }
}
