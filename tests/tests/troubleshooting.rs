// SPDX-License-Identifier: GPL-2.0-only

//! The page on troubleshooting has each message that the command, the build of a module and a module
//! can print, and each error that a module returns to configfs. The messages are found in the list of
//! messages for wrong input and in the sources. Every text on the page is one of them, except for those
//! of the kernel and its tools.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use regex::Regex;
use xtask::shell::checkout;

/// A message, with `X` for each value, and its place.
struct Message {
    text: String,
    place: String,
}

fn read(path: impl AsRef<Path>) -> String {
    fs::read_to_string(checkout().join(path)).unwrap()
}

/// The files below a directory of the checkout: paths from its root.
fn files(dir: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(checkout().join(dir)).unwrap() {
        let path = Path::new(dir).join(entry.unwrap().file_name());
        if checkout().join(&path).is_dir() {
            found.extend(files(path.to_str().unwrap()));
        } else {
            found.push(path);
        }
    }
    found
}

/// Replaces the values of a message by `X`: `{…}` of Rust and Python, `$…` of shell and make.
fn without_values(text: &str) -> String {
    static VALUE: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"\$?\{+[^}]*\}+|\$\([^)]*\)|\$[0-9A-Za-z_]+").unwrap());
    let text = VALUE.replace_all(text, "X").replace("\\n", "");
    let text = text.replace(['`', '\\'], "");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A text in double quotes, which may have a line break.
static QUOTED: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r#""((?:[^"\\]|\\(?s:.))*)""#).unwrap());

/// Joins lines that a backslash continues.
fn joined(text: &str) -> String {
    static CONTINUED: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\\\n\s*").unwrap());
    CONTINUED.replace_all(text, "").into_owned()
}

/// The quoted texts of a Rust file, without its comments.
fn rust_texts(path: &Path) -> Vec<Message> {
    let text = read(path);
    let lines = text.lines().filter(|line| {
        let line = line.trim_start();
        !line.starts_with("//") && !line.contains("reason = \"")
    });
    let text = lines.collect::<Vec<_>>().join("\n");
    let text = joined(&text);
    let texts = QUOTED.captures_iter(&text).map(|found| Message {
        text: without_values(&found[1]),
        place: path.display().to_string(),
    });
    texts.collect()
}

/// Begins of texts in a module's Rust files that are no messages: descriptions, the values of
/// attributes, an assertion of the layer about itself, and the documentation of a macro.
const OTHERS: [&str; 10] = [
    "nab5000 target fabric",
    "TCM_NAB5000 fabric module",
    "LIO Session ID:",
    "Session State:",
    "CID: X Connection State:",
    "Address X TCP",
    "No active iSCSI Session",
    "No Active iSCSI Session",
    "the name must end with NUL",
    "the array has an entry",
];

/// Rust files of the layer and the data paths.
fn module_sources() -> Vec<PathBuf> {
    let mut paths = files("kernel-template/target");
    paths.extend(files("kernel-template/data_path"));
    paths.retain(|path| path.extension().is_some_and(|end| end == "rs"));
    paths
}

/// Texts of three words and more in the files of modules. Shorter ones are names and values.
fn of_modules() -> Vec<Message> {
    let paths = module_sources();
    let mut messages: Vec<_> = paths.iter().flat_map(|path| rust_texts(path)).collect();
    messages.retain(|Message { text, .. }| {
        let is_macro = text.starts_with(':');
        let is_other = OTHERS.iter().any(|other| text.starts_with(other));
        text.split(' ').count() > 2 && !is_other && !is_macro
    });
    messages
}

/// Files that print messages when a module is built, installed or used, other than in Rust.
const SCRIPTS: [&str; 11] = [
    "kernel-template/build/Kbuild",
    "kernel-template/build/Makefile",
    "kernel-template/build/tools.sh",
    "kernel-template/build/dkms-prepare.sh",
    "kernel-template/layout_guard.c",
    "kernel-template/layout_guard.awk",
    "kernel-template/unlisted_ops.awk",
    "kernel-template/kernel_probes.awk",
    "kernel-template/bindings_for_rustc.awk",
    "kernel-template/userland/rtslib_tcm_nab5000/__init__.py",
    // The class of a module for rtslib, in Python.
    "generator/src/emit/userland/names.rs",
];

/// Lines that print a message, or that make a part of one.
const PRINTS: &str = concat!(
    r#">&2|/dev/stderr|sys\.stderr|\$\(warning |\$\(error |#define LAYOUT_FAULT"#,
    r#"|\bf"|\bsay [^"]*(missing|wrong)|\b(why|fault)=[^"]*""#
);

/// The quoted texts of a line, with `X` for a value of awk between two of them.
fn quoted(line: &str) -> String {
    let mut text = String::new();
    let mut end = None;
    for found in QUOTED.find_iter(line) {
        let inner = &line[found.start() + 1..found.end() - 1];
        if ["/dev/stderr", "cat >&2", "%s"].contains(&inner) {
            continue;
        }
        let gap = end.map_or("", |end: usize| line[end..found.start()].trim());
        text += if gap.is_empty() { " " } else { " X " };
        text += inner;
        end = Some(found.end());
    }
    text
}

