// SPDX-License-Identifier: GPL-2.0-only

//! Prints tokens as Rust text with comments.
//!
//! `quote!` drops comments, so attributes carry them. `#[doc]` holds documentation. `#[comment]` holds any
//! other comment; prettyplease prints it as a line comment. prettyplease puts no blank line between items and
//! breaks lines earlier than rustfmt; [`text`] corrects both.

use std::collections::BTreeSet;

use proc_macro2::{TokenStream, TokenTree};
use quote::quote;
use syn::{Item, ItemImpl, ItemTrait};

/// Width of a line in the kernel's Rust code.
const WIDTH: usize = 100;

/// A documentation comment, wrapped for this depth of indentation. Line breaks in `text` are kept.
pub(super) fn doc(depth: usize, text: &str) -> TokenStream {
    lines(depth, 4, text)
        .map(|line| quote!(#[doc = #line]))
        .collect()
}

/// A line comment, wrapped for this depth of indentation.
pub(super) fn comment(depth: usize, text: &str) -> TokenStream {
    lines(depth, 3, text)
        .map(|line| quote!(#[comment = #line]))
        .collect()
}

/// A `SAFETY` comment, wrapped for this depth of indentation.
pub(super) fn safety(depth: usize, reason: &str) -> TokenStream {
    comment(depth, &format!("SAFETY: {reason}"))
}

/// The lines of `text`, each with a leading blank, wrapped to fit behind the indentation and a comment
/// mark of `mark` columns including that blank.
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

/// Wraps a line between words. Further lines of a list item are indented below its text.
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

/// Collects every identifier in `tokens`, except the names that `type` declares.
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

/// Prints items in rustfmt's style, with a blank line between items and between members of a trait or
/// impl.
///
/// # Panics
///
/// If the tokens are not items of Rust, which is a fault of the emitter.
pub(super) fn text(items: &TokenStream) -> String {
    let file = match syn::parse2::<syn::File>(items.clone()) {
        Ok(file) => file,
        Err(error) => panic!("the emitter made tokens that are not Rust ({error}):\n{items}"),
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

/// The text of an item with members, each printed separately. `print` prints the item with given members.
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

/// Joins the lines of each signature that fits in one line of [`WIDTH`] columns.
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

/// The signature that begins with the line `first` as one line, if it fits, and the text after it.
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
    fn safety_comment_is_printed_before_its_statement() {
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
    fn comment_has_no_blank_line() {
        let tokens = doc(1, &format!("{}\n\nmore", "words; ".repeat(40)));
        let printed = text(&quote!(impl A { #tokens const A: u8 = 0; }));
        assert!(!printed.trim().contains("\n\n"), "{printed}");
    }

    #[test]
    fn items_and_members_are_separated_by_blank_lines() {
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

    #[test]
    fn signature_that_fits_100_columns_is_one_line() {
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
    fn long_comment_is_wrapped() {
        let words = "word ".repeat(40);
        let tokens = doc(1, &words);
        let printed = text(&quote!(impl A { #tokens const A: u8 = 0; }));
        assert!(printed.lines().all(|line| line.len() <= WIDTH), "{printed}");
        assert_eq!(printed.matches("word").count(), 40);
    }
}
