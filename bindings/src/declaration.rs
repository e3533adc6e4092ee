// SPDX-License-Identifier: GPL-2.0-only

//! A C declaration by its tokens: the name, the types, and the spelling.
//!
//! Some C types cannot be written in Rust, and of others bindgen loses a part: `volatile`, the
//! arguments of a function that returns a function, `u8` in an array. These are read here, from the
//! header's text.

use crate::ctype::CType;
use crate::text::TAGS;
use crate::token::{Kind, Token, behind_bracket, split_at_commas};

/// Qualifiers of a type, before it or before a name.
const QUALIFIERS: [&str; 4] = ["const", "volatile", "restrict", "__restrict"];

/// Qualifiers that bindgen drops without a trace, and that change what a driver may do.
const LOST: [&str; 4] = ["volatile", "restrict", "__restrict", "_Atomic"];

/// The keywords that C's own types are made of.
const TYPE_WORDS: [&str; 10] = [
    "void", "char", "short", "int", "long", "signed", "unsigned", "float", "double", "_Bool",
];

/// A function pointer as its declaration spells it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Function {
    pub(crate) ret: CType,
    /// The arguments, with their names where they have some.
    pub(crate) args: Vec<(Option<String>, CType)>,
    pub(crate) variadic: bool,
}

/// Where the name is in a declaration, or would be if it has none.
struct Place<'a> {
    index: usize,
    name: Option<&'a str>,
}

/// The name that a declaration declares.
pub(crate) fn name<'a>(tokens: &[Token<'a>]) -> Option<&'a str> {
    place(tokens).name
}

/// The name in a declarator without its type: `b` in the `b[4]` of `int a, b[4];`.
pub(crate) fn further_name<'a>(tokens: &[Token<'a>]) -> Option<&'a str> {
    let width = tokens.iter().position(|t| matches!(t.text, "[" | ":"));
    let words = tokens[..width.unwrap_or(tokens.len())].iter();
    let words = words.filter(|t| t.kind == Kind::Word && !QUALIFIERS.contains(&t.text));
    words.map(|token| token.text).next()
}

/// The function pointer that a declaration declares: `RET (*NAME)(ARGS)`.
pub(crate) fn function_pointer(tokens: &[Token<'_>]) -> Option<Function> {
    let Place { index, name } = place(tokens);
    name?;
    let star = index.checked_sub(1)?;
    let open = index.checked_sub(2)?;
    let args = index + 2;
    let fits = tokens[open].is("(")
        && tokens[star].is("*")
        && tokens.get(index + 1)?.is(")")
        && tokens.get(args)?.is("(");
    if !fits {
        return None;
    }
    let end = behind_bracket(tokens, args);
    let listed = split_at_commas(tokens.get(args + 1..end - 1)?);
    let (dots, listed): (Vec<_>, Vec<_>) = listed.into_iter().partition(|arg| arg[0].is("."));
    let is_void = matches!(listed[..], [[only]] if only.is("void"));
    let args = listed.into_iter().filter(|_| !is_void);
    Some(Function {
        ret: around(&tokens[..open], &tokens[end..]),
        args: args
            .map(|arg| (place(arg).name.map(str::to_owned), ctype(arg)))
            .collect(),
        variadic: !dots.is_empty(),
    })
}

/// Whether bindgen's reading of the declaration leaves something out.
pub(crate) fn loses(tokens: &[Token<'_>]) -> bool {
    tokens.iter().any(|token| LOST.contains(&token.text))
}

/// The type in a declaration, whatever its name is.
pub(crate) fn ctype(tokens: &[Token<'_>]) -> CType {
    let Place { index, name } = place(tokens);
    around(
        &tokens[..index],
        &tokens[index + usize::from(name.is_some())..],
    )
}

/// The type that a name between `before` and `after` has.
fn around(before: &[Token<'_>], after: &[Token<'_>]) -> CType {
    let plain = after.is_empty().then(|| plain(before)).flatten();
    if let Some(ctype) = plain {
        return ctype;
    }
    let mut before = spell(before);
    if !before.ends_with(['*', '(']) {
        before.push(' ');
    }
    CType::Other {
        before,
        after: spell(after),
    }
}

/// A named type, or pointers to one.
fn plain(tokens: &[Token<'_>]) -> Option<CType> {
    let stars = tokens
        .iter()
        .position(|t| t.is("*"))
        .unwrap_or(tokens.len());
    let (base, pointers) = tokens.split_at(stars);
    let mut is_const = base.iter().any(|t| t.is("const"));
    let words: Vec<_> = base.iter().filter(|t| !t.is("const")).collect();
    let known = |t: &&&Token<'_>| t.kind == Kind::Word && !LOST.contains(&t.text);
    let is_type = match words[..] {
        [word] => known(&&word) && !TAGS.contains(&word.text),
        [tag, word] if TAGS.contains(&tag.text) => known(&&word),
        _ => !words.is_empty() && words.iter().all(|t| TYPE_WORDS.contains(&t.text)),
    };
    if !is_type {
        return None;
    }
    let names: Vec<_> = words.iter().map(|t| t.text).collect();
    let mut ctype = match names[..] {
        ["void"] => CType::Void,
        _ => CType::Named(names.join(" ")),
    };
    for token in pointers {
        if token.is("const") {
            is_const = true;
        } else if token.is("*") {
            ctype = CType::Pointer {
                to: Box::new(ctype),
                is_const: std::mem::take(&mut is_const),
            };
        } else {
            return None;
        }
    }
    Some(ctype)
}

/// Finds the name, as C's grammar has it: behind the first `(*`, however deep, or behind the type.
fn place<'a>(tokens: &[Token<'a>]) -> Place<'a> {
    let nested = tokens
        .windows(2)
        .position(|pair| pair[0].is("(") && pair[1].is("*"));
    let start = nested.unwrap_or(0);
    let is_filler = |t: &Token<'_>| matches!(t.text, "(" | "*") || QUALIFIERS.contains(&t.text);
    if nested.is_some() {
        let index = start + tokens[start..].iter().take_while(|t| is_filler(t)).count();
        return at(tokens, index, true);
    }
    // Behind the type: the last word before an array, a bit-field's width or an attribute.
    let end = tokens
        .iter()
        .position(|t| matches!(t.text, "[" | ":" | "=" | "(" | "__attribute__"))
        .unwrap_or(tokens.len());
    let Some(last) = end.checked_sub(1) else {
        return at(tokens, end, false);
    };
    let words = tokens[..last].iter().filter(|t| t.kind == Kind::Word);
    let is_type = TYPE_WORDS.contains(&tokens[last].text)
        || QUALIFIERS.contains(&tokens[last].text)
        || last > 0 && TAGS.contains(&tokens[last - 1].text);
    let has_type = words.filter(|t| !QUALIFIERS.contains(&t.text)).count() > 0;
    if is_type || !has_type {
        return at(tokens, end, false);
    }
    at(tokens, last, true)
}

fn at<'a>(tokens: &[Token<'a>], index: usize, is_name: bool) -> Place<'a> {
    let token = tokens
        .get(index)
        .filter(|t| is_name && t.kind == Kind::Word);
    Place {
        index: index.min(tokens.len()),
        name: token.map(|t| t.text),
    }
}

