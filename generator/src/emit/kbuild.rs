// SPDX-License-Identifier: GPL-2.0-only

//! What Kbuild and Kconfig read, and the file that Kbuild names for the compiler.

use super::{DataPath, Input, Place};
use crate::names::Names;

const KBUILD: &str = include_str!("../../../kernel-template/Kbuild");
const BINDINGS: &str = include_str!("../../../kernel-template/bindings.rs");
const BINDINGS_HELPER: &str = include_str!("../../../kernel-template/bindings_helper.h");

/// What only the paragraphs of `Kbuild` and the lines of `bindings_helper.h` have that are for a
/// module with a SCSI host: its C object.
const C_OBJECT: &str = "scsi_helpers";

/// What takes the place of the template's last paragraph in a module of Rust alone.
const RUST_OBJECT: &str = "$(obj)/tcm_template.o: $(obj)/bindings_generated.rs\n";

/// Gives a text of the template the names of a module.
pub(super) fn renamed(template: &str, names: &Names) -> String {
    template
        .replace("tcm_template", names.module())
        .replace("TCM_TEMPLATE", &names.kconfig())
}

/// The text of `Kbuild`.
pub(super) fn kbuild(input: &Input<'_>) -> String {
    let text = match input.data_path {
        DataPath::Nop => {
            let paragraphs = KBUILD.split("\n\n");
            let kept: Vec<_> = paragraphs
                .filter(|text| !text.contains(C_OBJECT))
                .chain([RUST_OBJECT])
                .collect();
            kept.join("\n\n")
        }
        DataPath::Loopback(_) => KBUILD.to_owned(),
    };
    let text = match input.place {
        Place::InTree => text.replace("obj-m ", "obj-$(CONFIG_TCM_TEMPLATE) "),
        Place::OutOfTree => text,
    };
    renamed(&text, input.names)
}

/// The text of `bindings_helper.h`.
pub(super) fn bindings_helper(input: &Input<'_>) -> String {
    let is_wanted = |line: &&str| match input.data_path {
        DataPath::Nop => !line.contains(C_OBJECT),
        DataPath::Loopback(_) => true,
    };
    let lines = BINDINGS_HELPER.split_inclusive('\n');
    lines.filter(is_wanted).collect()
}

/// The text of `bindings.rs`.
pub(super) fn bindings(names: &Names) -> String {
    renamed(BINDINGS, names)
}

/// The text of the `Makefile` beside an out-of-tree `Kbuild`.
pub(super) fn makefile() -> String {
    "# SPDX-License-Identifier: GPL-2.0-only\n\n\
     # Builds the module for the running kernel, or for the one in KDIR.\n\
     KDIR ?= /lib/modules/$(shell uname -r)/build\n\n\
     default:\n\
     \t$(MAKE) -C $(KDIR) M=$(CURDIR) LLVM=1 modules\n\n\
     modules_install clean:\n\
     \t$(MAKE) -C $(KDIR) M=$(CURDIR) LLVM=1 $@\n\n\
     .PHONY: default modules_install clean\n"
        .to_owned()
}

/// The text of `Kconfig`.
pub(super) fn kconfig(input: &Input<'_>) -> String {
    let names = input.names;
    let (symbol, module, fabric) = (names.kconfig(), names.module(), names.fabric());
    let title = input.protocol.title;
    let (depends, data_path) = match input.data_path {
        DataPath::Nop => ("", ""),
        DataPath::Loopback(_) => (
            " && SCSI",
            "\n\t  Commands come from a SCSI host of this machine: each LUN is a\n\
             \t  disk of its own here.\n",
        ),
    };
    let reservations = input.registered.no_reservations_because.map(|reason| {
        format!(
            "\t  Persistent reservations cannot name the ports of this fabric, since\n\
             \t  {reason}.\n\n"
        )
    });
    let reservations = reservations.unwrap_or_default();
    format!(
        "# SPDX-License-Identifier: GPL-2.0-only\n\n\
         config {symbol}\n\
         \ttristate \"{symbol} fabric module\"\n\
         \tdepends on RUST && TARGET_CORE && CONFIGFS_FS{depends}\n\
         \thelp\n\
         \t  Say Y or M here to enable the {fabric} target fabric for\n\
         \t  {title}, written in Rust. It answers configfs below\n\
         \t  /sys/kernel/config/target/{fabric}.\n\
         {data_path}\n\
         {reservations}\
         \t  To compile it as a module, choose M here: the module will be\n\
         \t  called {module}.\n"
    )
}
