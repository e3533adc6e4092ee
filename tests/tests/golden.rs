// SPDX-License-Identifier: GPL-2.0-only

//! The generated text: as it was blessed, and by rules that hold for every module.
//!
//! `TCM_BLESS=1 cargo test -p xtask --test golden` writes what is generated now to `tests/golden`;
//! read the difference before you commit it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use regex::Regex;
use similar::TextDiff;
use syn::visit::{self, Visit};
use tcm_mod_builder::data_path::DATA_PATHS;
use tcm_mod_builder::emit::without_mark;
use tcm_mod_builder::module::files::{Owner, place};
use tcm_mod_builder::module::manifest::{self, Manifest};
use tcm_mod_builder::protocol::PROTOCOLS;
use xtask::fixture::FixtureTree;
use xtask::module::{Profile, builder};
use xtask::shell::checkout;

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

/// The files below a directory, by path: all but the manifest.
fn files(dir: &Path) -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    collect(dir, "", &mut files);
    files
}

fn collect(dir: &Path, prefix: &str, files: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let name = format!("{prefix}{}", path.file_name().unwrap().to_string_lossy());
        if path.is_dir() {
            collect(&path, &format!("{name}/"), files);
        } else if name != manifest::FILE {
            files.insert(name, fs::read_to_string(&path).unwrap());
        }
    }
}

/// The lines that differ between two texts, and so many around them.
fn difference(path: &str, old: &str, new: &str, around: usize) -> String {
    TextDiff::from_lines(old, new)
        .unified_diff()
        .context_radius(around)
        .header(path, path)
        .to_string()
}

fn is_blessing() -> bool {
    std::env::var_os("TCM_BLESS").is_some()
}

/// Compares a text with the blessed one, or blesses it.
fn compare(text: &str, blessed: &Path) {
    let expected = fs::read_to_string(blessed).unwrap_or_default();
    if text == expected {
        return;
    }
    if is_blessing() {
        fs::create_dir_all(blessed.parent().unwrap()).unwrap();
        fs::write(blessed, text).unwrap();
        return;
    }
    panic!(
        "not as blessed; if it is meant to differ, bless it with TCM_BLESS=1:\n{}",
        difference(&blessed.display().to_string(), &expected, text, 2)
    );
}

/// The files of a module, without the lines on their owner.
fn unmarked_files(dir: &Path) -> BTreeMap<String, String> {
    let files = files(dir).into_iter();
    files
        .map(|(path, text)| (path, without_mark(&text)))
        .collect()
}

/// Those of the files that are not templates word by word, one or several.
fn own_files(files: &BTreeMap<String, String>) -> impl Iterator<Item = (&String, &String)> {
    let templates: Vec<_> = self::files(&checkout().join("kernel-template"))
        .into_values()
        .filter(|template| !template.trim().is_empty())
        .collect();
    files
        .iter()
        .filter(move |(_, text)| !is_copy(text, &templates))
}

/// Returns true if a text is made of these, with blank lines between them.
fn is_copy(text: &str, templates: &[String]) -> bool {
    let mut rests = templates
        .iter()
        .filter_map(|template| text.strip_prefix(template.as_str()));
    text.is_empty() || rests.any(|rest| is_copy(rest.trim_start_matches('\n'), templates))
}

/// iSCSI's NOP module is blessed as it is, but for the files that are copied; those of the other
/// protocols as differences from it.
#[test]
fn each_protocols_files_are_as_blessed() {
    let tree = FixtureTree::new().unwrap();
    let golden = checkout().join("tests/golden");
    let iscsi = unmarked_files(&generate(&tree, "iSCSI", "tcm_nab5000", "nop"));
    for (path, text) in own_files(&iscsi) {
        compare(text, &golden.join("iSCSI").join(path));
    }
    for path in files(&golden.join("iSCSI")).keys() {
        if own_files(&iscsi).all(|(own, _)| own != path) {
            assert!(is_blessing(), "{path} is blessed, and not of the module");
            fs::remove_file(golden.join("iSCSI").join(path)).unwrap();
        }
    }
    for protocol in PROTOCOLS.iter().filter(|row| row.name != "iSCSI") {
        let dir = generate(&tree, protocol.name, "tcm_nab5000", "nop");
        let differences: String = own_files(&unmarked_files(&dir))
            .map(|(path, text)| difference(path, &iscsi[path], text, 0))
            .collect();
        compare(
            &differences,
            &golden.join(format!("{}.diff", protocol.name)),
        );
        let source = fs::read_to_string(dir.join("transport_id.rs")).unwrap();
        assert_eq!(without_mark(&source), protocol.source);
    }
}

