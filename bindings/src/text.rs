// SPDX-License-Identifier: GPL-2.0-only

//! The header's text by its parts: branches of `#if`, includes, members of the struct, names.
//!
//! This is for what bindgen's output lacks: the header's spelling, and the branches that clang left
//! out.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use crate::STRUCT;
use crate::declaration;
use crate::token::{Kind, Token, behind_bracket, split_at_commas, tokens};

/// The keywords before the tag of a C type.
pub(crate) const TAGS: [&str; 3] = ["struct", "union", "enum"];

/// A header's text, taken apart.
pub(crate) struct Text<'a> {
    pub(crate) source: &'a str,
    pub(crate) tokens: Vec<Token<'a>>,
    pub(crate) branches: Vec<Branch>,
    /// The members of each definition of the struct.
    pub(crate) members: Vec<Member<'a>>,
    /// The branch of each definition of the struct.
    pub(crate) definitions: Vec<Option<usize>>,
}

/// The lines between two of `#if`, `#elif`, `#else` and `#endif`.
pub(crate) struct Branch {
    /// The branch that it lies in.
    pub(crate) parent: Option<usize>,
    /// The line of its directive.
    pub(crate) line: usize,
    /// Its directive, with the first one of its chain if that is another: `#else of #ifdef X`.
    pub(crate) condition: String,
    /// Whether it is an `#if 0`, which serves as a comment.
    pub(crate) is_comment: bool,
}

/// A declaration in the struct.
pub(crate) struct Member<'a> {
    /// What it declares: one name, but for `int a, b;`.
    pub(crate) names: Vec<&'a str>,
    /// Its tokens, without the semicolon.
    pub(crate) tokens: Vec<Token<'a>>,
    /// Whether its tokens are all there is to it: no directive and no braces among them.
    pub(crate) is_plain: bool,
    /// The branch that it begins in.
    pub(crate) branch: Option<usize>,
    /// The branch that the struct begins in.
    pub(crate) outer: Option<usize>,
}

/// An include of the header.
pub(crate) struct Include<'a> {
    pub(crate) path: &'a str,
    pub(crate) line: usize,
    pub(crate) branch: Option<usize>,
}

impl<'a> Text<'a> {
    pub(crate) fn new(source: &'a str) -> Self {
        let mut tokens = tokens(source);
        let branches = branches(&mut tokens);
        let bodies = bodies(&tokens);
        let definitions = bodies
            .iter()
            .map(|body| tokens[body.start].branch)
            .collect();
        let members = bodies
            .into_iter()
            .flat_map(|body| members(&tokens[body]))
            .collect();
        Self {
            source,
            tokens,
            branches,
            members,
            definitions,
        }
    }

    pub(crate) fn includes(&self) -> impl Iterator<Item = Include<'a>> {
        self.directives().filter_map(|token| {
            let (name, argument) = directive(token.text);
            let path = argument.strip_prefix(['<', '"'])?;
            let path = path.split_once(['>', '"'])?.0;
            (name == "include").then_some(Include {
                path,
                line: token.line,
                branch: token.branch,
            })
        })
    }

    pub(crate) fn directives(&self) -> impl Iterator<Item = &Token<'a>> {
        self.tokens.iter().filter(|t| t.kind == Kind::Directive)
    }

    /// The types that the text names with a tag, and the tag; none that has two.
    pub(crate) fn tagged(&self) -> BTreeMap<&'a str, &'a str> {
        let mut tags: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
        for pair in self.tokens.windows(2) {
            if TAGS.contains(&pair[0].text) && pair[1].kind == Kind::Word {
                tags.entry(pair[1].text).or_default().insert(pair[0].text);
            }
        }
        let single = |(name, tags): (_, BTreeSet<_>)| match tags.first() {
            Some(tag) if tags.len() == 1 => Some((name, *tag)),
            _ => None,
        };
        tags.into_iter().filter_map(single).collect()
    }

    /// Every name and keyword.
    pub(crate) fn words(&self) -> BTreeSet<&'a str> {
        let words = self.tokens.iter().filter(|t| t.kind == Kind::Word);
        words.map(|token| token.text).collect()
    }

    /// Whether `name` stands behind a brace, as in `typedef struct { … } name;`.
    pub(crate) fn is_typedef_of_braces(&self, name: &str) -> bool {
        let mut pairs = self.tokens.windows(2);
        pairs.any(|pair| pair[0].is("}") && pair[1].is(name))
    }

    /// The one declaration of `name` in the struct, if its text is all there is to it.
    pub(crate) fn member(&self, name: &str) -> Option<&Member<'a>> {
        let mut named = self.members.iter().filter(|m| m.names.contains(&name));
        let member = named.next()?;
        let is_single = named.next().is_none() && member.names.len() == 1;
        (is_single && member.is_plain).then_some(member)
    }

    /// The tokens of the one `typedef` of `name`, without that word.
    pub(crate) fn typedef(&self, name: &str) -> Option<&[Token<'a>]> {
        let starts = self
            .tokens
            .iter()
            .enumerate()
            .filter(|(_, t)| t.is("typedef"));
        let mut named = starts.filter_map(|(start, _)| {
            let rest = &self.tokens[start + 1..];
            let tokens = &rest[..rest.iter().position(|t| t.is(";"))?];
            let is_plain = tokens
                .iter()
                .all(|t| t.kind != Kind::Directive && !t.is("{"));
            (is_plain && declaration::name(tokens) == Some(name)).then_some(tokens)
        });
        let tokens = named.next()?;
        named.next().is_none().then_some(tokens)
    }
}

