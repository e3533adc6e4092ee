// SPDX-License-Identifier: GPL-2.0-only

//! Bounds on the header's text, looked at before clang reads it.
//!
//! clang and bindgen recurse for each level of nesting, and crash without a message when the stack
//! is full; and their time grows faster than the number of members. No kernel's header comes near
//! these bounds.

use crate::Fault;
use crate::text::Text;
use crate::token::{Kind, Token};

/// How many members the struct may have.
const MEMBERS: usize = 1_000;

/// How deep a place in the text may be: the number of tokens since the beginning of each bracket,
/// declaration and expression that is open there. A bracket or `*` counts as [`HEAVY`] says.
const OPEN: usize = 500;

/// How many tokens a bracket or a `*` counts as: each may wrap one type in another, and clang and
/// bindgen recurse through all of them.
const HEAVY: usize = 10;

/// How many `else` there may be: clang recurses for each link of a chain of them.
const ELSES: usize = 500;

/// All that is out of bounds.
pub(crate) fn check(text: &Text<'_>) -> Vec<Fault> {
    let mut faults = Vec::new();
    let members = text.members.iter().map(|m| m.names.len().max(1)).sum();
    if members > MEMBERS {
        faults.push(Fault::TooMany {
            count: members,
            most: MEMBERS,
        });
    }
    faults.extend(too_deep(&text.tokens).map(|line| Fault::TooDeep { line }));
    faults.extend(foreign_names(text));
    faults
}

/// The line where the text becomes too deep.
fn too_deep(tokens: &[Token<'_>]) -> Option<usize> {
    // For each bracket that is open, the weight of what follows the last `;`, `,` or `}` in it.
    let mut open = vec![0_usize];
    let mut total = 0;
    let mut elses = 0;
    for token in tokens.iter().filter(|t| t.kind != Kind::Directive) {
        if token.closes() && open.len() > 1 {
            total -= open.pop().unwrap_or_default();
        }
        let level = open.last_mut()?;
        if matches!(token.text, ";" | "," | "}") {
            total -= std::mem::take(level);
        } else {
            let weight = if token.opens() || token.is("*") {
                HEAVY
            } else {
                1
            };
            *level += weight;
            total += weight;
        }
        if token.opens() {
            open.push(0);
        }
        elses += usize::from(token.is("else"));
        if total > OPEN || elses > ELSES {
            return Some(token.line);
        }
    }
    None
}

/// The names with letters that are not ASCII: bindgen fails on some of them.
fn foreign_names(text: &Text<'_>) -> impl Iterator<Item = Fault> {
    let is_foreign = |t: &&Token<'_>| t.kind == Kind::Word && !t.text.is_ascii();
    let names = text.tokens.iter().filter(is_foreign);
    names.map(|token| Fault::ForeignName {
        name: token.text.to_owned(),
        line: token.line,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn depth(text: &str) -> Option<usize> {
        too_deep(&crate::token::tokens(text))
    }

    #[test]
    fn what_is_long_is_not_deep() {
        assert_eq!(depth(&"int a; ".repeat(5_000)), None);
        assert_eq!(depth(&"{ A = 1, B, },".repeat(5_000)), None);
        assert_eq!(depth(&"f(a) { if (x) y; }\n".repeat(5_000)), None);
        assert_eq!(depth(&")".repeat(5_000)), Some(1));
    }

    #[test]
    fn deep_text_is_reported_by_its_line() {
        for one in [
            "*",
            "(",
            "{",
            "[",
            "f(a,",
            "if (a, b) ",
            "~",
            "do ",
            "case 1: ",
            "{ a;",
        ] {
            assert_eq!(depth(&format!("\n{}", one.repeat(2_000))), Some(2), "{one}");
        }
        assert_eq!(depth(&"if (a) b; else ".repeat(2_000)), Some(1));
    }
}
