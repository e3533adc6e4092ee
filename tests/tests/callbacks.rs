// SPDX-License-Identifier: GPL-2.0-only

//! Callbacks that a module passes to C have the types of C's declarations, which kCFI compares.
//!
//! bindgen has an integer for an enum, so rustc does not see the difference. Each enum in the type of a
//! callback must be a `repr(C)` enum of C's name, which the callback has in its place.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use regex::Regex;
use tcm_mod_builder::protocol::find;
use xtask::kernel::{CURRENT, Flavour};
use xtask::module::{Built, ISCSI, LOOPBACK};
use xtask::suite::{Modules, wanted};

fn regex(pattern: &str) -> Regex {
    Regex::new(pattern).unwrap()
}

/// The words of `text`, and of the aliases in it.
fn words<'a>(text: &'a str, aliases: &BTreeMap<&'a str, &'a str>) -> BTreeSet<&'a str> {
    let mut words = BTreeSet::new();
    let mut texts = vec![text];
    while let Some(text) = texts.pop() {
        for word in text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_') {
            if words.insert(word) {
                texts.extend(aliases.get(word));
            }
        }
    }
    words
}

/// The enums among the aliases, which have constants, and those that are structs.
fn enums<'a>(bindings: &'a str, aliases: &BTreeMap<&str, &str>) -> BTreeSet<&'a str> {
    let items = regex(r"pub const (\w+):(\w+)=|pub struct (\w+)\(");
    let enums = items.captures_iter(bindings).filter_map(|item| {
        if let Some(newtype) = item.get(3) {
            return Some(newtype.as_str());
        }
        let (constant, of) = (item.get(1)?.as_str(), item.get(2)?.as_str());
        let is_variant = aliases.contains_key(of) && constant.starts_with(&format!("{of}_"));
        is_variant.then_some(of)
    });
    enums.collect()
}

/// Returns each callback that `sources` pass to C, by the name of its field or of the function that it
/// is passed to, and each type in it that is not that of C.
fn untrue(bindings: &str, sources: &str) -> Vec<String> {
    // The spaces depend on rustfmt.
    let bindings = regex(r"\s*([^\w\s])\s*").replace_all(bindings, "$1");
    let sources = regex("//.*").replace_all(sources, "");
    let has = |pattern: &str| regex(pattern).is_match(&sources);
    let alias = regex(r"pub type (\w+)=([^;]*);");
    let aliases = alias.captures_iter(&bindings).map(|found| found.extract());
    let aliases: BTreeMap<_, _> = aliases.map(|(_, [name, of])| (name, of)).collect();
    let enums = enums(&bindings, &aliases);
    let callback = regex(r#"extern"C"fn\([^()]*\)(->[\w:*]+( \w+)?)?"#);
    let mut found = Vec::new();
    for item in bindings.split("pub ") {
        let item = item.split([';', '}']).next().unwrap_or_default();
        let function = item.strip_prefix("fn ");
        let name = function.unwrap_or(item).split([':', '(']).next();
        let name = name.unwrap_or_default();
        let types: Vec<_> = match function {
            Some(function) => callback.find_iter(function).map(|it| it.as_str()).collect(),
            None => vec![item],
        };
        let words: BTreeSet<_> = types.iter().flat_map(|it| words(it, &aliases)).collect();
        if !words.contains("extern") {
            continue;
        }
        let is_passed = || function.is_some() || has(&format!(r"\b{name}\s*[:=]\s*(Some|if)\b"));
        let is_of_c = |of: &str| has(&format!(r"#\[repr\(C\)\]\s*pub\S* enum {of} \{{"));
        for of in words {
            let is_enum = enums.contains(of) && !is_of_c(of);
            if (is_enum || of.contains("__bindgen_ty_")) && is_passed() {
                found.push(format!("{name}: {of}"));
            }
        }
    }
    found
}

/// Text of the Rust files below a directory, without the bindings.
fn sources(dir: &Path) -> String {
    let mut text = String::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy();
        if path.is_dir() {
            text += &sources(&path);
        } else if name.ends_with(".rs") && !name.starts_with("bindings_") {
            text += &fs::read_to_string(path).unwrap();
        }
    }
    text
}

#[test]
#[ignore = "builds for a kernel; `cargo xtask test` runs it"]
fn callbacks_have_the_types_of_c() {
    let Some(kernel) = wanted(CURRENT, Flavour::Debug) else {
        return;
    };
    let dir = Modules::new(&kernel).unwrap();
    let protocol = find("iSCSI").unwrap();
    for options in [&[][..], &LOOPBACK, &ISCSI] {
        let built = Built::new(&kernel, protocol, options, dir.path()).unwrap();
        let bindings = fs::read_to_string(built.dir.join("bindings_generated.rs")).unwrap();
        let found = untrue(&bindings, &sources(&built.dir));
        assert!(found.is_empty(), "{}: {found:#?}", built.module);
    }
}

/// Bindings of a struct with callbacks, and of functions that take one.
const BINDINGS: &str = r#"
pub const verdict_GOOD: verdict = 0;
pub type verdict = ffi::c_uint;
pub type verdict_t = verdict;
#[repr(transparent)]
#[derive(Debug)]
pub struct direction(pub ffi::c_uint);
pub type judge_fn = ::core::option::Option<unsafe extern "C" fn(arg1: *mut verdict_t)>;
pub const gfp_t_is_no_enum: u32_ = 0;
#[repr(C)]
pub struct court {
    pub plain: verdict,
    pub judge: ::core::option::Option<unsafe extern "C" fn(arg1: *mut court) -> verdict>,
    pub turn : :: core :: option :: Option < unsafe extern "C" fn (to : direction) > ,
    pub appeal: judge_fn,
    pub number: ::core::option::Option<unsafe extern "C" fn() -> u32_>,
    pub nested: ::core::option::Option<unsafe extern "C" fn(arg1: *mut court__bindgen_ty_1)>,
}
unsafe extern "C" {
    pub fn direct(of: verdict, cb: ::core::option::Option<unsafe extern "C" fn(arg1: *mut court)>);
    pub fn each(cb: ::core::option::Option<unsafe extern "C" fn(arg1: *mut court) -> verdict>);
}
"#;

/// Code that passes some of them.
const SOURCES: &str = "\
// judge = Some(f);
number: Some(f), plain: verdict,
turn: Some(f),
appeal: if x { Some(f) } else { None },
nested = Some(f);
";

#[test]
fn enum_in_a_callback_is_found() {
    let expected = [
        "turn: direction",
        "appeal: verdict",
        "nested: court__bindgen_ty_1",
        "each: verdict",
    ];
    assert_eq!(untrue(BINDINGS, SOURCES), expected);
    let judge = format!("{SOURCES}court.judge = Some(f);");
    assert_eq!(untrue(BINDINGS, &judge).len(), 5);
    let integer = format!("{judge}\n#[repr(u32)]\npub enum verdict {{ Good }}");
    assert_eq!(untrue(BINDINGS, &integer).len(), 5);
    let same = integer.replace("(u32)", "(C)");
    assert_eq!(untrue(BINDINGS, &same), [expected[0], expected[2]]);
}
