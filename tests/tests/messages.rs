// SPDX-License-Identifier: GPL-2.0-only

//! The messages for wrong input, in one list to read: `tests/golden/messages.txt`. Each names the value,
//! the reason, and the command or change that helps.

use std::fs;

use assert_cmd::Command;
use xtask::fixture::FixtureTree;
use xtask::golden::compare;
use xtask::module::{Profile, builder};
use xtask::shell::checkout;

/// A wrong input: the change of the tree with its name, and the arguments. `$TREE` is the tree's root.
type Case = (&'static str, fn(&FixtureTree), &'static str);

/// A case with the name of the change.
macro_rules! case {
    ($change:ident, $args:expr) => {
        (stringify!($change), $change, $args)
    };
}

const CASES: &[(&str, &[Case])] = &[
    (
        "Names and options",
        &[
            case!(nothing, "-p SCSI -m tcm_x -k $TREE"),
            case!(nothing, "-p Ethernet -m tcm_x -k $TREE"),
            case!(nothing, "-p FC -m 9tcm -k $TREE"),
            case!(nothing, "-p FC -m loop -k $TREE"),
            case!(nothing, "-p FC -m int -k $TREE"),
            case!(nothing, "-p iSCSI -m tcm_iscsi -k $TREE"),
            case!(nothing, "-p FC -m target -k $TREE"),
            case!(
                nothing,
                "-p FC -m a23456789_123456789_123456789_123456789_123456789_123456 --fabric-name x -k $TREE"
            ),
            case!(nothing, "-p FC -m tcm_x --fabric-name a/b -k $TREE"),
            case!(
                nothing,
                "-p FC -m tcm_x --fabric-name a23456789_123456789_123456789_123 -k $TREE"
            ),
            case!(nothing, "-p FC -m tcm_core -k $TREE"),
            case!(nothing, "-p FC -m tcm_x --register-as SAS -k $TREE"),
            case!(nothing, "-p UAS -m tcm_x --register-as FC -k $TREE"),
            case!(nothing, "-p SAS -m tcm_x --data-path iscsi -k $TREE"),
            case!(old_sockets, "-p iSCSI -m tcm_x --data-path iscsi -k $TREE"),
        ],
    ),
    (
        "Kernels",
        &[
            case!(nothing, "-p FC -m tcm_x -k /nonexistent"),
            case!(nothing, "-p FC -m tcm_x -k $TREE/Documentation"),
            case!(old_kernel, "-p FC -m tcm_x -k $TREE"),
            case!(without_rust, "-p FC -m tcm_x -k $TREE"),
            case!(without_header, "-p FC -m tcm_x --install -k $TREE"),
            case!(without_header, "ops -k $TREE"),
            case!(without_makefile, "-p FC -m tcm_x --install -k $TREE"),
            case!(without_menu, "-p FC -m tcm_x --install -k $TREE"),
            case!(name_in_use, "-p FC -m tcm_x --install -k $TREE"),
        ],
    ),
    (
        "Headers",
        &[
            case!(nothing, "ops --header $TREE/none.h"),
            case!(nothing, "ops --header $TREE"),
            case!(nothing, "ops --header /dev/null"),
            case!(binary_header, HEADER),
            case!(large_header, HEADER),
            case!(without_struct, HEADER),
            case!(hidden_struct, HEADER),
            case!(syntax_error, HEADER),
            case!(foreign_name, HEADER),
            case!(unknown_required_op, "-p FC -m tcm_x --install -k $TREE"),
            case!(missing_required_op, "-p FC -m tcm_x --install -k $TREE"),
            case!(other_signature, "-p FC -m tcm_x --install -k $TREE"),
        ],
    ),
    (
        "Files",
        &[
            case!(foreign_directory, "-p FC -m tcm_x -o $TREE/x -k $TREE"),
            case!(
                foreign_directory,
                "-p FC -m tcm_x -o $TREE/x -k $TREE --force"
            ),
            case!(empty_manifest, "-p FC -m tcm_x -o $TREE/x -k $TREE --force"),
            case!(edited_module, "-p FC -m tcm_x -o $TREE/x -k $TREE --force"),
            case!(foreign_page, "-p FC -m tcm_x --install -k $TREE"),
            case!(nothing, "-p FC -m tcm_x -o $TREE/Kconfig -k $TREE"),
            case!(nothing, "-p FC -m tcm_x -o $TREE/Kconfig/x -k $TREE"),
            case!(nothing, "man $TREE/Kconfig/x"),
        ],
    ),
    (
        "sync",
        &[
            case!(nothing, SYNC),
            case!(foreign_directory, SYNC),
            case!(empty_manifest, SYNC),
            case!(old_format, SYNC),
            case!(unknown_data_path, SYNC),
            case!(edited_layer, SYNC),
            case!(new_header, "sync $TREE/x -k $TREE --check"),
        ],
    ),
    (
        "prepare",
        &[
            case!(nothing, "prepare -k $TREE"),
            case!(configured, "prepare -k $TREE"),
        ],
    ),
];