/// What a module of the kernel's own tree has elsewhere in the tree, for each data path.
#[test]
fn the_pages_and_kselftests_are_as_blessed() {
    let golden = checkout().join("tests/golden");
    for path in DATA_PATHS {
        let tree = FixtureTree::new().unwrap();
        let before = ["Documentation", "tools"].map(|dir| files(&tree.path().join(dir)));
        Command::new(builder(Profile::Dev).unwrap())
            .args(["-p", "iSCSI", "-m", "tcm_nab5000", "--data-path", path.name])
            .args(["--no-install", "-k"])
            .arg(tree.path())
            .assert()
            .success();
        let page = files(&tree.path().join("Documentation"));
        assert_eq!(page.len(), before[0].len() + 1);
        let blessed = golden.join("in_tree").join(path.name);
        compare(
            &without_mark(&page["target/tcm_nab5000.rst"]),
            &blessed.with_extension("rst"),
        );
        let kselftest = files(&tree.path().join("tools"));
        let text =
            |name| &kselftest[&format!("testing/selftests/drivers/target/tcm_nab5000/{name}")];
        compare(text("config"), &blessed.with_extension("config"));
        let template = checkout().join("kernel-template/kselftest/Makefile");
        let template = fs::read_to_string(template).unwrap();
        assert_eq!(without_mark(text("Makefile")), template);
        // That of a module in a directory of its own.
        let own = golden.join("iSCSI/selftest.sh");
        let own = fs::read_to_string(own).unwrap();
        assert_eq!(without_mark(text("selftest.sh")), own);
        assert_eq!(kselftest.len(), before[1].len() + 3);
    }
}

/// Checks that each file of the module in `dir` says whose it is, as the manifest does; returns the
/// paths of the generator's files that do not.
fn check_owners(dir: &Path) -> Vec<String> {
    let mut silent = Vec::new();
    for (path, owner) in Manifest::read(dir).unwrap().files() {
        let text = fs::read_to_string(place(dir, path)).unwrap();
        let said: Vec<_> = text
            .lines()
            .filter(|line| line.contains("`tcm-mod-builder sync` overwrites this file"))
            .collect();
        let until_edited = match owner {
            Owner::Author => {
                assert!(said.is_empty(), "{path}: {said:?}");
                continue;
            }
            Owner::Generator => false,
            Owner::GeneratorUntilEdited => true,
        };
        let [line] = said.as_slice() else {
            assert!(said.is_empty(), "{path}: {said:?}");
            silent.push(path.to_owned());
            continue;
        };
        assert_eq!(line.contains("file until it is edited."), until_edited);
        let before = text.lines().take_while(|other| other != line).last();
        assert!(before.unwrap().contains("SPDX-"), "{path}: {before:?}");
    }
    silent
}

/// Those that do not have a format without comments.
#[test]
fn each_file_says_whose_it_is() {
    let tree = FixtureTree::new().unwrap();
    for path in DATA_PATHS {
        let dir = generate(&tree, "iSCSI", "tcm_x", path.name);
        assert_eq!(check_owners(&dir), Vec::<String>::new());
    }
    let mut in_tree = Command::new(builder(Profile::Dev).unwrap());
    in_tree.args(["-p", "iSCSI", "-m", "tcm_x", "--no-install", "-k"]);
    in_tree.arg(tree.path()).assert().success();
    let silent = check_owners(&tree.target().join("tcm_x"));
    let config = "../../../tools/testing/selftests/drivers/target/tcm_x/config";
    assert_eq!(silent, [config]);
}