/// Tokens as the kernel's style spaces them.
pub(crate) fn spell(tokens: &[Token<'_>]) -> String {
    let mut text = String::new();
    let mut last: Option<&Token<'_>> = None;
    for token in tokens {
        let space = last.is_some_and(|last| is_spaced(last, token));
        if space {
            text.push(' ');
        }
        text += token.text;
        last = Some(token);
    }
    text
}

fn is_spaced(last: &Token<'_>, token: &Token<'_>) -> bool {
    let is_word = |t: &Token<'_>| t.kind != Kind::Mark;
    match (last.text, token.text) {
        (",", _) => true,
        (_, "*") => is_word(last),
        // `int (*f)(…)`, but `__printf(1, 2)`.
        (_, "(") => is_word(last) && !last.text.starts_with("__"),
        ("*" | ")" | "]", _) => is_word(token) && last.text != "*",
        _ => is_word(last) && is_word(token),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::tokens;

    fn of(text: &str) -> (Option<String>, String) {
        let tokens = tokens(text);
        (name(&tokens).map(str::to_owned), ctype(&tokens).to_string())
    }

    #[test]
    fn a_declaration_is_a_name_and_a_type() {
        for (text, expected, spelled) in [
            ("u32 len", "len", "u32"),
            ("const char  * name", "name", "const char *"),
            ("struct a *b", "b", "struct a *"),
            ("char *const *p", "p", "char *const *"),
            ("unsigned int bit:1", "bit", "unsigned int :1"),
            ("u8 cdb[16]", "cdb", "u8 [16]"),
            ("const u8 (*cdb)[16]", "cdb", "const u8 (*)[16]"),
            ("int (*cb)(int cb)", "cb", "int (*)(int cb)"),
            ("int (*(*f)(int))(char)", "f", "int (*(*)(int))(char)"),
            ("volatile u32 *r", "r", "volatile u32 *"),
        ] {
            assert_eq!(of(text), (Some(expected.to_owned()), spelled.to_owned()));
        }
    }

    #[test]
    fn a_type_has_no_name() {
        for text in [
            "u32",
            "unsigned int",
            "struct a *",
            "enum b",
            "void",
            "const u8 (*)[16]",
            "int (*)(int)",
            "void *",
        ] {
            assert_eq!(of(text), (None, text.to_owned()));
        }
    }

    #[test]
    fn a_function_pointer_is_a_result_and_arguments() {
        let text = "struct a *(*f)(const u8 (*)[16], int (*cb)(int, int), u32 n, ...)";
        let tokens = tokens(text);
        let function = function_pointer(&tokens).unwrap();
        assert_eq!(function.ret.pointed_struct(), Some("a"));
        assert!(function.variadic);
        let args: Vec<_> = function
            .args
            .iter()
            .map(|(name, _)| name.as_deref())
            .collect();
        assert_eq!(args, [None, Some("cb"), Some("n")]);
        assert_eq!(function.args[1].1.to_string(), "int (*)(int, int)");
    }

    #[test]
    fn a_function_may_return_a_function() {
        let tokens = tokens("int (*(*f)(void))(char)");
        let function = function_pointer(&tokens).unwrap();
        assert_eq!(function.ret.to_string(), "int (*)(char)");
        assert_eq!(
            function.ret.declare("(*f)(void)"),
            "int (*(*f)(void))(char)"
        );
        assert!(function.args.is_empty());
    }

    #[test]
    fn what_is_none_is_no_function_pointer() {
        for text in [
            "int f(int)",
            "int (**f)(int)",
            "int (*f[4])(int)",
            "int",
            "",
            "(*",
            "(*f)(",
        ] {
            assert_eq!(function_pointer(&tokens(text)), None, "{text}");
        }
    }
}