fn of_scripts() -> Vec<Message> {
    let prints = Regex::new(PRINTS).unwrap();
    let warning = Regex::new(r"\$\((?:warning|error) (.*)\)").unwrap();
    let mut messages = Vec::new();
    for script in SCRIPTS {
        let text = joined(&read(script));
        for line in text.lines().filter(|line| prints.is_match(line)) {
            let line = line.rsplit("|| {").next().unwrap();
            let text = warning.captures(line).map(|found| found[1].to_owned());
            let text = without_values(&text.unwrap_or_else(|| quoted(line)));
            // A variable alone is a message of another line.
            if text.contains(' ') && text.contains(char::is_lowercase) {
                messages.push(Message {
                    text,
                    place: script.to_owned(),
                });
            }
        }
    }
    messages
}

/// The messages for wrong input, without the input.
fn of_the_command() -> Vec<Message> {
    let list = read("tests/golden/messages.txt");
    let blocks = list.split("\n$ ").skip(1);
    let mut messages: Vec<_> = blocks
        .map(|block| {
            let (input, text) = block.split_once('\n').unwrap();
            Message {
                text: without_values(text.split("\n\n").next().unwrap()),
                place: input.to_owned(),
            }
        })
        .collect();
    // `prepare` fails in the middle of a build, too.
    let prepare = files("generator/src/prepare");
    let texts = prepare.iter().flat_map(|path| rust_texts(path));
    messages.extend(texts.filter(|message| message.text.starts_with("cannot ")));
    messages
}

/// Section of the page with the messages of others.
const OF_OTHERS: &str = "Messages of the kernel and its tools:";

/// A text of the page: as it is there, and as a pattern.
struct Row {
    text: String,
    pattern: Regex,
    is_of_others: bool,
}

fn rows(page: &str) -> Vec<Row> {
    let code = Regex::new("`([^`]*)`").unwrap();
    let mut found = Vec::new();
    let mut heading = "";
    for line in page.lines() {
        if !line.is_empty() && !line.starts_with('|') {
            heading = line;
        }
        let Some(cell) = line.strip_prefix("| `") else {
            continue;
        };
        let cell = format!("`{}", cell.split(" | ").next().unwrap());
        for text in code.captures_iter(&cell) {
            let pattern = regex::escape(&text[1]).replace('…', ".*");
            found.push(Row {
                text: text[1].to_owned(),
                pattern: Regex::new(&pattern).unwrap(),
                is_of_others: heading == OF_OTHERS,
            });
        }
    }
    found
}

/// Returns true if a text of the page names an error of the C library, or explains one.
fn is_errno(text: &str) -> bool {
    let is_name = text.starts_with('E') && text.chars().all(|it| it.is_ascii_uppercase());
    is_name || ERRORS.contains(&text)
}

/// Texts of errors, as programs print them.
const ERRORS: [&str; 13] = [
    "Invalid argument",
    "File exists",
    "No such device",
    "Permission denied",
    "Operation not permitted",
    "No such file or directory",
    "Function not implemented",
    "Device or resource busy",
    "Directory not empty",
    "Bad address",
    "Cannot allocate memory",
    "No space left on device",
    "Resource temporarily unavailable",
];

#[test]
fn page_has_each_message() {
    let rows = rows(&read("generator/doc/troubleshooting.md"));
    let sources = [of_the_command(), of_scripts(), of_modules()];
    let enough = [50, 20, 40];
    let mut missing = BTreeSet::new();
    for (messages, enough) in sources.iter().zip(enough) {
        assert!(messages.len() > enough, "{} messages", messages.len());
        for Message { text, place } in messages {
            if !rows.iter().any(|row| row.pattern.is_match(text)) {
                missing.insert(format!("{place}: {text}"));
            }
        }
    }
    let missing: Vec<_> = missing.into_iter().collect();
    assert!(
        missing.is_empty(),
        "the page lacks:\n{}",
        missing.join("\n")
    );
    for row in rows {
        let mut messages = sources.iter().flatten();
        let is_known = messages.any(|message| row.pattern.is_match(&message.text));
        let is_other = row.is_of_others || is_errno(&row.text);
        assert!(is_known || is_other, "no such message: {}", row.text);
    }
}

#[test]
fn each_text_of_the_page_finds_few_messages() {
    let rows = rows(&read("generator/doc/troubleshooting.md"));
    let sources = [of_the_command(), of_scripts(), of_modules()];
    for row in rows {
        let found = sources.iter().flatten();
        let found = found.filter(|it| row.pattern.is_match(&it.text));
        let texts = found.map(|it| it.text.trim_start_matches("Error: "));
        let found: BTreeSet<_> = texts.collect();
        assert!(found.len() <= 5, "{} finds {found:#?}", row.text);
    }
}

/// Errors that end in a transport: a socket without data, and one whose peer is gone.
const INTERNAL: [&str; 2] = ["EAGAIN", "EPIPE"];

#[test]
fn page_has_each_error_of_configfs() {
    let page = read("generator/doc/troubleshooting.md");
    let error = Regex::new(r"\b(E[A-Z]{3,})\b").unwrap();
    let on_page: BTreeSet<_> = error
        .captures_iter(&page)
        .map(|it| it[1].to_owned())
        .collect();
    let returned = Regex::new(r"(?:Err\(\(?|ok_or\(|\|_\| )(E[A-Z]{3,})\b").unwrap();
    let mut seen = BTreeSet::new();
    for path in module_sources() {
        let text = read(&path);
        let code = text
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"));
        let code = code.collect::<Vec<_>>().join("\n");
        seen.extend(returned.captures_iter(&code).map(|it| it[1].to_owned()));
    }
    assert!(seen.len() > 6, "{seen:?}");
    for name in seen {
        let is_internal = INTERNAL.contains(&&*name);
        assert!(
            is_internal || on_page.contains(&name),
            "the page lacks {name}"
        );
    }
}
