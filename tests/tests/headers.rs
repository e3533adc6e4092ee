// SPDX-License-Identifier: GPL-2.0-only

//! Files that are no header, and headers that are hard to read: what `ops` says of them, and that
//! it says it at once.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::time::Duration;

use assert_cmd::Command;
use rustix::fs::{CWD, FileType, Mode, mknodat};
use serde_json::Value;
use tempfile::TempDir;
use xtask::fixture::FixtureTree;
use xtask::module::{Profile, builder};

/// The seconds of processor time that a header is refused in: far more than it takes, far less than
/// clang would. Other work on the machine does not count.
const AT_ONCE: u32 = 5;

fn ops(args: &[&str], header: &Path) -> Command {
    let mut command = Command::new(builder(Profile::Dev).unwrap());
    command.env_remove("KDIR").current_dir("/").arg("ops");
    command.args(args).arg("--header").arg(header);
    // A pipe that is opened waits for ever.
    command.timeout(Duration::from_secs(60));
    command
}

/// What `ops` says of a header that it refuses, without the header's path.
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

/// What `ops` says of a header with this text, which it refuses at once.
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

/// A struct with these members.
fn with(members: &str) -> String {
    format!("struct target_core_fabric_ops {{\n{members}\n}};\n")
}

#[test]
fn only_files_are_read() {
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
        let expected = format!(
            "Error: cannot read HEADER: it is {what}, not a file; name the kernel's \
             include/target/target_core_fabric.h\n"
        );
        assert_eq!(refusal(path), expected);
    }
}

#[test]
fn what_the_system_says_is_told_once() {
    let text = refusal(Path::new("/no/such.h"));
    assert_eq!(
        text,
        "Error: cannot read HEADER: No such file or directory (os error 2); name the kernel's \
         include/target/target_core_fabric.h\n"
    );
}

#[test]
fn a_file_that_is_no_header_is_refused_in_a_line() {
    for (content, said) in [
        (b"\x7fELF\0\x01".repeat(20_000), "it is not text"),
        (b"x;\n".repeat(1 << 19), "it has more than 1048576 bytes"),
    ] {
        let text = refused(content);
        let expected = format!("Error: cannot read HEADER: {said}; name the kernel's ");
        assert!(text.starts_with(&expected), "{text}");
        assert_eq!(text.lines().count(), 1, "{text}");
    }
}

#[test]
fn a_file_of_faults_is_told_in_a_page() {
    let faults = (0..1_000).map(|n| format!("what (*is{n})(this);\n"));
    let text = refused(faults.collect::<String>());
    assert!(text.lines().count() < 60, "{text}");
    assert!(text.contains("line 1: unknown type `what`"), "{text}");
    assert!(text.ends_with(" more\n"), "{text}");
}

#[test]
fn what_is_too_deep_for_clang_is_refused() {
    let pointer = format!("int (*f)(int {});", "*".repeat(2_000));
    let parens = format!("int {}f{};", "(".repeat(2_000), ")".repeat(2_000));
    let braces = format!("{} int x; {}", "struct {".repeat(2_000), "};".repeat(2_000));
    let arrays = format!("int f{};", "[1]".repeat(2_000));
    let operators = format!("int f[{}1];", "sizeof ".repeat(2_000));
    for deep in [pointer, parens, braces, arrays, operators] {
        let text = refused(with(&format!("int (*queue_status)(void);\n{deep}")));
        assert!(
            text.contains("line 3: the text is nested too deeply"),
            "{text}"
        );
    }
    let chain = "if (a) b(); else ".repeat(20_000);
    let text = refused(format!("static inline void f(int a)\n{{ {chain};\n}}\n"));
    assert!(
        text.contains("line 2: the text is nested too deeply"),
        "{text}"
    );
}

#[test]
fn a_struct_with_more_ops_than_any_is_refused() {
    let ops = |count| (0..count).map(|n| format!("int (*op{n})(int a, int b);\n"));
    let text = refused(with(&ops(10_000).collect::<String>()));
    let expected = "struct target_core_fabric_ops has 10000 ops and fields, and at most 1000";
    assert!(text.contains(expected), "{text}");
    let text = refused(with(&format!("int {};", vec!["x"; 1_001].join(", "))));
    assert!(text.contains("has 1001 ops and fields"), "{text}");
}

#[test]
fn a_name_that_rust_has_not_is_told_with_its_line() {
    let text = refused(with("int (*queue_status)(void);\nint (*frob²)(void);"));
    let expected = "Error: cannot read HEADER:\n  line 3: the name `frob²` has letters that are \
                    not ASCII; ";
    assert!(text.starts_with(expected), "{text}");
}