const HEADER: &str = "ops --header $TREE/include/target/target_core_fabric.h";
const SYNC: &str = "sync $TREE/x -k $TREE";

fn nothing(_: &FixtureTree) {}

fn write(tree: &FixtureTree, path: &str, text: impl AsRef<[u8]>) {
    let path = tree.path().join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn old_sockets(tree: &FixtureTree) {
    write(tree, "include/linux/net.h", "");
}

fn old_kernel(tree: &FixtureTree) {
    let text = "VERSION = 6\nPATCHLEVEL = 1\nSUBLEVEL = 9\n";
    write(tree, "Makefile", text);
}

fn without_rust(tree: &FixtureTree) {
    fs::remove_dir_all(tree.path().join("rust")).unwrap();
}

fn without_header(tree: &FixtureTree) {
    fs::remove_file(tree.header()).unwrap();
}

fn without_makefile(tree: &FixtureTree) {
    fs::remove_file(tree.target().join("Makefile")).unwrap();
}

fn without_menu(tree: &FixtureTree) {
    write(tree, "drivers/target/Kconfig", "config A\n\tbool\n");
}

fn name_in_use(tree: &FixtureTree) {
    let text = "if TARGET_CORE\nconfig TCM_X\n\ttristate\nendif\n";
    write(tree, "drivers/target/Kconfig", text);
    write(tree, "drivers/target/Makefile", "obj-m += tcm_x.o\n");
}

fn header(tree: &FixtureTree, text: impl AsRef<[u8]>) {
    fs::write(tree.header(), text).unwrap();
}

fn binary_header(tree: &FixtureTree) {
    header(tree, b"\x7fELF\0\x01");
}

fn large_header(tree: &FixtureTree) {
    header(tree, b"x;\n".repeat(1 << 19));
}

fn without_struct(tree: &FixtureTree) {
    header(tree, "int x;\n");
}

fn hidden_struct(tree: &FixtureTree) {
    let text = "#ifdef CONFIG_X\nstruct target_core_fabric_ops {\n};\n#endif\n";
    header(tree, text);
}

fn syntax_error(tree: &FixtureTree) {
    header(tree, "int is this;\n");
}

fn foreign_name(tree: &FixtureTree) {
    header(tree, "struct target_core_fabric_ops {\n\tint é;\n};\n");
}

/// Replaces the declaration of an op in the header.
fn redeclare(tree: &FixtureTree, new: &str) {
    let old = "\tint (*queue_status)(struct se_cmd *);";
    tree.replace(&tree.header(), old, new).unwrap();
}

/// Makes target core require an op.
fn require(tree: &FixtureTree, op: &str) {
    let text = format!(
        "static int target_fabric_tf_ops_check(const struct target_core_fabric_ops *tfo)\n{{\n\
         \tif (!tfo->{op}) {{\n\t\treturn -EINVAL;\n\t}}\n\treturn 0;\n}}\n"
    );
    write(tree, "drivers/target/target_core_configfs.c", text);
}

fn unknown_required_op(tree: &FixtureTree) {
    redeclare(tree, "\tint (*queue_warp)(struct se_cmd *);");
    require(tree, "queue_warp");
}

fn missing_required_op(tree: &FixtureTree) {
    require(tree, "queue_warp");
}

fn other_signature(tree: &FixtureTree) {
    redeclare(tree, "\tint (*queue_status)(struct se_cmd *, u8);");
}

fn foreign_directory(tree: &FixtureTree) {
    write(tree, "x/mine.c", "");
}

/// Generates a module in `$TREE/x`.
fn module(tree: &FixtureTree) {
    run(tree, "-p FC -m tcm_x -o $TREE/x -k $TREE").0.unwrap();
}

fn edited_module(tree: &FixtureTree) {
    module(tree);
    write(tree, "x/tcm_x.rs", "Mine.\n");
}

fn foreign_page(tree: &FixtureTree) {
    write(tree, "Documentation/target/tcm_x.rst", "Mine.\n");
}

fn manifest(tree: &FixtureTree, from: &str, to: &str) {
    module(tree);
    let manifest = tree.path().join("x/.tcm-mod-builder.json");
    tree.replace(&manifest, from, to).unwrap();
}

fn empty_manifest(tree: &FixtureTree) {
    write(tree, "x/.tcm-mod-builder.json", "");
}

fn old_format(tree: &FixtureTree) {
    manifest(tree, "\"format\": 2", "\"format\": 1");
}

fn unknown_data_path(tree: &FixtureTree) {
    manifest(tree, "\"nop\"", "\"warp\"");
}

fn edited_layer(tree: &FixtureTree) {
    module(tree);
    let probes = tree.path().join("x/kernel_probes.awk");
    let text = fs::read_to_string(&probes).unwrap();
    fs::write(&probes, format!("{text}# Mine.\n")).unwrap();
}

fn new_header(tree: &FixtureTree) {
    module(tree);
    redeclare(
        tree,
        "\tint (*queue_status)(struct se_cmd *);\n\tint (*queue_warp)(struct se_cmd *);",
    );
}

fn configured(tree: &FixtureTree) {
    write(tree, ".config", "CONFIG_MODULES=y\n");
}

/// Runs the command; returns its exit status, unless it is 0, and its standard error.
fn run(tree: &FixtureTree, args: &str) -> (Result<(), i32>, String) {
    let root = tree.path().display().to_string();
    let mut command = Command::new(builder(Profile::Dev).unwrap());
    command.env_remove("KDIR").current_dir("/");
    let args = args.split(' ').map(|arg| arg.replace("$TREE", &root));
    let output = command.args(args).output().unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    let status = match output.status.code() {
        Some(0) => Ok(()),
        code => Err(code.unwrap_or(-1)),
    };
    let text = text.replace(env!("CARGO_PKG_VERSION"), "$VERSION");
    (status, text.replace(&root, "$TREE"))
}

#[test]
fn messages_for_wrong_input_are_as_blessed() {
    let mut list =
        "Messages of tcm-mod-builder for wrong input; TCM_BLESS=1 writes this file.\n".to_owned();
    for (heading, cases) in CASES {
        list.push_str(&format!("\n# {heading}\n"));
        for (name, change, args) in *cases {
            let tree = FixtureTree::new().unwrap();
            change(&tree);
            let (status, message) = run(&tree, args);
            assert_eq!(status, Err(1), "{args}: {message}");
            assert!(message.contains("Error: cannot "), "{args}: {message}");
            // A difference shows the text of a template, which may change.
            let lines = message.lines().take_while(|line| !line.starts_with("--- "));
            let message: String = lines.map(|line| format!("{line}\n")).collect();
            let name = match *name {
                "nothing" => String::new(),
                name => format!("  # {}", name.replace('_', " ")),
            };
            list.push_str(&format!("\n$ tcm-mod-builder {args}{name}\n{message}"));
        }
    }
    compare(&list, &checkout().join("tests/golden/messages.txt"));
}
