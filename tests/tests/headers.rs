// SPDX-License-Identifier: GPL-2.0-only

//! Files other than headers, and headers that are hard to parse: the errors of `ops`, within a
//! limit of time.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::time::Duration;

use assert_cmd::Command;
use rustix::fs::{CWD, FileType, Mode, mknodat};
use serde_json::Value;
use tcm_bindings::REMEDY;
use tempfile::TempDir;
use xtask::fixture::{FixtureTree, OPS};
use xtask::module::{Profile, builder};

/// The rest of the remedy, of `ops` alone.
const OPTION: &str = "or its header with --header DIR/include/target/target_core_fabric.h";

/// Limit of processor time for a refusal, in seconds: more than `ops` needs, less than clang would
/// take. Unlike wall time, it does not depend on the load of the machine.
const AT_ONCE: u32 = 5;

fn ops(args: &[&str], header: &Path) -> Command {
    let mut command = Command::new(builder(Profile::Dev).unwrap());
    command.env_remove("KDIR").current_dir("/").arg("ops");
    command.args(args).arg("--header").arg(header);
    // An open pipe would block forever.
    command.timeout(Duration::from_secs(60));
    command
}

/// Error of `ops` for a header that it refuses. `HEADER` replaces the path.
fn refusal(header: &Path) -> String {
    refusal_of(&mut ops(&[], header), header)
}

fn refusal_of(ops: &mut Command, header: &Path) -> String {
    let output = ops.output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(output.stdout.is_empty(), "{output:?}");
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(!text.contains("panicked"), "{text}");
    text.replace(&header.display().to_string(), "HEADER")
}

/// Error of `ops` for a header with this text, within the limit of time.
fn refused(text: impl AsRef<[u8]>) -> String {
    let dir = tempfile::tempdir().unwrap();
    let header = dir.path().join("header.h");
    fs::write(&header, text).unwrap();
    let mut limited = Command::new("prlimit");
    limited.arg(format!("--cpu={AT_ONCE}"));
    limited.arg(builder(Profile::Dev).unwrap());
    limited.args(["ops", "--header"]).arg(&header);
    limited.timeout(Duration::from_secs(60));
    refusal_of(&mut limited, &header)
}

/// Definition of the struct with these members.
fn with(members: &str) -> String {
    format!("struct target_core_fabric_ops {{\n{members}\n}};\n")
}

#[test]
fn special_file_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let fifo = dir.path().join("fifo");
    mknodat(CWD, &fifo, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
    let socket = dir.path().join("socket");
    let _listener = UnixListener::bind(&socket).unwrap();
    for (path, what) in [
        (fifo.as_path(), "a pipe"),
        (socket.as_path(), "a socket"),
        (dir.path(), "a directory"),
        (Path::new("/dev/zero"), "a device"),
    ] {
        let expected =
            format!("Error: cannot read HEADER: it is {what}, not a file; {REMEDY}, {OPTION}\n");
        assert_eq!(refusal(path), expected);
    }
}

#[test]
fn error_of_the_system_is_shown_once() {
    let text = refusal(Path::new("/no/such.h"));
    let reason = "No such file or directory (os error 2)";
    let expected = format!("Error: cannot read HEADER: {reason}; {REMEDY}, {OPTION}\n");
    assert_eq!(text, expected);
}

#[test]
fn file_other_than_a_header_is_refused_in_one_line() {
    for (content, said) in [
        (b"\x7fELF\0\x01".repeat(20_000), "it is not text"),
        (b"x;\n".repeat(1 << 19), "it has more than 1048576 bytes"),
    ] {
        let text = refused(content);
        let expected = format!("Error: cannot read HEADER: {said}; {REMEDY}, ");
        assert!(text.starts_with(&expected), "{text}");
        assert_eq!(text.lines().count(), 1, "{text}");
    }
}

#[test]
fn list_of_faults_fits_a_page() {
    let faults = (0..1_000).map(|n| format!("int is{n} this;\n"));
    let text = refused(faults.collect::<String>());
    assert!(text.lines().count() < 60, "{text}");
    assert!(text.contains("line 1: expected ';'"), "{text}");
    assert!(text.ends_with(" more\n"), "{text}");
}

#[test]
fn header_that_crashes_clang_is_refused_in_two_lines() {
    let parens = format!("int {}f{};", "(".repeat(2_000), ")".repeat(2_000));
    let braces = format!("{} int x; {}", "struct {".repeat(2_000), "};".repeat(2_000));
    let operators = format!("int f[{}1];", "sizeof ".repeat(20_000));
    for (text, said) in [
        (
            parens.as_str(),
            "cannot read HEADER:\n  line 2: bracket nesting level exceeded",
        ),
        (
            &braces,
            "cannot read HEADER:\n  line 2: bracket nesting level exceeded",
        ),
        (&operators, "cannot read HEADER: clang crashes on it"),
        // The file is endless, memory is not.
        (
            "#include \"/dev/zero\"",
            "cannot read HEADER: clang crashes on it",
        ),
        (
            "#pragma clang __debug crash",
            "cannot read HEADER: clang crashes on it; name the source tree",
        ),
        (
            "#pragma clang __debug llvm_fatal_error",
            "cannot read HEADER: clang crashes on it; name the source tree",
        ),
    ] {
        let text = refused(with(text));
        assert!(text.starts_with(&format!("Error: {said}")), "{text}");
        assert!(text.lines().count() <= 2, "{text}");
    }
}

