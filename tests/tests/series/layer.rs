// SPDX-License-Identifier: GPL-2.0-only

//! The texts of a series: each patch uses only names that exist by then, and the last has the texts
//! of a module.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use assert_cmd::Command;
use regex::Regex;
use syn::{Item, TraitItem, UseTree};
use tcm_mod_builder::emit::without_mark;
use xtask::module::{Profile, builder};
use xtask::series::reduced;

use super::{Fixture, LOOPBACK, NOP};

/// Paths that a `use` imports.
fn leaves(tree: &UseTree, above: &str) -> Vec<String> {
    match tree {
        UseTree::Path(path) => leaves(&path.tree, &format!("{above}{}::", path.ident)),
        UseTree::Group(group) => {
            let trees = group.items.iter();
            trees.flat_map(|tree| leaves(tree, above)).collect()
        }
        UseTree::Name(name) => vec![format!("{above}{}", name.ident)],
        UseTree::Rename(name) => vec![format!("{above}{}", name.ident)],
        UseTree::Glob(_) => vec![format!("{above}*")],
    }
}

/// Paths that a file imports or exports.
fn uses(file: &syn::File) -> Vec<String> {
    let trees = file.items.iter().filter_map(|item| match item {
        Item::Use(used) => Some(&used.tree),
        _ => None,
    });
    trees.flat_map(|tree| leaves(tree, "")).collect()
}

/// The layer in the kernel crate at a commit.
struct Layer {
    root: syn::File,
    /// Files by module.
    files: BTreeMap<String, String>,
}

impl Layer {
    fn new(fixture: &Fixture, commit: &str) -> Option<Self> {
        let show = |path: &str| fixture.git(&["show", &format!("{commit}:{path}")]);
        let listed = fixture.git(&["ls-tree", "--name-only", commit, "rust/kernel/target/"]);
        let files = listed.lines().map(|path| {
            let name = Path::new(path).file_stem().unwrap();
            (name.to_str().unwrap().to_owned(), show(path))
        });
        (!listed.is_empty()).then(|| Self {
            root: syn::parse_file(&show("rust/kernel/target.rs")).unwrap(),
            files: files.collect(),
        })
    }

    /// Modules that the root declares.
    fn modules(&self) -> BTreeSet<String> {
        let modules = self.root.items.iter().filter_map(|item| match item {
            Item::Mod(module) => Some(module.ident.to_string()),
            _ => None,
        });
        modules.collect()
    }

    /// Names that other modules may import from the root.
    fn names(&self) -> BTreeSet<String> {
        let functions = self.root.items.iter().filter_map(|item| match item {
            Item::Fn(function) => Some(function.sig.ident.to_string()),
            _ => None,
        });
        let exports = uses(&self.root).into_iter();
        let exports = exports.filter_map(|path| Some(path.rsplit("::").next()?.to_owned()));
        self.modules()
            .into_iter()
            .chain(functions)
            .chain(exports)
            .collect()
    }

    /// Associated types and constants of `Operations`.
    fn operations(&self) -> BTreeSet<String> {
        let text = self.files.get("ops").map_or("", String::as_str);
        let file = syn::parse_file(text).unwrap();
        let traits = file.items.iter().filter_map(|item| match item {
            Item::Trait(item) => Some(&item.items),
            _ => None,
        });
        let names = traits.flatten().filter_map(|item| match item {
            TraitItem::Type(item) => Some(item.ident.to_string()),
            TraitItem::Const(item) => Some(item.ident.to_string()),
            _ => None,
        });
        names.collect()
    }
}

#[test]
fn patch_uses_only_existing_names() {
    let fixture = Fixture::new();
    fixture.series(NOP, "series").assert().success();
    fixture.apply("series");
    let of_operations = Regex::new(r"\b(?:T|Self)::([A-Z]\w*)").unwrap();
    let complete = Layer::new(&fixture, "series").unwrap().operations();
    let (mut patches, mut imports) = (0, 0);
    for commit in fixture.git(&["rev-list", "main..series"]).lines() {
        let Some(layer) = Layer::new(&fixture, commit) else {
            continue;
        };
        patches += 1;
        let (names, operations) = (layer.names(), layer.operations());
        assert!(layer.files.keys().eq(&layer.modules()), "{commit}");
        for (module, text) in &layer.files {
            for path in uses(&syn::parse_file(text).unwrap()) {
                let Some(path) = path.strip_prefix("crate::target::") else {
                    continue;
                };
                let first = path.split("::").next().unwrap();
                assert!(names.contains(first), "{commit}: {module} imports {path}");
                imports += 1;
            }
            let code = text
                .lines()
                .filter(|line| !line.trim_start().starts_with("//"));
            let code: String = code.collect();
            for used in of_operations.captures_iter(&code) {
                let name = &used[1];
                let is_there = operations.contains(name) || !complete.contains(name);
                assert!(is_there, "{commit}: {module} uses {name}");
            }
        }
    }
    assert!(patches == 13 && imports > 300, "{patches}, {imports}");
}

