// SPDX-License-Identifier: GPL-2.0-only

//! Headers: a bare file, the former file name, other files, the headers of kernels.

use std::fs;
use std::path::Path;

use tcm_bindings::{Header, RequiredFrom};
use tcm_mod_builder::plan;
use xtask::fixture::{FixtureTree, OPS};
use xtask::kernel::source;
use xtask::suite::is_skipped;

use super::read;

#[test]
fn bare_header_and_former_name_are_read() {
    let tree = FixtureTree::new().unwrap();
    assert_eq!(
        tcm_bindings::read(&Header::file(&tree.header()))
            .unwrap()
            .ops
            .len(),
        OPS
    );
    fs::rename(
        tree.header(),
        tree.header().with_file_name("target_core_fabric_ops.h"),
    )
    .unwrap();
    assert_eq!(read(&tree).unwrap().ops.len(), OPS);
}

#[test]
fn file_without_the_struct_is_an_error() {
    let dir = tempfile::tempdir().unwrap();
    let error = Header::in_tree(dir.path()).unwrap_err().to_string();
    assert!(
        error.contains(&dir.path().display().to_string()) && error.contains("-k DIR"),
        "{error}"
    );
    let empty = dir.path().join("empty.h");
    fs::write(&empty, "struct target_core_fabric_ops;\n").unwrap();
    let error = tcm_bindings::read(&Header::file(&empty))
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("does not define struct target_core_fabric_ops"),
        "{error}"
    );
    let error = tcm_bindings::read(&Header::file(Path::new("/no/such.h")))
        .unwrap_err()
        .to_string();
    assert!(error.contains("/no/such.h"), "{error}");
}

/// Names between `(*` and `)` in the text of the struct: ops found without bindgen.
fn function_pointers(header: &str) -> Vec<String> {
    let start = header.find("struct target_core_fabric_ops {").unwrap();
    let body = &header[start..];
    let body = &body[..body.find("\n};").unwrap()];
    let pointers = body.split("(*").skip(1);
    pointers
        .map(|rest| rest.split(')').next().unwrap().to_owned())
        .collect()
}

#[test]
#[ignore = "needs kernel sources; `cargo xtask test` fetches them"]
fn headers_of_kernels_are_read() {
    for (version, fields) in [("6.12", 8), ("7.2", 10), ("7.3", 10)] {
        if is_skipped(version) {
            continue;
        }
        let header = Header::in_tree(&source(version).unwrap()).unwrap();
        let model = tcm_bindings::read(&header).unwrap();
        let names: Vec<_> = model.ops.iter().map(|op| op.name.clone()).collect();
        let expected = function_pointers(&fs::read_to_string(header.path()).unwrap());
        assert_eq!(names, expected, "{version}");
        assert_eq!(names.len(), 34, "{version}");
        assert_eq!(model.attribute_groups.len(), 11, "{version}");
        assert_eq!(model.fields.len(), fields, "{version}");
        assert!(model.warnings.is_empty(), "{version}: {:?}", model.warnings);
        assert!(
            matches!(model.required_from, RequiredFrom::Source(_)),
            "{version}"
        );
        // The table that replaces the source agrees.
        let bare = tempfile::NamedTempFile::new().unwrap();
        fs::copy(header.path(), bare.path()).unwrap();
        let by_table = tcm_bindings::read(&Header::file(bare.path())).unwrap();
        assert_eq!(by_table.required_from, RequiredFrom::Table);
        assert_eq!(by_table.ops, model.ops, "{version}");
        assert!(
            model.missing.is_empty() && by_table.missing.is_empty(),
            "{version}"
        );
        assert!(plan::plan(&model).unwrap().warnings.is_empty(), "{version}");
        // The fixture has the same signatures, so tests with it hold for kernels.
        let fixture = read(&FixtureTree::new().unwrap()).unwrap();
        for op in &model.ops {
            assert_eq!(
                fixture.op(&op.name).unwrap().c_declaration(),
                op.c_declaration()
            );
        }
    }
}
