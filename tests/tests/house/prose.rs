// SPDX-License-Identifier: GPL-2.0-only

//! Faults of language in comments and pages: a clause where a noun belongs, and phrases that must be
//! read twice.

/// Words that begin a sentence with a clause. A question may begin so.
const OPENINGS: [&str; 7] = [
    "What", "Whether", "Where", "How", "The one", "So that", "Who",
];

/// Phrases that are none of the field.
const PHRASES: [&str; 7] = [
    "is told",
    "are told",
    "goes away",
    "so many",
    "is none",
    "that is no ",
    "as one likes",
];

/// The marks of comments in Rust, C and shell.
const MARKS: [&str; 5] = ["///", "//!", "//", "#", "*"];

/// Returns the faults of a file, each with its line.
pub(super) fn faults(path: &str, text: &str) -> Vec<String> {
    let is_page = has_extension(path, "md");
    let mut before = "";
    let mut found = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let said = if is_page { line.trim() } else { comment(line) };
        let is_first = before.is_empty();
        before = said;
        if is_first && is_clause(said) || PHRASES.iter().any(|phrase| has_words(said, phrase)) {
            found.push(format!("{path}:{}: {said}", index + 1));
        }
    }
    found
}

/// Returns true if a file has comments or is a page.
pub(super) fn is_prose(path: &str) -> bool {
    ["rs", "md", "sh", "c", "h"]
        .iter()
        .any(|extension| has_extension(path, extension))
}

fn has_extension(path: &str, wanted: &str) -> bool {
    std::path::Path::new(path)
        .extension()
        .is_some_and(|extension| extension == wanted)
}

/// The text of a line of a comment; empty for code.
fn comment(line: &str) -> &str {
    let line = line.trim();
    let marked = MARKS.iter().find_map(|mark| line.strip_prefix(mark));
    marked.unwrap_or_default().trim()
}

fn is_clause(text: &str) -> bool {
    let begins = |opening: &&str| {
        let rest = text.strip_prefix(*opening);
        rest.is_some_and(|rest| !rest.starts_with(char::is_alphanumeric))
    };
    OPENINGS.iter().any(begins) && !text.ends_with('?')
}

fn has_words(text: &str, phrase: &str) -> bool {
    text.match_indices(phrase).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + phrase.len()..].chars().next();
        !before.is_some_and(char::is_alphanumeric)
            && (phrase.ends_with(' ') || !after.is_some_and(char::is_alphanumeric))
    })
}

#[test]
fn openings_and_phrases_are_found() {
    let text = [
        "/// What a target has.",
        "/// Where it is.",
        "let what = 1; // no",
        "//",
        "// How many?",
        "/// Each whatever is toldable. A fabric is told.",
    ];
    let found = faults("a.rs", &text.join("\n"));
    assert_eq!(
        found,
        [
            "a.rs:1: What a target has.",
            "a.rs:6: Each whatever is toldable. A fabric is told."
        ]
    );
    assert_eq!(faults("a.md", "Text.\nWhat now\n\nWho comes\n").len(), 1);
}