/// Code of a Rust file without imports and declarations of modules, which differ between a module
/// and the kernel's tree.
fn body(text: &str) -> String {
    let mut file = syn::parse_file(text).unwrap();
    file.items
        .retain(|item| !matches!(item, Item::Use(_) | Item::Mod(_)));
    quote::quote!(#file).to_string()
}

/// Comments of a file, in order.
fn comments(text: &str) -> Vec<&str> {
    let lines = text.lines().map(str::trim);
    lines
        .filter(|line| line.starts_with("//") && line.len() > 2)
        .collect()
}

#[test]
fn texts_of_the_series_match_the_module() {
    let fixture = Fixture::new();
    let module = fixture.dir("module");
    let mut generate = Command::new(builder(Profile::Dev).unwrap());
    generate.args(["-p", "SAS", "-m", LOOPBACK, "--data-path", "loopback"]);
    generate
        .arg("-k")
        .arg(fixture.tree.path())
        .arg("-o")
        .arg(&module);
    generate.assert().success();
    fixture.series(LOOPBACK, "series").assert().success();
    fixture.apply("series");

    let mut compared = 0;
    let mut compare = |ours: &Path, theirs: &Path, same: fn(&str) -> String| {
        let read = |path: &Path| fs::read_to_string(path).unwrap();
        let ours = reduced(&without_mark(&read(ours))).0;
        let (ours, theirs_text) = (same(&ours), read(theirs));
        assert_eq!(body(&ours), body(&theirs_text), "{}", theirs.display());
        assert_eq!(
            comments(&ours),
            comments(&theirs_text),
            "{}",
            theirs.display()
        );
        compared += 1;
    };
    let driver = fixture.tree.path().join("drivers/target").join(LOOPBACK);
    for file in [
        "tcm_loop_rust.rs",
        "loopback.rs",
        "loopback/tmf.rs",
        "transport_id.rs",
        "slot.rs",
        "slot/pointer.rs",
    ] {
        compare(&module.join(file), &driver.join(file), ToOwned::to_owned);
    }
    let layer = fixture.tree.path().join("rust/kernel/target");
    for entry in fs::read_dir(&layer).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap();
        if name != "tests.rs" {
            compare(&module.join("target").join(name), &path, ToOwned::to_owned);
        }
    }
    let host = [
        "scsi_host.rs",
        "scsi_host/callbacks.rs",
        "scsi_host/command.rs",
        "scsi_host/error_handlers.rs",
        "scsi_host/host.rs",
        "scsi_host/host_data.rs",
        "scsi_host/template.rs",
    ];
    for file in host {
        let theirs = fixture.tree.path().join("rust/kernel").join(file);
        compare(&module.join(file), &theirs, |text| {
            text.replace("pub(crate) ", "pub ")
                .replace("bindings::tcm_loop_rust_", "bindings::")
        });
    }
    assert_eq!(compared, 6 + 34 + host.len());
    let root = fs::read_to_string(driver.join("tcm_loop_rust.rs")).unwrap();
    assert!(!root.contains("mod bindings") && root.contains("use kernel::{\n"));
    let ops = fs::read_to_string(layer.join("ops.rs")).unwrap();
    assert!(
        !ops.contains("tcm-mod-builder"),
        "ops.rs mentions a command that the kernel does not have"
    );
    let code = body(&root);
    for module in ["target", "scsi_host"] {
        let named = Regex::new(&format!(r"[^:] {module} ::")).unwrap();
        let is_imported = root.contains(&format!("\n    {module},\n"));
        assert_eq!(is_imported, named.is_match(&code), "{module}");
    }
}
