// SPDX-License-Identifier: GPL-2.0-only

//! The header's text as tokens, for what bindgen's output lacks.
//!
//! Just enough of C's grammar: comments are dropped, a directive is one token, an operator is a
//! token for each of its characters. Nothing is expanded. Each token knows its line, and the branch
//! of the innermost `#if` that it is in.

use std::iter::Peekable;
use std::str::CharIndices;

/// The kind of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A keyword or a name.
    Word,
    /// A number.
    Number,
    /// A string or a character, quotes included.
    Literal,
    /// A single character of punctuation.
    Mark,
    /// A whole directive of the preprocessor, from its `#`.
    Directive,
}

/// A piece of the header's text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Token<'a> {
    pub(crate) kind: Kind,
    pub(crate) text: &'a str,
    /// The line that it starts in, from 1.
    pub(crate) line: usize,
    /// The innermost branch that it is in: an index into the branches of the text.
    pub(crate) branch: Option<usize>,
}

impl Token<'_> {
    pub(crate) fn is(&self, text: &str) -> bool {
        self.text == text && matches!(self.kind, Kind::Word | Kind::Mark)
    }

    pub(crate) fn opens(&self) -> bool {
        self.kind == Kind::Mark && matches!(self.text, "(" | "[" | "{")
    }

    pub(crate) fn closes(&self) -> bool {
        self.kind == Kind::Mark && matches!(self.text, ")" | "]" | "}")
    }
}

/// The tokens of `text`, all of them outside any branch.
pub(crate) fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut reader = Reader {
        text,
        chars: text.char_indices().peekable(),
        line: 1,
        fresh: true,
    };
    let mut tokens = Vec::new();
    while let Some(token) = reader.token() {
        tokens.push(token);
    }
    tokens
}

/// The index after the bracket that closes the one at `open`, or the end if none does.
pub(crate) fn behind_bracket(tokens: &[Token<'_>], open: usize) -> usize {
    let mut depth = 0_usize;
    for (index, token) in tokens.iter().enumerate().skip(open) {
        if token.opens() {
            depth += 1;
        } else if token.closes() {
            depth = depth.saturating_sub(1);
            if depth == 0 {
                return index + 1;
            }
        }
    }
    tokens.len()
}

/// The tokens between commas that are in no bracket.
pub(crate) fn split_at_commas<'t, 'a>(tokens: &'t [Token<'a>]) -> Vec<&'t [Token<'a>]> {
    let mut depth = 0_usize;
    let parts = tokens.split(|token| {
        if token.opens() {
            depth += 1;
        } else if token.closes() {
            depth = depth.saturating_sub(1);
        }
        depth == 0 && token.is(",")
    });
    parts.filter(|part| !part.is_empty()).collect()
}

struct Reader<'a> {
    text: &'a str,
    chars: Peekable<CharIndices<'a>>,
    line: usize,
    /// Whether only blanks and comments are before this on its line.
    fresh: bool,
}

