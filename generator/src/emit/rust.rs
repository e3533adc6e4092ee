// SPDX-License-Identifier: GPL-2.0-only

//! Rust text from tokens, with its comments.
//!
//! `quote!` drops comments, so they travel as attributes: `#[doc]` for documentation, and
//! `#[comment]`, which prettyplease prints as a line comment, for the rest. prettyplease puts no
//! blank line between items; [`text`] does.

use std::collections::BTreeSet;

use proc_macro2::{TokenStream, TokenTree};
use quote::quote;

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

/// The documentation of a file, wrapped, as text for the head of [`text`].
pub(super) fn file_doc(text: &str) -> String {
    lines(0, 4, text)
        .map(|line| format!("//!{line}\n"))
        .collect()
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

/// Rust that is given as text, as tokens.
///
/// # Panics
///
/// If it is not Rust, which is a fault of who gives it.
pub(super) fn code(text: &str) -> TokenStream {
    match text.parse() {
        Ok(tokens) => tokens,
        Err(error) => panic!("what is given is not Rust ({error}): {text}"),
    }
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

/// Prints a file: `head` as it is, which is where the SPDX line goes, then the items.
///
/// # Panics
///
/// If the tokens are not a Rust file, which is a fault of the emitter that made them.
pub(super) fn text(head: &str, items: &TokenStream) -> String {
    let file = match syn::parse2::<syn::File>(items.clone()) {
        Ok(file) => file,
        Err(error) => panic!("this generator made tokens that are not Rust ({error}):\n{items}"),
    };
    format!("{head}\n{}", spaced(&prettyplease::unparse(&file)))
}

/// Puts blank lines between items, and between the members of traits and impls.
fn spaced(printed: &str) -> String {
    let mut out = String::with_capacity(printed.len());
    let mut previous = "";
    for line in printed.lines() {
        if starts_group(previous, line) {
            out.push('\n');
        }
        out.push_str(line);
        out.push('\n');
        previous = line;
    }
    out
}

/// Whether a blank line belongs between these two.
fn starts_group(previous: &str, line: &str) -> bool {
    let indent = |line: &str| line.len() - line.trim_start().len();
    let depth = indent(line);
    if depth > 4 || depth != indent(previous) {
        return false;
    }
    let (before, text) = (previous.trim_start(), line.trim_start());
    let declares = |text: &str| {
        ["mod ", "pub mod ", "#[allow(unsafe_code)]"]
            .iter()
            .any(|start| text.starts_with(start))
    };
    if declares(before) && declares(text) {
        return false;
    }
    let is_comment = before.starts_with("//");
    let ends = !is_comment && (before.ends_with('}') || before.ends_with(';'));
    let is_use = |text: &str| text.starts_with("use ");
    let is_member = text.starts_with("//")
        || text.starts_with("#[")
        || [
            "fn ", "unsafe ", "impl", "const ", "pub", "type ", "static ",
        ]
        .iter()
        .any(|start| text.starts_with(start));
    let word = |text: &str| text.split(' ').next().unwrap_or_default().to_owned();
    let one_line =
        |text: &str| is_use(text) || text.starts_with("const ") || text.starts_with("type ");
    let both = one_line(before) && one_line(text) && word(before) == word(text);
    // Inside functions, statements stand at this depth too: only what opens an item counts.
    ends && !both && (depth == 0 || is_member && !text.starts_with("// "))
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
        let printed = text("// head", &items);
        assert_eq!(printed.matches("// SAFETY: Because.\n").count(), 4);
        assert!(!printed.contains("#["));
        assert!(
            printed.starts_with("// head\n// SAFETY: Because.\nunsafe impl"),
            "{printed}"
        );
    }

    #[test]
    fn no_blank_line_breaks_a_comment() {
        let tokens = doc(1, &format!("{}\n\nmore", "words; ".repeat(40)));
        let printed = text("", &quote!(impl A { #tokens const A: u8 = 0; }));
        assert!(!printed.trim().contains("\n\n"), "{printed}");
    }

    #[test]
    fn long_comments_are_wrapped() {
        let words = "word ".repeat(40);
        let tokens = doc(1, &words);
        let printed = text("", &quote!(impl A { #tokens const A: u8 = 0; }));
        assert!(printed.lines().all(|line| line.len() <= WIDTH), "{printed}");
        assert_eq!(printed.matches("word").count(), 40);
    }
}