#[test]
fn large_structs_are_read() {
    let dir = tempfile::tempdir().unwrap();
    let header = dir.path().join("header.h");
    let many = (0..10_000).map(|n| format!("int (*op{n})(int a, int b);\n"));
    let deep = format!("int (*f)(int {});", "*".repeat(2_000));
    for (members, count) in [(many.collect(), 10_000), (deep, 1)] {
        fs::write(&header, with(&members)).unwrap();
        let output = ops(&["--json"], &header).output().unwrap();
        let json: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(json["ops"].as_array().unwrap().len(), count);
    }
}

#[test]
fn endless_macros_are_refused() {
    let doubling = |end: &str| {
        let macros = (0..40).map(|n| format!("#define M{n} M{} M{}\n", n + 1, n + 1));
        macros.collect::<String>() + &with("int (*f)(void);") + end
    };
    let dir = tempfile::tempdir().unwrap();
    let header = dir.path().join("header.h");
    for end in ["M0\n", "#define M40 int;\nM0\n"] {
        fs::write(&header, doubling(end)).unwrap();
        let text = refusal(&header);
        // Either time or memory runs out first.
        let ends = ["has not ended after 30 s", "crashes on"];
        let ends = ends.map(|end| format!("Error: cannot read HEADER: clang {end}"));
        assert!(ends.iter().any(|end| text.starts_with(end)), "{text}");
        assert_eq!(text.lines().count(), 1, "{text}");
    }
}

#[test]
fn missing_libclang_is_reported_with_the_remedy() {
    let tree = FixtureTree::new().unwrap();
    let mut command = ops(&[], &tree.header());
    let output = command.env("LIBCLANG_PATH", "/no/such").output().unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.starts_with("Error: cannot load libclang, "), "{text}");
    assert!(
        text.contains("LIBCLANG_PATH") && text.lines().count() == 1,
        "{text}"
    );
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn tests_without_libclang_end_with_one_message() {
    let mut tests = std::process::Command::new(std::env::current_exe().unwrap());
    tests.env("LIBCLANG_PATH", "/no/such");
    let output = tests.args(["comment_in_", "path_of_"]).output().unwrap();
    let [said, text] = [output.stdout, output.stderr].map(|it| String::from_utf8(it).unwrap());
    assert!(!said.contains("FAILED"), "{said}");
    assert_eq!(text.matches("Error: cannot load libclang, ").count(), 1);
    assert!(text.contains("\nNext: install it, "), "{text}");
    assert!(text.lines().count() < 25, "{text}");
    assert_eq!(output.status.code(), Some(1));
}

/// The fixture's header with one text replaced, in a file whose name is not UTF-8.
fn in_latin_1(from: &str, to: &str) -> (TempDir, PathBuf) {
    let tree = FixtureTree::new().unwrap();
    tree.replace(&tree.header(), from, to).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let header = dir.path().join(OsStr::from_bytes(b"gr\xfc\xdfe.h"));
    fs::copy(tree.header(), &header).unwrap();
    (dir, header)
}

#[test]
fn path_of_any_bytes_is_accepted() {
    let (_dir, header) = in_latin_1("int (*queue_status)", "int (*queue_status)");
    let output = ops(&["--json"], &header).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(json["ops"].as_array().unwrap().len(), OPS);
    assert_eq!(json["header"], header.display().to_string());

    let (_dir, header) = in_latin_1("int (*queue_status)", "int *(queue_status");
    let text = refusal(&header);
    assert!(
        text.starts_with("Error: cannot read HEADER:\n  line 50: expected ')'"),
        "{text}"
    );
}

#[test]
fn comment_in_latin_1_is_accepted() {
    let tree = FixtureTree::new().unwrap();
    let mut text = fs::read(tree.header()).unwrap();
    text.splice(0..0, b"/* J\xf6rg */ ".iter().copied());
    fs::write(tree.header(), text).unwrap();
    ops(&[], &tree.header()).assert().success();
}