/// A directive's name and what follows it.
pub(crate) fn directive(text: &str) -> (&str, &str) {
    let text = text[1..].trim_start();
    let end = text
        .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .unwrap_or(text.len());
    (&text[..end], text[end..].trim())
}

/// Finds the branches, and notes in each token which one it is in.
fn branches(tokens: &mut [Token<'_>]) -> Vec<Branch> {
    let mut branches: Vec<Branch> = Vec::new();
    // For each `#if` that is open: its directive, and the branch that it lies in.
    let mut open: Vec<(String, Option<usize>)> = Vec::new();
    let mut current = None;
    for token in tokens {
        token.branch = current;
        if token.kind != Kind::Directive {
            continue;
        }
        let (name, argument) = directive(token.text);
        let own = one_line(token.text);
        match name {
            "if" | "ifdef" | "ifndef" => open.push((own.clone(), current)),
            "elif" | "elifdef" | "elifndef" | "else" | "endif" => {}
            _ => continue,
        }
        let Some((first, parent)) = open.last().cloned() else {
            continue;
        };
        token.branch = parent;
        if name == "endif" {
            open.pop();
            current = parent;
            continue;
        }
        current = Some(branches.len());
        branches.push(Branch {
            parent,
            line: token.line,
            is_comment: name == "if" && argument == "0",
            condition: if first == own {
                own
            } else {
                format!("{own} of {first}")
            },
        });
    }
    branches
}

/// A directive without its comments, its blanks made single.
fn one_line(text: &str) -> String {
    let mut rest = text;
    let mut kept = String::new();
    while let Some((before, after)) = rest.split_once("/*") {
        kept += before;
        kept.push(' ');
        rest = after.split_once("*/").map_or("", |(_, rest)| rest);
    }
    kept += rest.split("//").next().unwrap_or_default();
    let kept = kept.replace("\\\n", " ");
    kept.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The tokens between the braces of each definition of the struct, the opening brace included.
fn bodies(tokens: &[Token<'_>]) -> Vec<Range<usize>> {
    let pairs = tokens.windows(2).enumerate();
    let starts = pairs.filter(|(_, pair)| pair[0].is("struct") && pair[1].is(STRUCT));
    let bodies = starts.filter_map(|(start, _)| {
        let ends = |t: &&Token<'_>| matches!(t.text, "{" | ";" | "*" | ",");
        let brace = start + tokens[start..].iter().position(|t| ends(&t))?;
        tokens[brace].is("{").then(|| {
            brace
                ..behind_bracket(tokens, brace)
                    .saturating_sub(1)
                    .max(brace + 1)
        })
    });
    bodies.collect()
}

/// The declarations in a body, those in structs and unions inside it included.
fn members<'a>(body: &[Token<'a>]) -> Vec<Member<'a>> {
    let mut members = Vec::new();
    let mut parens = 0_usize;
    let mut start = 1;
    let mut behind_brace = false;
    for (index, token) in body.iter().enumerate().skip(1) {
        match token.text {
            _ if token.kind == Kind::Directive && start == index => start = index + 1,
            _ if token.kind != Kind::Mark => {}
            "(" | "[" => parens += 1,
            ")" | "]" => parens = parens.saturating_sub(1),
            "{" | "}" => {
                parens = 0;
                start = index + 1;
                behind_brace = token.is("}");
            }
            ";" if parens == 0 => {
                let tokens = &body[start..index];
                if !tokens.is_empty() {
                    members.push(member(tokens, !behind_brace, body[0].branch));
                }
                start = index + 1;
                behind_brace = false;
            }
            _ => {}
        }
    }
    members
}

