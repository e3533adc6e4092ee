// SPDX-License-Identifier: GPL-2.0-only

//! The methods of the class that translate names, in Python, and refuse what is no name.
//!
//! They hold to the rules of `transport_id.rs` in the module, and the tests hold the two together.

use crate::protocol::{ISCSI_NAME_MAX, NameForm, Protocol};

/// The methods that translate names: rtslib's form is the kernel's, but for the digits of a name, which
/// it writes after their type.
pub(super) fn methods(protocol: &Protocol) -> String {
    let prefix = protocol
        .rtslib_types
        .first()
        .map_or_else(String::new, |name| format!("{name}."));
    let example = protocol.example;
    match protocol.name_form {
        NameForm::Digits {
            prefix: kernels, ..
        } if kernels == prefix => to_fabric(protocol, &digits(example), &protocol.names(), "wwn"),
        NameForm::Digits {
            prefix: kernels,
            count,
        } => {
            let example = prefix.clone() + example.trim_start_matches(kernels);
            let to_kernel = quoted_before(kernels) + &format!("wwn[{}:]", prefix.len());
            let skip = match kernels.len() {
                0 => String::new(),
                length => format!("[{length}:]"),
            };
            to_fabric(
                protocol,
                &digits(&example),
                &want(&prefix, count, &example),
                &to_kernel,
            ) + &from_fabric(&prefix, &format!("wwn{skip}"))
        }
        NameForm::Bytes(count) => {
            let example = prefix.clone() + &example.replace(':', "");
            let to_kernel = format!("colonize(wwn[{}:])", prefix.len());
            let want = want(&prefix, 2 * count, &example);
            to_fabric(protocol, &digits(&example), &want, &to_kernel)
                + &from_fabric(&prefix, "wwn.replace(\":\", \"\")")
        }
        NameForm::Iscsi => to_fabric(protocol, &iscsi(), &protocol.names(), "wwn"),
        NameForm::ScsiAddress => to_fabric(protocol, SCSI_ADDRESS, &protocol.names(), "wwn"),
        NameForm::Pci { has_domain } => {
            to_fabric(protocol, &pci(has_domain), &protocol.names(), "wwn")
        }
    }
}

/// A string to be put before something; nothing if it is empty.
fn quoted_before(text: &str) -> String {
    if text.is_empty() {
        String::new()
    } else {
        format!("\"{text}\" + ")
    }
}

/// The accepted names of digits, as rtslib writes them, for people.
fn want(prefix: &str, count: usize, example: &str) -> String {
    format!("{prefix} and {count} hexadecimal digits, as in {example}")
}

/// The method that makes the kernel's form of rtslib's: `check` says whether it `is_name`.
fn to_fabric(protocol: &Protocol, check: &str, want: &str, to_kernel: &str) -> String {
    let title = protocol.title;
    format!(
        r#"    def to_fabric_wwn(self, wwn):
{check}        if not is_name:
            raise RTSLibError(
                f"{{wwn}} is no port name of {title}: want "
                "{want}")
        return {to_kernel}
"#
    )
}

/// The method that does the opposite.
fn from_fabric(prefix: &str, digits: &str) -> String {
    format!(
        r#"
    def from_fabric_wwn(self, wwn):
        return "{prefix}" + {digits}
"#
    )
}

/// What says whether `wwn` is a name like the example: a prefix and hexadecimal digits.
fn digits(example: &str) -> String {
    let prefix = example.split_inclusive('.').next().unwrap_or_default();
    let length = prefix.len();
    format!(
        r#"        is_name = (
            wwn.startswith("{prefix}")
            and len(wwn) == len("{example}")
            and not set(wwn[{length}:]) - set("0123456789abcdef")
        )
"#
    )
}

/// The same of an iSCSI name, by the rules of `transport_id.rs`.
fn iscsi() -> String {
    let end = ISCSI_NAME_MAX + 1;
    format!(
        r#"        kind, name = wwn[:4], wwn[4:]
        is_hex = not set(name) - set("0123456789abcdef")
        is_iqn = not set(name) - set("abcdefghijklmnopqrstuvwxyz0123456789-.:")
        is_name = (
            (kind == "iqn." and is_iqn and len(wwn) in range(5, {end}))
            or (kind in ("eui.", "naa.") and is_hex and len(name) == len("0123456789abcdef"))
            or (kind == "naa." and is_hex and len(name) == len("0123456789abcdef" * 2))
        )
"#
    )
}

/// The same of a SCSI address and a relative target port identifier.
const SCSI_ADDRESS: &str = r#"        try:
            _, *numbers = wwn.split(".")
            address, port = map(int, numbers)
            is_name = (
                wwn == f"spi.{address}.{port}"
                and address in range(0x10000)
                and port in range(0x10000)
            )
        except ValueError:
            is_name = False
"#;

/// The same of an address on PCI.
fn pci(has_domain: bool) -> String {
    let (domain, format) = if has_domain {
        ("0x10000, ", "%04x:%02x:%02x.%x")
    } else {
        ("", "%02x:%02x.%x")
    };
    format!(
        r#"        digits = set("0123456789abcdef")
        parts = wwn.replace(".", ":").split(":")
        numbers = [int(part, 16) for part in parts if part and not set(part) - digits]
        ends = [{domain}0x100, 0x20, 8]
        is_name = (
            len(numbers) == len(ends)
            and wwn == "{format}" % tuple(numbers)
            and all(map(int.__lt__, numbers, ends))
        )
"#
    )
}
