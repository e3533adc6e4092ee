// SPDX-License-Identifier: GPL-2.0-only

//! Files of an in-tree module outside its directory: its page in `Documentation` and its kselftest. Also
//! the lines that its author adds to the tree's lists by hand.

use super::selftest::collection;
use super::{Input, page, selftest};
use crate::module::files::{Files, Owner, TREE};
use crate::names::Names;

const KSELFTEST: &str = template!("kselftest/Makefile");

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

/// Formats the lines that a patch with the module adds to the tree's lists.
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
