// SPDX-License-Identifier: GPL-2.0-only

//! Replaces the names of a template by those of a module.

/// Replaces identifiers in `text`. Each pair is a name and its replacement.
///
/// A name is replaced where it is a whole identifier. A name that ends with an underscore is also
/// replaced at the beginning of a longer identifier, as in `tcm_nab5000_main`. Replacements are not
/// replaced again, and nothing is replaced inside an identifier: `rtslib_tcm_nab5000` is a separate name.
#[must_use]
pub fn renamed<R: AsRef<str>>(text: &str, names: &[(&str, R)]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(is_identifier) {
        let (before, after) = rest.split_at(start);
        let end = after.find(|c| !is_identifier(c)).unwrap_or(after.len());
        let (identifier, after) = after.split_at(end);
        out.push_str(before);
        push_renamed(&mut out, identifier, names);
        rest = after;
    }
    out.push_str(rest);
    out
}

/// Appends an identifier or its replacement.
fn push_renamed<R: AsRef<str>>(out: &mut String, identifier: &str, names: &[(&str, R)]) {
    let whole = names.iter().find(|(name, _)| *name == identifier);
    let replaced = whole.map(|(_, new)| (new, "")).or_else(|| {
        let mut beginnings = names.iter().filter(|(name, _)| name.ends_with('_'));
        beginnings.find_map(|(name, new)| Some((new, identifier.strip_prefix(name)?)))
    });
    match replaced {
        Some((new, rest)) => out.extend([new.as_ref(), rest]),
        None => out.push_str(identifier),
    }
}

fn is_identifier(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: [(&str, &str); 5] = [
        ("tcm_nab5000", "tcm_x"),
        ("tcm_nab5000_", "tcm_x_"),
        ("nab5000", "a.b"),
        ("iSCSI", "SAS"),
        ("x", "never"),
    ];

    #[test]
    fn whole_identifier_is_replaced() {
        for (text, wanted) in [
            ("tcm_nab5000", "tcm_x"),
            ("tcm_nab5000-y += a.o", "tcm_x-y += a.o"),
            ("c\"nab5000\"", "c\"a.b\""),
            ("/target/nab5000/iSCSI: é", "/target/a.b/SAS: é"),
            ("obj-m += tcm_nab5000.o\n", "obj-m += tcm_x.o\n"),
        ] {
            assert_eq!(renamed(text, &NAMES), wanted);
        }
    }

    #[test]
    fn beginning_is_replaced_for_name_with_underscore() {
        assert_eq!(renamed("tcm_nab5000_main.o", &NAMES), "tcm_x_main.o");
        assert_eq!(renamed("nab5000_main.o", &NAMES), "nab5000_main.o");
    }

    #[test]
    fn part_of_identifier_is_not_replaced() {
        for text in [
            "rtslib_tcm_nab5000",
            "tcm_nab50001",
            "nab5000s",
            "enab5000",
            "énab5000",
            "iSCSIé",
        ] {
            assert_eq!(renamed(text, &NAMES), text);
        }
    }

    #[test]
    fn replacement_is_not_replaced_again() {
        let names = [("a", "b"), ("b", "a")];
        assert_eq!(renamed("a b a", &names), "b a b");
    }
}