#[test]
fn where_bindgen_panics_it_is_told_what_it_said() {
    // Another spelling of the same, which is ASCII.
    let text = refused(with("int (*frob\\u00b2)(void);"));
    let expected = "Error: bindgen cannot translate HEADER: \"frob²\" is not a valid Ident; a newer \
                    version of this program may know it; otherwise report it with this text\n";
    assert_eq!(text, expected);
}

#[test]
fn macros_that_never_end_are_given_up() {
    let doubling = (0..40).map(|n| format!("#define M{n} M{} M{}\n", n + 1, n + 1));
    let text = doubling.collect::<String>() + &with("int (*f)(void);") + "M0\n";
    let dir = tempfile::tempdir().unwrap();
    let header = dir.path().join("header.h");
    fs::write(&header, text).unwrap();
    let text = refusal(&header);
    assert!(
        text.starts_with("Error: bindgen takes too long over HEADER; "),
        "{text}"
    );
}

#[test]
fn without_libclang_it_is_told_where_to_get_it() {
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
    let output = tests.args(["a_comment_", "a_path_"]).output().unwrap();
    let [said, text] = [output.stdout, output.stderr].map(|it| String::from_utf8(it).unwrap());
    assert!(!said.contains("FAILED"), "{said}");
    assert_eq!(text.matches("Error: cannot load libclang, ").count(), 1);
    assert!(text.contains("\nNext: install it, "), "{text}");
    assert!(text.lines().count() < 25, "{text}");
    assert_eq!(output.status.code(), Some(1));
}

/// A directory whose name is not UTF-8, and the fixture's header in it with one text replaced.
fn in_latin_1(from: &str, to: &str) -> (TempDir, PathBuf) {
    let tree = FixtureTree::new().unwrap();
    tree.replace(&tree.header(), from, to).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let header = dir.path().join(OsStr::from_bytes(b"gr\xfc\xdfe.h"));
    fs::copy(tree.header(), &header).unwrap();
    (dir, header)
}

#[test]
fn a_path_may_be_any_bytes() {
    let (_dir, header) = in_latin_1("int (*queue_status)", "int (*queue_status)");
    let output = ops(&["--json"], &header).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(json["ops"].as_array().unwrap().len(), 34);
    assert_eq!(json["header"], header.display().to_string());

    let (_dir, header) = in_latin_1("int (*queue_status)", "int *(queue_status");
    let text = refusal(&header);
    assert!(
        text.starts_with("Error: cannot read HEADER:\n  HEADER:50:"),
        "{text}"
    );
}

#[test]
fn a_comment_may_be_in_latin_1() {
    let tree = FixtureTree::new().unwrap();
    let mut text = fs::read(tree.header()).unwrap();
    text.splice(0..0, b"/* J\xf6rg */ ".iter().copied());
    fs::write(tree.header(), text).unwrap();
    ops(&[], &tree.header()).assert().success();
}

#[test]
fn where_the_requirement_is_from_is_told() {
    let tree = FixtureTree::new().unwrap();
    let shown = |args: &[&str]| {
        let output = ops(args, &tree.header()).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let table = "\n34 ops (* required by target core, says a table of Linux 6.12 to 7.3):\n";
    assert!(shown(&[]).contains(table));
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

#[test]
fn what_is_left_out_and_what_rust_lacks_is_shown_to_people_and_programs() {
    let tree = FixtureTree::new().unwrap();
    let new = "union { int (*warp)(const u8 (*)[16], ...); };\n#ifdef CONFIG_X\n\tint weft;\n#endif\n\
               \tvoid (*release_cmd)";
    tree.replace(&tree.header(), "void (*release_cmd)", new)
        .unwrap();
    let output = ops(&[], &tree.header()).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        text.contains("\n   int (*warp)(const u8 (*)[16], ...)\n"),
        "{text}"
    );
    assert!(
        text.contains("Warning: line 42: `#ifdef CONFIG_X`"),
        "{text}"
    );
    let output = ops(&["--json"], &tree.header()).output().unwrap();
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    let warp = &json["ops"][11];
    assert_eq!(warp["name"], "warp");
    assert_eq!(warp["args"][0]["type"], "const u8 (*)[16]");
    assert_eq!(
        (&warp["variadic"], &warp["nested"]),
        (&true.into(), &true.into())
    );
    assert!(json["ops"][0].get("variadic").is_none());
    assert!(json["warnings"][0].as_str().unwrap().contains("CONFIG_X"));
}
