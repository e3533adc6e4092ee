// SPDX-License-Identifier: GPL-2.0-only

//! `target.rs` for a part of the layer: it declares and exports the modules of that part, and its
//! documentation has the paragraphs that name only these.

use std::collections::BTreeSet;

/// The text for a layer with these modules.
pub(super) fn text(template: &str, modules: &BTreeSet<&str>) -> String {
    let chunks: Vec<_> = chunks(template)
        .into_iter()
        .filter(|chunk| match owner(chunk) {
            Some(module) => modules.contains(module),
            None => true,
        })
        .collect();
    let known: String = chunks
        .iter()
        .filter(|chunk| chunk.starts_with("pub use"))
        .map(String::as_str)
        .collect();
    let mut text = String::new();
    for chunk in &chunks {
        if chunk.starts_with("//!") {
            text.push_str(&paragraphs(chunk, &known));
        } else {
            text.push_str(chunk);
        }
    }
    text
}

/// The pieces of the text: the documentation, each `mod` or `pub use`, and the text between them.
fn chunks(template: &str) -> Vec<String> {
    let mut chunks: Vec<String> = Vec::new();
    let mut is_open = false;
    let mut previous_doc = false;
    for line in template.split_inclusive('\n') {
        let is_doc = line.starts_with("//!");
        let starts = ["mod ", "pub use "]
            .iter()
            .any(|word| line.starts_with(word));
        if starts || (!is_open && (is_doc != previous_doc || chunks.is_empty() || !is_doc)) {
            chunks.push(String::new());
        }
        if let Some(last) = chunks.last_mut() {
            last.push_str(line);
        }
        is_open = (is_open || starts) && !line.trim_end().ends_with(';');
        previous_doc = is_doc;
    }
    chunks
}

/// The module that a `mod` or `pub use` belongs to.
fn owner(chunk: &str) -> Option<&str> {
    let module = chunk
        .strip_prefix("mod ")
        .or(chunk.strip_prefix("pub use "))?;
    module.split([';', ':']).next()
}

/// The paragraphs that name only known items.
fn paragraphs(doc: &str, known: &str) -> String {
    let is_known = |name: &str| {
        let mut words = known.split(|c: char| !c.is_alphanumeric() && c != '_');
        words.any(|word| word == name)
    };
    let all = doc.split("//!\n").filter(|paragraph| {
        let mut links = paragraph.split("[`").skip(1);
        links.all(|link| {
            let name = link.split(['`', ':', '<', '!']).next().unwrap_or_default();
            name.contains('/') || is_known(name)
        })
    });
    all.collect::<Vec<_>>().join("//!\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEMPLATE: &str = "\
// SPDX

//! Head.
//!
//! [`A`] and [`B::f`].
//!
//! C: [`include/x.h`](y)

mod a;
mod b;

pub use a::{
    A, C,
};
pub use b::B;

/// F.
pub fn f() {}
";

    #[test]
    fn what_is_not_there_is_not_named() {
        let text = text(TEMPLATE, &BTreeSet::from(["a"]));
        let expected = "// SPDX\n\n//! Head.\n//!\n//! C: [`include/x.h`](y)\n\nmod a;\n\n\
            pub use a::{\n    A, C,\n};\n\n/// F.\npub fn f() {}\n";
        assert_eq!(text, expected);
        assert_eq!(super::text(TEMPLATE, &BTreeSet::from(["a", "b"])), TEMPLATE);
    }
}