fn member<'a>(all: &[Token<'a>], has_type: bool, outer: Option<usize>) -> Member<'a> {
    let is_directive = |t: &&Token<'a>| t.kind == Kind::Directive;
    let tokens: Vec<_> = all.iter().filter(|t| !is_directive(t)).copied().collect();
    let declarators = split_at_commas(&tokens).into_iter().enumerate();
    let names = declarators.filter_map(|(index, tokens)| match index {
        0 if has_type => declaration::name(tokens),
        _ => declaration::further_name(tokens),
    });
    Member {
        names: names.collect(),
        is_plain: has_type && tokens.len() == all.len(),
        tokens,
        branch: all[0].branch,
        outer,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn includes_are_found_with_their_branches() {
        let text = "#include <a/b.h>\n/*\n#include <c.h>\n*/\n#if 0 /* old */\n # include \"d.h\"\n\
                    #else\n#include <e.h> // f\n#endif\n";
        let text = Text::new(text);
        let found: Vec<_> = text
            .includes()
            .map(|i| (i.path, i.line, i.branch))
            .collect();
        let expected = [("a/b.h", 1, None), ("d.h", 6, Some(0)), ("e.h", 8, Some(1))];
        assert_eq!(found, expected);
        assert_eq!(text.branches[1].condition, "#else of #if 0");
    }

    #[test]
    fn branches_know_what_is_round_them() {
        let text =
            Text::new("#ifndef H\n#if A \\\n || B\nx\n#elif C\n#endif\n#endif\ny\n#endif\nz");
        let parents: Vec<_> = text.branches.iter().map(|b| b.parent).collect();
        assert_eq!(parents, [None, Some(0), Some(0)]);
        assert_eq!(text.branches[1].condition, "#if A || B");
        assert_eq!(text.branches[2].condition, "#elif C of #if A || B");
        let of = |word| text.tokens.iter().find(|t| t.text == word).unwrap().branch;
        assert_eq!((of("x"), of("y"), of("z")), (Some(1), None, None));
    }

    #[test]
    fn members_are_declarations_at_any_depth() {
        let text = Text::new(
            "struct target_core_fabric_ops;\nint f(struct target_core_fabric_ops *o) { x; }\n\
             struct target_core_fabric_ops {\n\tint (*f)(int a, int b);\n\tunion {\n\t\tu8 c, d[4];\n\
             \t\tstruct { int e:1; } g;\n\t};\n#ifdef X\n\tint h\n#endif\n\t;\n};\nint z;\n",
        );
        let names: Vec<_> = text.members.iter().map(|m| m.names.join(" ")).collect();
        assert_eq!(names, ["f", "c d", "e", "g", "h"]);
        let plain: Vec<_> = text.members.iter().map(|m| m.is_plain).collect();
        assert_eq!(plain, [true, true, true, false, false]);
        assert_eq!(text.members[4].branch, Some(0));
        assert!(text.member("c").is_none() && text.member("f").is_some());
    }

    #[test]
    fn a_name_with_one_tag_has_it() {
        let text = Text::new("struct a; union b *c; enum d; struct e; union e;");
        let expected = BTreeMap::from([("a", "struct"), ("b", "union"), ("d", "enum")]);
        assert_eq!(text.tagged(), expected);
    }
}
