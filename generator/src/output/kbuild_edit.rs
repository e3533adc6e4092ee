// SPDX-License-Identifier: GPL-2.0-only

//! Edits of `drivers/target/Makefile` (or `Kbuild`) and `drivers/target/Kconfig`, from text to text. A
//! text that has the edit already is returned unchanged.

/// Adds the module's directory to the makefile, after the other fabric modules.
#[must_use]
pub fn makefile(text: &str, symbol: &str, module: &str) -> String {
    let wanted = format!("obj-$(CONFIG_{symbol})");
    if text
        .lines()
        .any(|line| line.split_whitespace().next() == Some(&wanted))
    {
        return text.to_owned();
    }
    let line = format!("{wanted}\t+= {module}/\n");
    insert(text, last_rule_end(text).unwrap_or(text.len()), &line)
}

/// The end of the last `obj-` line, with its continuation lines.
fn last_rule_end(text: &str) -> Option<usize> {
    let mut last = None;
    let mut end = 0;
    let mut in_rule = false;
    for line in text.split_inclusive('\n') {
        end += line.len();
        in_rule |= line.starts_with("obj-");
        if in_rule && !line.trim_end().ends_with('\\') {
            last = Some(end);
            in_rule = false;
        }
    }
    last
}

/// Sources the module's Kconfig from the menu of target core: before the `endif` that ends it.
///
/// # Errors
///
/// If the text has no such `endif`.
pub fn kconfig(text: &str, module: &str) -> Result<String, String> {
    let line = format!("source \"drivers/target/{module}/Kconfig\"\n");
    if text.lines().any(|existing| existing.trim() == line.trim()) {
        return Ok(text.to_owned());
    }
    let Some(endif) = menu_end(text) else {
        return Err(format!(
            "it has no `if TARGET_CORE` … `endif`; add `{}` by hand and pass --no-install",
            line.trim()
        ));
    };
    // The line goes above a blank line before `endif`.
    let before = text[..endif].trim_end_matches('\n').len();
    let at = text[before..]
        .find('\n')
        .map_or(endif, |offset| before + offset + 1);
    Ok(insert(text, at.min(endif), &line))
}

/// The start of the line that ends `if TARGET_CORE`.
fn menu_end(text: &str) -> Option<usize> {
    let mut depth = 0;
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let words: Vec<_> = line.split_whitespace().collect();
        // A line of help text is indented.
        if !line.starts_with([' ', '\t']) {
            match words.as_slice() {
                ["if", "TARGET_CORE"] if depth == 0 => depth = 1,
                ["if", ..] if depth > 0 => depth += 1,
                ["endif", ..] if depth == 1 => return Some(start),
                ["endif", ..] if depth > 1 => depth -= 1,
                _ => {}
            }
        }
        start += line.len();
    }
    None
}

fn insert(text: &str, at: usize, line: &str) -> String {
    let (before, after) = text.split_at(at.min(text.len()));
    let newline = if before.is_empty() || before.ends_with('\n') {
        ""
    } else {
        "\n"
    };
    format!("{before}{newline}{line}{after}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const KCONFIG: &str = "menuconfig TARGET_CORE\n\ttristate \"TCM\"\n\thelp\n\tendif is a word\n\n\
        if TARGET_CORE\n\nif SCSI\nconfig A\n\tbool\nendif\n\nsource \"drivers/target/a/Kconfig\"\n\n\
        endif\n\nconfig LAST\n\tbool\n";

    #[test]
    fn kconfig_line_is_added_to_menu_once() {
        let once = kconfig(KCONFIG, "tcm_x").unwrap();
        let expected =
            "a/Kconfig\"\nsource \"drivers/target/tcm_x/Kconfig\"\n\nendif\n\nconfig LAST";
        assert!(once.contains(expected), "{once}");
        assert_eq!(kconfig(&once, "tcm_x").unwrap(), once);
    }

    #[test]
    fn makefile_line_is_added_after_other_modules_once() {
        let text = "# x\nobj-$(CONFIG_A)\t+= a/\nobj-$(CONFIG_B)\t+= b/\n\nccflags-y += -I.\n";
        let once = makefile(text, "TCM_X", "tcm_x");
        assert!(
            once.contains("+= b/\nobj-$(CONFIG_TCM_X)\t+= tcm_x/\n\nccflags"),
            "{once}"
        );
        assert_eq!(makefile(&once, "TCM_X", "tcm_x"), once);
    }

    #[test]
    fn continued_line_is_not_split() {
        let text = "obj-y += a.o \\\n\tb.o\nccflags-y += x\n";
        let expected = "obj-y += a.o \\\n\tb.o\nobj-$(CONFIG_X)\t+= x/\nccflags-y += x\n";
        assert_eq!(makefile(text, "X", "x"), expected);
    }

    #[test]
    fn missing_last_newline_is_added() {
        assert_eq!(
            makefile("obj-y += a.o", "X", "x"),
            "obj-y += a.o\nobj-$(CONFIG_X)\t+= x/\n"
        );
        assert_eq!(makefile("", "X", "x"), "obj-$(CONFIG_X)\t+= x/\n");
    }

    #[test]
    fn symbol_with_same_prefix_is_distinct() {
        let text = "obj-$(CONFIG_TCM_XY)\t+= tcm_xy/\n";
        assert_eq!(makefile(text, "TCM_X", "tcm_x").lines().count(), 2);
    }
}
