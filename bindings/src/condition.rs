// SPDX-License-Identifier: GPL-2.0-only

//! Parts of the struct that a condition such as `#ifdef CONFIG_X` leaves out, as in vendors' headers.
//!
//! Only lines that begin with `#` are parsed here. clang evaluates the conditions: a part that has none
//! of clang's members is left out.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::word;

/// A condition: its line, from 1, its directive, and the directive of its `#if`.
#[derive(Clone)]
struct Condition<'a> {
    line: usize,
    text: String,
    first: &'a str,
}

/// The lines between two directives, and their conditions, the outermost first.
pub(crate) struct Block<'a> {
    pub(crate) lines: Vec<(usize, &'a str)>,
    conditions: Vec<Condition<'a>>,
}

impl Block<'_> {
    /// The line of the innermost condition, and the text of all conditions.
    fn conditions(&self) -> Option<(usize, String)> {
        let line = self.conditions.last()?.line;
        let texts = self.conditions.iter().rev();
        let texts = texts.map(|condition| format!("`{}`", condition.text));
        Some((line, texts.collect::<Vec<_>>().join(" in ")))
    }

    /// The warning that the struct lacks members with these names.
    pub(crate) fn warning(&self, names: &str) -> Option<String> {
        let (line, conditions) = self.conditions()?;
        Some(format!(
            "line {line}: {conditions} does not hold here, which leaves out {names}; in a kernel \
             where it holds, the struct has more than is read here"
        ))
    }
}

/// Splits a text at its conditions.
fn blocks(source: &str) -> Vec<Block<'_>> {
    let (mut blocks, mut lines) = (Vec::new(), Vec::new());
    let mut open: Vec<Condition<'_>> = Vec::new();
    for (line, text) in (1..).zip(source.lines()) {
        let directive = text.trim();
        let name = word(directive.strip_prefix('#').unwrap_or_default().trim_start());
        let is_first = matches!(name, "if" | "ifdef" | "ifndef");
        if !is_first && !matches!(name, "elif" | "elifdef" | "elifndef" | "else" | "endif") {
            lines.push((line, text));
            continue;
        }
        blocks.push(Block {
            lines: std::mem::take(&mut lines),
            conditions: open.clone(),
        });
        let (first, text) = if is_first {
            (directive, directive.to_owned())
        } else {
            let first = open.pop().map_or(directive, |last| last.first);
            (first, format!("{directive} of {first}"))
        };
        if name != "endif" {
            open.push(Condition { line, text, first });
        }
    }
    blocks
}

/// Returns the parts of the struct in `lines` that are left out. `members` are the lines of its members.
pub(crate) fn left_out<'a>(
    source: &'a str,
    lines: &Range<usize>,
    members: &BTreeSet<usize>,
) -> Vec<Block<'a>> {
    let mut blocks = blocks(source);
    for block in &mut blocks {
        let conditions = &mut block.conditions;
        conditions.retain(|condition| lines.contains(&condition.line));
    }
    blocks.retain(|block| {
        let mut conditions = block.conditions.iter();
        !block.conditions.is_empty()
            && conditions.all(|condition| condition.text != "#if 0")
            && !block.lines.iter().any(|(line, _)| members.contains(line))
    });
    blocks
}

/// Returns the conditions around the definition of the struct `name`, with the line of the innermost.
pub(crate) fn around(source: &str, name: &str) -> Option<(usize, String)> {
    let start = format!("struct {name} {{");
    let blocks = blocks(source);
    let mut hidden = blocks.iter().filter(|block| {
        let mut lines = block.lines.iter();
        lines.any(|(_, text)| text.contains(&start))
    });
    hidden.next()?.conditions()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = "#ifndef H\nstruct s {\na\n# ifdef A\nb\n#ifdef B\nc\n#else\nd\n#endif\n\
                          #define E\ne\n#elif F\nf\n#endif\n#if 0\ng\n#endif\n}\n#endif\n";

    #[test]
    fn block_without_members_is_left_out() {
        let found = |members: &[usize]| -> Vec<_> {
            let members = members.iter().copied().collect();
            let blocks = left_out(SOURCE, &(2..19), &members);
            blocks.iter().filter_map(Block::conditions).collect()
        };
        let expected = [
            (4, "`# ifdef A`"),
            (6, "`#ifdef B` in `# ifdef A`"),
            (8, "`#else of #ifdef B` in `# ifdef A`"),
            (4, "`# ifdef A`"),
            (13, "`#elif F of # ifdef A`"),
        ];
        let owned = expected.map(|(line, text)| (line, text.to_owned()));
        assert_eq!(found(&[3]), owned);
        assert_eq!(found(&[3, 5, 7, 12, 14]), owned[2..3]);
    }

    #[test]
    fn conditions_around_struct_are_found() {
        let expected = Some((1, "`#ifndef H`".to_owned()));
        assert_eq!(around(SOURCE, "s"), expected);
        assert_eq!(around(SOURCE, "t"), None);
        assert_eq!(around("struct s {\n};\n#endif\n#else\n", "s"), None);
    }
}
