// SPDX-License-Identifier: GPL-2.0-only

//! The Python methods of the class that check names and translate them between rtslib's form and the
//! kernel's.
//!
//! The forms differ only where a name is hexadecimal digits: rtslib writes them after their type, as in
//! `naa.`. The check is the pattern of the [`NameForm`], so that a user sees the reason; the kernel
//! returns only `EINVAL`.

use crate::protocol::{NameForm, Protocol};

/// The methods of a protocol's class.
pub(super) fn methods(protocol: &Protocol) -> String {
    let form = rtslib_form(protocol);
    let NameForm::Digits { prefix, .. } = form else {
        return to_fabric(protocol, form, protocol.example, "wwn");
    };
    let digits = format!("wwn[{}:]", prefix.len());
    let (kernel, to_kernel, from_kernel) = match protocol.name_form {
        NameForm::Bytes(_) => (
            "",
            format!("colonize({digits})"),
            "wwn.replace(\":\", \"\")".to_owned(),
        ),
        NameForm::Digits { prefix: "", .. } => ("", digits, "wwn".to_owned()),
        NameForm::Digits { prefix: kernel, .. } => (
            kernel,
            format!("\"{kernel}\" + {digits}"),
            format!("wwn[{}:]", kernel.len()),
        ),
        _ => unreachable!("only names of digits have another form in rtslib"),
    };
    if kernel == prefix {
        return to_fabric(protocol, form, protocol.example, "wwn");
    }
    let digits = protocol.example.trim_start_matches(kernel).replace(':', "");
    to_fabric(protocol, form, &format!("{prefix}{digits}"), &to_kernel)
        + &from_fabric(prefix, &from_kernel)
}

/// The form of names in rtslib.
fn rtslib_form(protocol: &Protocol) -> NameForm {
    let count = match protocol.name_form {
        NameForm::Digits { count, .. } => count,
        NameForm::Bytes(count) => 2 * count,
        other => return other,
    };
    let prefix = match protocol.rtslib_types.first() {
        Some(&"naa") => "naa.",
        Some(&"eui") => "eui.",
        Some(&"ib") => "ib.",
        _ => "",
    };
    NameForm::Digits { prefix, count }
}

/// The method that checks a name and returns the kernel's form.
fn to_fabric(protocol: &Protocol, form: NameForm, example: &str, to_kernel: &str) -> String {
    let (title, pattern) = (protocol.title, form.pattern());
    format!(
        r#"    def to_fabric_wwn(self, wwn):
        if not re.fullmatch(r"{pattern}", wwn):
            raise RTSLibError(
                f"{{wwn}} is no port name of {title}: want "
                "{form}, as in {example}")
        return {to_kernel}
"#
    )
}

/// The method that returns rtslib's form of the kernel's name.
fn from_fabric(prefix: &str, digits: &str) -> String {
    format!(
        r#"
    def from_fabric_wwn(self, wwn):
        return "{prefix}" + {digits}
"#
    )
}