#[test]
fn source_of_the_requirement_is_shown() {
    let tree = FixtureTree::new().unwrap();
    let shown = |args: &[&str]| {
        let output = ops(args, &tree.header()).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let table =
        format!("\n{OPS} ops (* required by target core, says a table of Linux 6.12 to 7.3):\n");
    assert!(shown(&[]).contains(&table));
    let json: Value = serde_json::from_str(&shown(&["--json"])).unwrap();
    assert_eq!(json["required_from"], Value::Null);

    let check =
        "int target_fabric_tf_ops_check(struct x *t)\n{\n\tif (!t->warp)\n\t\treturn 1;\n}\n";
    let source = tree.target().join("target_core_configfs.c");
    fs::write(&source, check).unwrap();
    let source = source.display().to_string();
    let text = shown(&[]);
    assert!(
        text.contains(&format!("target core, says {source}):\n")),
        "{text}"
    );
    assert!(
        text.contains("\n*  warp: required, and not in the struct\n"),
        "{text}"
    );
    let json: Value = serde_json::from_str(&shown(&["--json"])).unwrap();
    assert_eq!(json["required_from"], source);
    assert_eq!(json["missing"][0], "warp");
}

/// Output of `ops` with arguments for a header.
fn shown(args: &[&str], header: &Path) -> String {
    let output = ops(args, header).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// The fixture's tree with `members` before an op.
fn tree_with(members: &str) -> FixtureTree {
    let tree = FixtureTree::new().unwrap();
    let new = format!("{members}\n\tvoid (*release_cmd)");
    tree.replace(&tree.header(), "void (*release_cmd)", &new)
        .unwrap();
    tree
}

#[test]
fn unsupported_members_are_shown_as_text_and_json() {
    let tree = tree_with(
        "union { int (*warp)(const u8 (*)[16], ...); };\n#ifdef CONFIG_X\n\tint weft;\n#endif",
    );
    let text = shown(&[], &tree.header());
    for line in [
        "\n   int (*warp)(const u8 (*)[16], ...)\n",
        "\nWarning: line 42: `#ifdef CONFIG_X`",
        "\nWarning: the op `int (*warp)(const u8 (*)[16], ...)` is unknown",
    ] {
        assert!(text.contains(line), "{text}");
    }
    let json: Value = serde_json::from_str(&shown(&["--json"], &tree.header())).unwrap();
    let warp = &json["ops"][11];
    assert_eq!(warp["name"], "warp");
    assert_eq!(warp["args"][0]["type"], "const u8 (*)[16]");
    assert_eq!(
        (&warp["variadic"], &warp["nested"]),
        (&true.into(), &true.into())
    );
    assert!(json["ops"][0].get("variadic").is_none());
    assert!(json["warnings"][0].as_str().unwrap().contains("CONFIG_X"));
    assert_eq!(json["faults"], Value::Array(Vec::new()));
}

/// Ops of a vendor's header: under a condition, with types of the vendor.
const VENDOR: &str = "#if defined(CONFIG_MACH_VENDOR)\n\tint (*vnd_alloc)(struct se_cmd *);\n\
                      \tvnd_t (*vnd_state)(vnd_t *, int);\n#endif";

#[test]
fn ops_of_a_vendor_are_a_warning_of_each_command() {
    let (plain, vendor) = (FixtureTree::new().unwrap(), tree_with(VENDOR));
    let warning = "line 41: `#if defined(CONFIG_MACH_VENDOR)` does not hold here, which leaves out \
                   `vnd_alloc`, `vnd_state`;";
    assert!(shown(&[], &vendor.header()).contains(warning));
    let json: Value = serde_json::from_str(&shown(&["--json"], &vendor.header())).unwrap();
    assert!(json["warnings"][0].as_str().unwrap().starts_with(warning));
    for (old, new) in [(&plain, &vendor), (&vendor, &plain)] {
        let other = new.header().display().to_string();
        let text = shown(&["--against", &other], &old.header());
        let told = format!("\n{}:\n\nWarning: {warning}", vendor.header().display());
        assert!(text.contains(&told), "{text}");
        assert!(
            text.ends_with("\nThe same ops, as far as they are read\n"),
            "{text}"
        );
    }
    let same = plain.header().display().to_string();
    let text = shown(&["--against", &same], &plain.header());
    assert!(
        text.ends_with("\nThe same ops\n") && !text.contains("Warning"),
        "{text}"
    );
}

#[test]
fn unusable_header_is_shown_with_its_faults() {
    let tree = FixtureTree::new().unwrap();
    let op = "int (*queue_status)(struct se_cmd *)";
    tree.replace(&tree.header(), op, "int (*queue_status)(cmd_t *)")
        .unwrap();
    let said = "\nNo module can be generated from this header:\n   target core requires the op `int \
                (*queue_status)(cmd_t *)`, whose argument `cmd_t * arg1`";
    let text = shown(&[], &tree.header());
    assert!(text.contains(said) && !text.contains("Next: "), "{text}");
    assert!(
        text.contains("\nWarning: line 50: the type `cmd_t` is unknown"),
        "{text}"
    );
    let json: Value = serde_json::from_str(&shown(&["--json"], &tree.header())).unwrap();
    assert_eq!(json["faults"].as_array().unwrap().len(), 1);
    let plain = FixtureTree::new().unwrap();
    let other = tree.header().display().to_string();
    let text = shown(&["--against", &other], &plain.header());
    assert!(text.contains(said) && !text.contains("Next: "), "{text}");
    assert!(
        text.contains("+ int (*queue_status)(cmd_t *) (required)"),
        "{text}"
    );
}
