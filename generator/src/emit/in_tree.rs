// SPDX-License-Identifier: GPL-2.0-only

//! The files that a module in the kernel's own tree has elsewhere in the tree: its page in
//! `Documentation` and its kselftest. And the lines that its author adds to the tree's lists by hand.

use super::{Input, page, selftest};
use crate::names::Names;
use crate::output::files::{Files, Owner, TREE};

const KSELFTEST: &str = include_str!("../../../kernel-template/kselftest/Makefile");

/// Adds the files.
pub(super) fn add(files: &mut Files, input: &Input<'_>) {
    let dir = format!("tools/testing/selftests/{}", collection(input.names));
    for (path, text) in [
        (page_path(input.names), page::text(input)),
        (format!("{dir}/Makefile"), KSELFTEST.to_owned()),
        (format!("{dir}/config"), selftest::config(input)),
        (format!("{dir}/{}", selftest::FILE), selftest::text(input)),
    ] {
        let path = format!("{TREE}{path}");
        files.add(&path, Owner::GeneratorUntilEdited, text);
    }
}

/// The path of the page in the kernel's tree.
fn page_path(names: &Names) -> String {
    format!("Documentation/target/{}.rst", names.module())
}

/// The kselftest's directory, as `TARGETS` lists it.
pub(super) fn collection(names: &Names) -> String {
    format!("drivers/target/{}", names.module())
}

/// The lines that a patch with the module adds to the tree's lists, for people.
#[must_use]
pub fn by_hand(names: &Names) -> String {
    let (module, symbol) = (names.module(), names.kconfig());
    let (page, collection) = (page_path(names), collection(names));
    format!(
        "For a patch, add by hand:\n  \
         Documentation/target/index.rst\n\t{module}\n  \
         tools/testing/selftests/Makefile\n\tTARGETS += {collection}\n  \
         MAINTAINERS\n\
         \t{symbol} TARGET FABRIC DRIVER\n\
         \tM:\tYOUR NAME <YOU@EXAMPLE.ORG>\n\
         \tL:\tlinux-scsi@vger.kernel.org\n\
         \tL:\ttarget-devel@vger.kernel.org\n\
         \tS:\tMaintained\n\
         \tF:\t{page}\n\
         \tF:\tdrivers/target/{module}/\n\
         \tF:\ttools/testing/selftests/{collection}/\n"
    )
}
