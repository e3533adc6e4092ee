// SPDX-License-Identifier: GPL-2.0-only

//! The module's page in the kernel's `Documentation/target`: its configfs tree, attributes and limits, as
//! reStructuredText. Sphinx must build it without warnings.

use super::rust::wrap;
use super::selftest::collection;
use super::{Input, driver, renamed};
use crate::plan::{Slot, SlotContent};

/// The section on the attribute that every driver has.
const VERSION: &str = "\
``nab5000``
-----------------------------------

``version``
    The version of the module. Read only.
";

/// Maximum length of a line.
const WIDTH: usize = 80;

/// The text of the page.
pub(super) fn text(input: &Input<'_>) -> String {
    let (module, title) = (input.names.module(), input.protocol.title);
    let heading = format!("``{module}``: a target fabric for {title}");
    let line = "=".repeat(heading.len());
    [
        format!(".. SPDX-License-Identifier: GPL-2.0-only\n\n{line}\n{heading}\n{line}\n"),
        introduction(input),
        section("Names of ports", &port_names(input)),
        section("Tree", &tree(input)),
        section("Attributes", &attributes(input)),
        section("Limits", &limits(input)),
        section("Tests", &tests(input)),
    ]
    .join("\n")
}

/// A section with its heading.
fn section(heading: &str, text: &str) -> String {
    format!("{heading}\n{}\n\n{text}", "=".repeat(heading.len()))
}

fn paragraph(text: &str) -> String {
    indented(text, "")
}

/// Formats a paragraph with `indent` before each line.
fn indented(text: &str, indent: &str) -> String {
    let lines = wrap(text, WIDTH - indent.len());
    lines
        .iter()
        .map(|line| format!("{indent}{line}\n"))
        .collect()
}

/// Formats an item of a list.
fn item(text: &str) -> String {
    let text = indented(text, "  ");
    format!("- {}", text.trim_start())
}

fn introduction(input: &Input<'_>) -> String {
    let (module, symbol) = (input.names.module(), input.names.kconfig());
    let about = input.data_path.kconfig_help.replace('\n', " ");
    paragraph(&format!(
        "``{module}`` (``CONFIG_{symbol}``) is a fabric module of the kernel's SCSI target, written \
         in Rust. {about}"
    ))
}

fn port_names(input: &Input<'_>) -> String {
    let (form, example) = (input.protocol.name_form, input.protocol.example);
    paragraph(&format!(
        "The name of a target port and that of a node ACL is {form}, as in ``{example}``. Another \
         name is refused with ``EINVAL``, another spelling of a valid one too; the kernel's log says \
         what the name should be."
    ))
}

/// The configfs tree: each directory and file that an administrator uses, with its purpose.
fn tree(input: &Input<'_>) -> String {
    let fabric = input.names.fabric();
    let link = format!("{fabric}_port");
    let has = |op: &str| driver::has_method(input, op);
    let rows = [
        (true, 1, "discovery_auth/", "attributes of discovery"),
        (true, 1, "version", "the version of the module"),
        (true, 1, "$WWN/", "a target port"),
        (true, 2, "tpgt_$TAG/", "a portal group, 0 to 65535"),
        (true, 3, "acls/$INITIATOR/", "a node ACL: who may log in"),
        (true, 4, "lun_$N/", "a mapped LUN: link it to one in lun/"),
        (true, 3, "attrib/, auth/, param/", "attributes"),
        (
            has("fabric_enable_tpg"),
            3,
            "enable",
            "1: initiators may log in",
        ),
        (true, 3, "lun/lun_$N/", "a LUN"),
        (true, 4, &link, "a link to a backstore, of any name"),
        (has("fabric_make_np"), 3, "np/$PORTAL/", "a network portal"),
        (true, 3, "rtpi", "the relative target port identifier"),
    ];
    let lines = rows.iter().filter(|(is_there, ..)| *is_there);
    let lines = lines.map(|(_, depth, name, about)| {
        let name = format!("{:indent$}{name}", "", indent = 2 * depth);
        format!("    {name:<32} {about}\n")
    });
    let text = paragraph(
        "Below ``/sys/kernel/config/target``, where directories are made with mkdir and removed with \
         rmdir::",
    );
    format!("{text}\n    {fabric}/\n{}", lines.collect::<String>())
}

/// The driver's attributes.
fn attributes(input: &Input<'_>) -> String {
    let besides = paragraph("Besides those that target core has for every fabric:");
    let fragments = [VERSION, input.data_path.attributes];
    let sections = fragments.iter().filter(|fragment| !fragment.is_empty());
    let sections = sections.map(|fragment| format!("\n{}", renamed(fragment, input)));
    besides + &sections.collect::<String>()
}

fn limits(input: &Input<'_>) -> String {
    let mut limits: Vec<_> = input
        .data_path
        .limits
        .iter()
        .map(ToString::to_string)
        .collect();
    if let Some(reason) = input.registered.no_reservations_because {
        limits.push(format!(
            "Persistent reservations cannot name the ports of this fabric, since {reason}: READ FULL \
             STATUS lists none, and SPEC_I_PT and REGISTER AND MOVE are refused."
        ));
    }
    let slots = input.plan.slots.iter();
    let unknown: Vec<_> = slots
        .filter(|slot| matches!(slot.content, SlotContent::Null))
        .map(|slot: &Slot<'_>| format!("``{}``", slot.op.name))
        .collect();
    if !unknown.is_empty() {
        limits.push(format!(
            "Ops that are not implemented: {}.",
            unknown.join(", ")
        ));
    }
    limits.push(
        "Target core shows every error of making a target port or a portal group as ``EINVAL``; the \
         reason is in the kernel's log."
            .to_owned(),
    );
    limits.iter().map(|limit| item(limit)).collect()
}

fn tests(input: &Input<'_>) -> String {
    let kunit = paragraph(&format!(
        "With ``CONFIG_KUNIT`` the suite ``{}`` tries names and TransportIDs when the module is \
         loaded.",
        input.names.module()
    ));
    format!(
        "As root, with the module installed::\n\n    make -C tools/testing/selftests TARGETS={} \
         run_tests\n\n{kunit}",
        collection(input.names)
    )
}
