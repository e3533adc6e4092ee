// SPDX-License-Identifier: GPL-2.0-only

//! Rust text from tokens, with its comments.
//!
//! `quote!` drops comments, so they travel as attributes: `#[doc]` for documentation, and
//! `#[comment]`, which prettyplease prints as a line comment, for the rest. prettyplease puts no
//! blank line between items, and breaks lines before rustfmt does; [`text`] makes up for both.

use std::collections::BTreeSet;

use proc_macro2::{TokenStream, TokenTree};
use quote::quote;
use syn::{Item, ItemImpl, ItemTrait};

/// The width that the kernel wraps Rust comments at.
const WIDTH: usize = 100;

/// A documentation comment at this depth of indentation, wrapped; paragraphs as they are.
pub(super) fn doc(depth: usize, text: &str) -> TokenStream {
    lines(depth, 4, text)
        .map(|line| quote!(#[doc = #line]))
        .collect()
}

/// A line comment at this depth of indentation, wrapped.
pub(super) fn comment(depth: usize, text: &str) -> TokenStream {
    lines(depth, 3, text)
        .map(|line| quote!(#[comment = #line]))
        .collect()
}

/// A `SAFETY` comment at this depth.
pub(super) fn safety(depth: usize, reason: &str) -> TokenStream {
    comment(depth, &format!("SAFETY: {reason}"))
}

/// The lines of `text`, each with a blank before it, that fit behind the indentation and a comment
/// mark of `mark` columns, that blank included.
fn lines(depth: usize, mark: usize, text: &str) -> impl Iterator<Item = String> {
    let width = WIDTH - 4 * depth - mark;
    let lines: Vec<_> = text.lines().flat_map(|line| wrap(line, width)).collect();
    lines.into_iter().map(|line| {
        if line.is_empty() {
            line
        } else {
            format!(" {line}")
        }
    })
}

/// Breaks a line between words; what follows a list mark is indented under it.
pub(super) fn wrap(line: &str, width: usize) -> Vec<String> {
    let hang = if line.starts_with("- ") { "  " } else { "" };
    let mut lines = vec![String::new()];
    for word in line.split_whitespace() {
        let last = lines.len() - 1;
        let current = &mut lines[last];
        if current.is_empty() {
            current.push_str(word);
        } else if current.len() + 1 + word.len() <= width {
            current.push(' ');
            current.push_str(word);
        } else {
            lines.push(format!("{hang}{word}"));
        }
    }
    lines
}

/// Every identifier that `tokens` use, but for the names that `type` declares.
pub(super) fn idents(tokens: TokenStream, found: &mut BTreeSet<String>) {
    let mut is_declared = false;
    for token in tokens {
        match token {
            TokenTree::Ident(ident) => {
                let ident = ident.to_string();
                let declares = ident == "type";
                if !is_declared {
                    found.insert(ident);
                }
                is_declared = declares;
            }
            TokenTree::Group(group) => idents(group.stream(), found),
            _ => {}
        }
    }
}

/// Prints items as rustfmt has them, with a blank line between two, and between two members of a
/// trait or an impl.
///
/// # Panics
///
/// If the tokens are no items of Rust, which is a fault of the emitter that made them.
pub(super) fn text(items: &TokenStream) -> String {
    let file = match syn::parse2::<syn::File>(items.clone()) {
        Ok(file) => file,
        Err(error) => panic!("this generator made tokens that are not Rust ({error}):\n{items}"),
    };
    let items: Vec<_> = file.items.into_iter().map(item_text).collect();
    joined_signatures(&items.join("\n"))
}

fn item_text(item: Item) -> String {
    match item {
        Item::Trait(mut shell) => {
            let members = std::mem::take(&mut shell.items);
            with_members(members, |items| {
                printed(Item::Trait(ItemTrait {
                    items,
                    ..shell.clone()
                }))
            })
        }
        Item::Impl(mut shell) => {
            let members = std::mem::take(&mut shell.items);
            with_members(members, |items| {
                printed(Item::Impl(ItemImpl {
                    items,
                    ..shell.clone()
                }))
            })
        }
        item => printed(item),
    }
}

/// The text of an item with members, each printed by itself; `print` prints the item with some.
fn with_members<M>(members: Vec<M>, print: impl Fn(Vec<M>) -> String) -> String {
    const END: &str = "}\n";
    let empty = print(Vec::new());
    let open = empty.trim_end_matches(END);
    let members = members.into_iter().map(|member| {
        let text = print(vec![member]);
        let inner = text
            .strip_prefix(open)
            .and_then(|text| text.strip_suffix(END));
        inner.unwrap_or(&text).trim_start_matches('\n').to_owned()
    });
    let members: Vec<_> = members.collect();
    format!("{open}\n{}{END}", members.join("\n"))
}

fn printed(item: Item) -> String {
    prettyplease::unparse(&syn::File {
        shebang: None,
        frontmatter: None,
        attrs: Vec::new(),
        items: vec![item],
    })
}

/// Joins the lines of each signature that fits in one: prettyplease's lines are shorter.
fn joined_signatures(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((line, after)) = rest.split_once('\n') {
        let broken = line.ends_with('(') && line.contains("fn ");
        let joined = broken.then(|| joined(line, after)).flatten();
        let (line, after) = joined.unwrap_or_else(|| (line.to_owned(), after));
        out.push_str(&line);
        out.push('\n');
        rest = after;
    }
    out
}

/// The signature that begins with the line `first` in one line, if it fits, and what comes after it.
fn joined<'a>(first: &str, after: &'a str) -> Option<(String, &'a str)> {
    let indent = &first[..first.len() - first.trim_start().len()];
    let (parameters, rest) = after.split_once(&format!("\n{indent})"))?;
    let parameters: Vec<_> = parameters.lines().map(str::trim).collect();
    let parameters = parameters.join(" ");
    let (end, rest) = rest.split_once('\n')?;
    let line = format!("{first}{}){end}", parameters.trim_end_matches(','));
    (line.len() <= WIDTH).then_some((line, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn safety_comments_are_printed_where_they_are_put() {
        let safety = safety(1, "Because.");
        let items = quote! {
            #safety
            unsafe impl Send for A {}
            fn f() -> u8 {
                #safety
                let a = unsafe { g() };
                S {
                    #safety
                    a: unsafe { g() },
                };
                #safety
                unsafe { g() }
            }
        };
        let printed = text(&items);
        assert_eq!(printed.matches("// SAFETY: Because.\n").count(), 4);
        assert!(!printed.contains("#["));
        assert!(
            printed.starts_with("// SAFETY: Because.\nunsafe impl"),
            "{printed}"
        );
    }

    #[test]
    fn no_blank_line_breaks_a_comment() {
        let tokens = doc(1, &format!("{}\n\nmore", "words; ".repeat(40)));
        let printed = text(&quote!(impl A { #tokens const A: u8 = 0; }));
        assert!(!printed.trim().contains("\n\n"), "{printed}");
    }

    #[test]
    fn blank_lines_are_between_items_and_members() {
        let docs = doc(1, "A member.");
        let items = quote! {
            impl A {
                const A: u8 = 0;
                #docs
                const B: u8 = 1;
                fn f() { g(); h(); }
            }
            fn g() {}
        };
        let wanted = "\
impl A {
    const A: u8 = 0;

    /// A member.
    const B: u8 = 1;

    fn f() {
        g();
        h();
    }
}

fn g() {}
";
        assert_eq!(text(&items), wanted);
    }

    /// 100 columns are rustfmt's.
    #[test]
    fn a_signature_that_fits_is_one_line() {
        let signature = |len| {
            let name = quote::format_ident!("{}", "f".repeat(len));
            text(&quote!(impl A { fn #name(a: &mut u8, b: u8) -> u8 { 0 } }))
        };
        let len = WIDTH - "    fn (a: &mut u8, b: u8) -> u8 {".len();
        assert!(signature(len).contains("(a: &mut u8, b: u8) -> u8 {\n"));
        assert!(
            signature(len + 1).contains("(\n        a: &mut u8,\n        b: u8,\n    ) -> u8 {")
        );
    }

    #[test]
    fn long_comments_are_wrapped() {
        let words = "word ".repeat(40);
        let tokens = doc(1, &words);
        let printed = text(&quote!(impl A { #tokens const A: u8 = 0; }));
        assert!(printed.lines().all(|line| line.len() <= WIDTH), "{printed}");
        assert_eq!(printed.matches("word").count(), 40);
    }
}