/// The generator itself has no rustfmt.
#[test]
fn generated_ops_and_unit_tests_are_as_rustfmt_has_them() {
    let tree = FixtureTree::new().unwrap();
    for protocol in ["FC", "iSCSI", "ADT"] {
        let dir = generate(&tree, protocol, "tcm_x", "nop");
        let mut rustfmt = Command::new("rustfmt");
        rustfmt.args(["--check", "--edition=2021", "--config-path=/dev/null"]);
        let files = ["target/ops.rs", "kunit.rs"];
        rustfmt.args(files).current_dir(dir).assert().success();
    }
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let (one, two) = (FixtureTree::new().unwrap(), FixtureTree::new().unwrap());
    let (one, two) = (
        generate(&one, "SAS", "tcm_x", "loopback"),
        generate(&two, "SAS", "tcm_x", "loopback"),
    );
    assert_eq!(files(&one), files(&two));
}

/// What the author's files may say of `unsafe`: that there is none but in the generator's modules.
const FORBIDDEN: [&str; 3] = [
    "#![deny(unsafe_code)]",
    "#![forbid(unsafe_code)]",
    "#[allow(unsafe_code)]",
];

#[test]
fn the_authors_files_are_safe_and_every_unsafe_elsewhere_is_explained() {
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

/// Checks that an author's file has no `unsafe`, and says so to the compiler: the root denies it,
/// since it has to allow it in the generator's modules, any other file forbids it.
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

/// The words of a SAFETY comment that says where the fact is from, and not which fact it is.
const SOURCES: &str = "above and as before by callback caller contract for function in invariant \
                       invariants its of requirement requirements safety same the this trait type \
                       type's";

/// The SAFETY comments that have no other words than these.
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
        let module = files(&generate(&tree, "iSCSI", "tcm_x", data_path.name));
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
fn the_scan_for_facts_can_fail() {
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
    let text = fs::read_to_string(dir.join("target/ops.rs")).unwrap();
    let mut contracts = Contracts::default();
    contracts.visit_file(&syn::parse_file(&text).unwrap());
    assert_eq!(contracts.functions, 34);
    assert!(contracts.without.is_empty(), "{:?}", contracts.without);
}

#[test]
fn every_op_of_the_header_has_a_slot_a_method_and_a_callback() {
    let tree = FixtureTree::new().unwrap();
    let dir = generate(&tree, "iSCSI", "tcm_x", "nop");
    let text = fs::read_to_string(dir.join("target/ops.rs")).unwrap();
    let model = tcm_bindings::read(&tcm_bindings::Header::in_tree(tree.path()).unwrap()).unwrap();
    for op in &model.ops {
        let name = &op.name;
        // The layer drops target core's reference by itself.
        let has_method = text.contains(&format!("fn {name}("));
        assert_eq!(has_method, name != "check_stop_free", "{name}");
        assert!(
            text.contains(&format!("fn {name}_callback(")),
            "no callback {name}"
        );
        assert!(
            text.contains(&format!("        {name}: ")),
            "no slot {name}"
        );
        assert!(
            !has_method
                || text.contains(&format!("C: `{}`", op.c_declaration()).replace('\n', " "))
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

#[test]
fn the_table_for_reviewers_is_that_of_the_ops() {
    let path = checkout().join("generator/doc/soundness.md");
    let page = fs::read_to_string(&path).unwrap();
    let (head, rest) = page.split_once("<!-- table -->\n").unwrap();
    let (_, tail) = rest.split_once("<!-- end of table -->\n").unwrap();
    let table = tcm_mod_builder::plan::soundness_table();
    let wanted = format!("{head}<!-- table -->\n{table}<!-- end of table -->\n{tail}");
    if std::env::var_os("TCM_BLESS").is_some() {
        fs::write(&path, &wanted).unwrap();
    }
    assert_eq!(fs::read_to_string(&path).unwrap(), wanted);
}
