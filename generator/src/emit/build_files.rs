// SPDX-License-Identifier: GPL-2.0-only

//! The files for Kbuild, Kconfig and bindgen: the fragments in `kernel-template/build` and those of
//! the data path, one after the other.

use super::{Input, Place};
use crate::names::Names;
use crate::output::files::{Files, Owner};

const KBUILD: &str = include_str!("../../../kernel-template/build/Kbuild");
const BINDINGS: &str = include_str!("../../../kernel-template/bindings.rs");
const LAYOUT_GUARD: &str = include_str!("../../../kernel-template/layout_guard.c");
const LAYOUT_SCRIPT: &str = include_str!("../../../kernel-template/layout_guard.awk");
const HELPER_HEAD: &str = include_str!("../../../kernel-template/build/bindings_helper.head.h");
const HELPER_TAIL: &str = include_str!("../../../kernel-template/build/bindings_helper.tail.h");

/// The Rust file that Kbuild generates in the build.
pub(super) const BUILT: [&str; 2] = ["bindings_generated.rs", "bindings_tested.rs"];

/// Adds the files.
pub(super) fn add(files: &mut Files, input: &Input<'_>) {
    let own = Owner::GeneratorUntilEdited;
    files.add("Kbuild", own, kbuild(input));
    files.add("Kconfig", own, kconfig(input));
    files.add(
        "bindings.rs",
        Owner::Generator,
        renamed(BINDINGS, input.names),
    );
    files.add("bindings_helper.h", own, bindings_helper(input));
    for (path, text) in [
        ("layout_guard.awk", LAYOUT_SCRIPT),
        ("layout_guard.c", LAYOUT_GUARD),
    ] {
        files.add(path, Owner::Generator, text.to_owned());
    }
}

/// Replaces the template's names in a text by those of a module.
pub(super) fn renamed(template: &str, names: &Names) -> String {
    template
        .replace("tcm_template", names.module())
        .replace("TCM_TEMPLATE", &names.kconfig())
}

/// The text of `Kbuild`: the object, what every module has, then each part's own.
fn kbuild(input: &Input<'_>) -> String {
    let when = match input.place {
        Place::InTree => "$(CONFIG_TCM_TEMPLATE)",
        Place::OutOfTree => "m",
    };
    let mut text = format!(
        "# SPDX-License-Identifier: GPL-2.0-only\n\nobj-{when} += tcm_template.o\n\n{KBUILD}"
    );
    for part in (input.data_path.parts)(&input.features) {
        if !part.kbuild.is_empty() {
            text.push('\n');
            text.push_str(part.kbuild);
        }
    }
    renamed(&text, input.names)
}

/// The text of `bindings_helper.h`.
fn bindings_helper(input: &Input<'_>) -> String {
    let parts = (input.data_path.parts)(&input.features);
    let includes: String = parts.iter().map(|part| part.bindings_helper).collect();
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
    let names = input.names;
    let (symbol, module, fabric) = (names.kconfig(), names.module(), names.fabric());
    let title = input.protocol.title;
    let selects: String = input
        .data_path
        .selects
        .iter()
        .map(|symbol| format!("\tselect {symbol}\n"))
        .collect();
    let reservations = input.registered.no_reservations_because.map(|reason| {
        format!("Persistent reservations cannot name the ports of this fabric, since\n{reason}.\n")
    });
    let paragraphs = [
        format!(
            "Say Y or M here to enable the {fabric} target fabric for\n{title}, written in Rust. It \
             answers configfs below\n/sys/kernel/config/target/{fabric}.\n"
        ),
        input.data_path.kconfig_help.to_owned(),
        reservations.unwrap_or_default(),
        format!("To compile it as a module, choose M here: the module will be\ncalled {module}.\n"),
    ];
    let help: Vec<_> = paragraphs
        .iter()
        .filter(|text| !text.is_empty())
        .map(|text| {
            text.lines()
                .map(|line| format!("\t  {line}\n"))
                .collect::<String>()
        })
        .collect();
    format!(
        "# SPDX-License-Identifier: GPL-2.0-only\n\n\
         config {symbol}\n\
         \ttristate \"{symbol} fabric module\"\n\
         \tdepends on {}\n\
         {selects}\
         \thelp\n{}",
        depends_on(input).join(" && "),
        help.join("\n")
    )
}