impl<'a> Reader<'a> {
    fn token(&mut self) -> Option<Token<'a>> {
        self.skip_blanks();
        let line = self.line;
        let (start, first) = self.next()?;
        let fresh = std::mem::replace(&mut self.fresh, false);
        let kind = match first {
            '#' if fresh => {
                self.skip_directive();
                Kind::Directive
            }
            '"' | '\'' => {
                self.skip_literal(first);
                Kind::Literal
            }
            c if is_word(c) => {
                while self.next_if(is_word).is_some() {}
                if c.is_ascii_digit() {
                    Kind::Number
                } else {
                    Kind::Word
                }
            }
            _ => Kind::Mark,
        };
        let text = self.text[start..self.at()].trim_end();
        Some(Token {
            kind,
            text,
            line,
            branch: None,
        })
    }

    fn next(&mut self) -> Option<(usize, char)> {
        let next = self.chars.next()?;
        if next.1 == '\n' {
            self.line += 1;
            self.fresh = true;
        }
        Some(next)
    }

    fn next_if(&mut self, wanted: impl Fn(char) -> bool) -> Option<(usize, char)> {
        let (_, c) = self.chars.peek()?;
        if wanted(*c) { self.next() } else { None }
    }

    /// Where the next character is.
    fn at(&mut self) -> usize {
        self.chars.peek().map_or(self.text.len(), |(at, _)| *at)
    }

    fn starts_with(&mut self, text: &str) -> bool {
        let at = self.at();
        self.text[at..].starts_with(text)
    }

    /// Skips blanks, comments and the ends of continued lines.
    fn skip_blanks(&mut self) {
        loop {
            if self.starts_with("\\\n") {
                self.next();
                let fresh = self.fresh;
                self.next();
                self.fresh = fresh;
            } else if self.next_if(char::is_whitespace).is_none() && !self.skip_comment() {
                return;
            }
        }
    }

    /// Skips a comment, if one starts here.
    fn skip_comment(&mut self) -> bool {
        if self.starts_with("//") {
            while self.next_if(|c| c != '\n').is_some() {}
            return true;
        }
        if !self.starts_with("/*") {
            return false;
        }
        let at = self.at();
        let length = self.text[at + 2..].find("*/");
        let end = length.map_or(self.text.len(), |length| at + 2 + length + 2);
        let fresh = self.fresh;
        while self.at() < end {
            self.next();
        }
        self.fresh = fresh;
        true
    }

    /// Skips the rest of a directive: to the end of its line, or of the line that continues it.
    fn skip_directive(&mut self) {
        while self.at() < self.text.len() && !self.starts_with("\n") {
            if self.starts_with("\\\n") {
                self.next();
            }
            if self.starts_with("\"") {
                self.next();
                self.skip_literal('"');
            } else if !self.skip_comment() {
                self.next();
            }
        }
        self.fresh = true;
    }

    /// Skips the rest of a literal, which ends with its line at the latest.
    fn skip_literal(&mut self, quote: char) {
        while let Some((_, c)) = self.next_if(|c| c != '\n') {
            if c == '\\' {
                self.next();
            } else if c == quote {
                return;
            }
        }
    }
}

/// Whether `c` may be in a name: clang takes letters of any script, and `$`.
fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '$' || !c.is_ascii()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Vec<&str> {
        tokens(text).iter().map(|token| token.text).collect()
    }

    #[test]
    fn comments_and_blanks_are_no_tokens() {
        let text = "a /* b\n\"c */ ->d // e\n\"/* f\" '\\'' 0x1f;";
        let expected = ["a", "-", ">", "d", "\"/* f\"", "'\\''", "0x1f", ";"];
        assert_eq!(texts(text), expected);
    }

    #[test]
    fn a_directive_is_one_token_and_lines_are_counted() {
        let text = "/* c */ # if A && \\\n  B /* d\n e */\nx\n#define S \"a\\\"//\" // b\ny # z";
        let tokens = tokens(text);
        let all: Vec<_> = tokens.iter().map(|t| (t.line, t.text)).collect();
        assert_eq!(all[0], (1, "# if A && \\\n  B /* d\n e */"));
        assert_eq!(all[1], (4, "x"));
        assert_eq!(all[2], (5, "#define S \"a\\\"//\" // b"));
        assert_eq!(all[3..], [(6, "y"), (6, "#"), (6, "z")]);
        assert_eq!(tokens[0].kind, Kind::Directive);
        assert_eq!(tokens[4].kind, Kind::Mark);
    }

    #[test]
    fn what_does_not_end_ends_with_the_text() {
        for text in ["a /* b", "a // b", "\"a", "'", "#if \\", "#if /*", "\\"] {
            assert!(!tokens(text).is_empty(), "{text}");
        }
    }

    #[test]
    fn commas_in_brackets_do_not_split() {
        let tokens = tokens("int (*f)(a, b), c[1, 2], d");
        let parts = split_at_commas(&tokens);
        assert_eq!(
            parts.iter().map(|p| p.len()).collect::<Vec<_>>(),
            [10, 6, 1]
        );
        assert_eq!(behind_bracket(&tokens, 1), 5);
        assert_eq!(behind_bracket(&tokens, 5), 10);
    }
}
