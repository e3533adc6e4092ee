// SPDX-License-Identifier: GPL-2.0-only

//! The files for Kbuild, Kconfig and bindgen, made of fragments in `kernel-template/build` and of the
//! data path.

use super::{Destination, Input, renamed};
use crate::module::files::{Files, Owner};

const KBUILD: &str = template!("build/Kbuild");
const KCONFIG_HEAD: &str = template!("build/Kconfig.head");
const KCONFIG_HELP: &str = template!("build/Kconfig.help");
const KCONFIG_MODULE: &str = template!("build/Kconfig.module.help");
const HELPER_HEAD: &str = template!("build/bindings_helper.head.h");
const HELPER_TAIL: &str = template!("build/bindings_helper.tail.h");

/// Rust files that the build of a module generates.
pub(super) const BUILT: [&str; 2] = ["bindings_generated.rs", "bindings_tested.rs"];

/// Adds the files.
pub(super) fn add(files: &mut Files, input: &Input<'_>) {
    let own = Owner::GeneratorUntilEdited;
    files.add("Kbuild", own, kbuild(input));
    files.add("Kconfig", own, kconfig(input));
    for (path, text) in [
        ("bindings.rs", template!("bindings.rs")),
        ("target_helpers.c", template!("target_helpers.c")),
        ("target_helpers.h", template!("target_helpers.h")),
    ] {
        files.add(path, Owner::Generator, renamed(text, input));
    }
    files.add("bindings_helper.h", own, bindings_helper(input));
    for (path, text) in [
        (
            "bindings_for_rustc.awk",
            template!("bindings_for_rustc.awk"),
        ),
        ("kernel_probes.awk", template!("kernel_probes.awk")),
        ("kernel_probes.rs", template!("kernel_probes.rs")),
        ("layout_guard.awk", template!("layout_guard.awk")),
        ("layout_guard.c", template!("layout_guard.c")),
        ("unlisted_ops.awk", template!("unlisted_ops.awk")),
    ] {
        files.add(path, Owner::Generator, text.to_owned());
    }
}

/// The text of `Kbuild`: the object, the common part, then the fragments of the data path.
fn kbuild(input: &Input<'_>) -> String {
    let object = match input.destination {
        Destination::InTree => "obj-$(CONFIG_TCM_NAB5000) += tcm_nab5000.o",
        Destination::OutOfTree => "obj-m += tcm_nab5000.o",
    };
    let mut text = format!("# SPDX-License-Identifier: GPL-2.0-only\n\n{object}\n\n{KBUILD}");
    for part in input.data_path.parts {
        if !part.kbuild.is_empty() {
            text.push('\n');
            text.push_str(part.kbuild);
        }
    }
    renamed(&text, input)
}

/// The text of `bindings_helper.h`.
fn bindings_helper(input: &Input<'_>) -> String {
    let parts = input.data_path.parts.iter();
    let includes: String = parts.map(|part| part.bindings_helper).collect();
    [HELPER_HEAD, &includes, HELPER_TAIL].concat()
}

/// The Kconfig symbols that the module depends on.
pub(super) fn depends_on(input: &Input<'_>) -> Vec<&'static str> {
    let mut symbols = vec!["RUST", "TARGET_CORE", "CONFIGFS_FS"];
    symbols.extend(input.data_path.depends_on);
    symbols
}

/// The text of `Kconfig`.
fn kconfig(input: &Input<'_>) -> String {
    let mut text = KCONFIG_HEAD.to_owned();
    text.push_str(&format!(
        "\tdepends on {}\n",
        depends_on(input).join(" && ")
    ));
    for symbol in input.data_path.selects {
        text.push_str(&format!("\tselect {symbol}\n"));
    }
    let reservations = input.registered.no_reservations_because.map(|reason| {
        format!("Persistent reservations cannot name the ports of this fabric, since\n{reason}.\n")
    });
    let paragraphs = [
        KCONFIG_HELP,
        input.data_path.kconfig_help,
        reservations.as_deref().unwrap_or_default(),
        KCONFIG_MODULE,
    ];
    let paragraphs = paragraphs.iter().filter(|text| !text.is_empty());
    let help: Vec<String> = paragraphs
        .map(|text| text.lines().map(|line| format!("\t  {line}\n")).collect())
        .collect();
    renamed(&format!("{text}\thelp\n{}", help.join("\n")), input)
}
