// SPDX-License-Identifier: GPL-2.0-only

//! `unsafe` in generated text: none in the author's files, elsewhere with a SAFETY comment that
//! names a fact, and callbacks with a contract.

use std::fs;
use std::path::Path;

use regex::Regex;
use syn::visit::{self, Visit};
use tcm_mod_builder::data_path::DATA_PATHS;
use tcm_mod_builder::module::files::Owner;
use tcm_mod_builder::module::manifest::Manifest;
use tcm_mod_builder::protocol::PROTOCOLS;
use xtask::fixture::FixtureTree;
use xtask::own_path::protocol_of;

use super::{files, generate};

/// Mentions of `unsafe` that an author's file may have: `unsafe` is allowed in the generator's
/// modules only.
const FORBIDDEN: [&str; 3] = [
    "#![deny(unsafe_code)]",
    "#![forbid(unsafe_code)]",
    "#[allow(unsafe_code)]",
];

#[test]
fn author_files_are_safe_and_other_unsafe_has_a_comment() {
    let tree = FixtureTree::new().unwrap();
    let modules = PROTOCOLS
        .iter()
        .flat_map(|protocol| DATA_PATHS.map(|path| (protocol, path)))
        .filter(|(protocol, path)| {
            path.protocols.is_empty() || path.protocols.contains(&protocol.name)
        });
    for (protocol, data_path) in modules {
        let dir = generate(&tree, protocol.name, "tcm_x", data_path.name);
        let owners = Manifest::read(&dir).unwrap();
        for (path, owner) in owners.files().filter(|(path, _)| is_rust(path)) {
            let text = fs::read_to_string(dir.join(path)).unwrap();
            assert!(
                !text.contains("#[comment"),
                "{path}: a comment was not printed"
            );
            syn::parse_file(&text).unwrap_or_else(|error| panic!("{path}: {error}"));
            let unexplained = unexplained(&text);
            assert!(unexplained.is_empty(), "{path}: {unexplained:?}");
            if owner == Owner::Author {
                check_author(path, &text);
            }
        }
    }
}

fn is_rust(path: &str) -> bool {
    Path::new(path).extension().is_some_and(|end| end == "rs")
}

/// Checks that an author's file has no `unsafe`, and a lint against it. The root denies it, since
/// it has to allow it in the generator's modules. Any other file forbids it.
fn check_author(path: &str, text: &str) {
    let code = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"));
    let mentions: Vec<_> = code.filter(|line| line.contains("unsafe")).collect();
    assert!(
        mentions.iter().all(|line| FORBIDDEN.contains(line)),
        "{path}: {mentions:?}"
    );
    let is_root = path == "tcm_x.rs";
    assert_eq!(mentions[0], FORBIDDEN[usize::from(!is_root)], "{path}");
    assert_eq!(mentions.contains(&FORBIDDEN[2]), is_root, "{path}");
}

/// Lines with an unsafe block or impl without a SAFETY comment.
fn unexplained(text: &str) -> Vec<&str> {
    let lines: Vec<_> = text.lines().collect();
    let is_use =
        |line: &str| line.contains("unsafe {") || line.trim_start().starts_with("unsafe impl");
    let mut found = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        if line.trim_start().starts_with("//") || !is_use(line) {
            continue;
        }
        // The comment is directly above the statement, which may begin some lines earlier.
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
fn unsafe_without_a_safety_comment_is_found() {
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

/// Words of a SAFETY comment that names the source of a fact, not the fact.
const SOURCES: &str = "above and as before by callback caller contract for function in invariant \
                       invariants its of requirement requirements safety same the this trait type \
                       type's";

/// SAFETY comments that consist of these words.
fn without_a_fact(text: &str) -> Vec<&str> {
    let comment = Regex::new(r"(?m)^ *// SAFETY:.*(\n *//.*)*").unwrap();
    let names_a_fact = |comment: &&str| {
        let words = comment.split([' ', '\n', '/', '.', ',', ';', ':', '(', ')']);
        words.filter(|word| !word.is_empty()).any(|word| {
            SOURCES
                .split(' ')
                .all(|source| source != word.to_lowercase())
        })
    };
    let comments = comment.find_iter(text).map(|found| found.as_str());
    comments.filter(|comment| !names_a_fact(comment)).collect()
}

#[test]
fn each_safety_comment_names_a_fact() {
    let tree = FixtureTree::new().unwrap();
    for data_path in DATA_PATHS {
        let module = files(&generate(
            &tree,
            protocol_of(data_path),
            "tcm_x",
            data_path.name,
        ));
        for (path, text) in module.iter().filter(|(path, _)| is_rust(path)) {
            let comments = without_a_fact(text);
            assert!(
                comments.is_empty(),
                "{}: {path}: {comments:?}",
                data_path.name
            );
        }
    }
}

#[test]
fn safety_comment_without_a_fact_is_found() {
    let vague = [
        "By function safety requirements.",
        "By the type's invariants.",
        "By the requirements of this function.",
        "By the contract of the callback; as above.",
        "As above. By the requirements\n    // of this function.",
        "As above.",
    ];
    for comment in vague {
        let text = format!("fn a() {{\n    // SAFETY: {comment}\n    unsafe {{ b() }}\n}}\n");
        assert_eq!(without_a_fact(&text).len(), 1, "{comment}");
    }
    let named = [
        "`a` is alive, by the type's invariants.",
        "By the requirements of this function `a` is alive.",
        "By the requirements of this function. C's `long` is as long as `isize`.",
    ];
    for comment in named {
        assert!(without_a_fact(&format!("// SAFETY: {comment}\n")).is_empty());
    }
}

/// The number of unsafe functions, and the names of those without a `# Safety` section.
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
fn each_callback_has_a_contract() {
    let tree = FixtureTree::new().unwrap();
    let dir = generate(&tree, "iSCSI", "tcm_x", "nop");
    let text = fs::read_to_string(dir.join("target/ops.rs")).unwrap();
    let mut contracts = Contracts::default();
    contracts.visit_file(&syn::parse_file(&text).unwrap());
    let slots = text.matches("_callback)").count();
    assert!(slots > 30 && contracts.functions == slots, "{slots} slots");
    assert!(contracts.without.is_empty(), "{:?}", contracts.without);
}
