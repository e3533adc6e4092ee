// SPDX-License-Identifier: GPL-2.0-only

//! A kernel's configuration, and the unmet dependencies of a symbol.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// The values of a configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Config(BTreeMap<String, String>);

impl Config {
    /// Reads the configuration of a build directory; `None` if it is not configured.
    #[must_use]
    pub fn read(build: &Path) -> Option<Self> {
        // make reads auto.conf; .config may be newer or older.
        let files = ["include/config/auto.conf", ".config"];
        let text = files
            .iter()
            .find_map(|file| fs::read_to_string(build.join(file)).ok())?;
        Some(Self::parse(&text))
    }

    /// Reads lines `CONFIG_X=value`.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let lines = text.lines().filter_map(|line| {
            let (name, value) = line.strip_prefix("CONFIG_")?.split_once('=')?;
            Some((name.to_owned(), value.trim_matches('"').to_owned()))
        });
        Self(lines.collect())
    }

    /// The value of a symbol, without `CONFIG_` and without quotes; empty if it is not set.
    #[must_use]
    pub fn get(&self, symbol: &str) -> &str {
        self.0.get(symbol).map_or("", String::as_str)
    }

    /// Returns true if a symbol is `y` or `m`.
    #[must_use]
    pub fn is_on(&self, symbol: &str) -> bool {
        ["y", "m"].contains(&self.get(symbol))
    }

    /// The unmet `depends on` lines of a symbol in the text of a Kconfig file, each with the values of
    /// its symbols.
    #[must_use]
    pub fn unmet_dependencies(&self, kconfig: &str, symbol: &str) -> Vec<String> {
        let heads = [format!("config {symbol}"), format!("menuconfig {symbol}")];
        let lines = kconfig
            .lines()
            .skip_while(|line| !heads.iter().any(|head| line == head));
        let entry = lines
            .skip(1)
            .take_while(|line| line.is_empty() || line.starts_with(['\t', ' ']));
        let conditions = entry.filter_map(|line| line.trim().strip_prefix("depends on "));
        let failing = conditions.filter(|condition| !Condition::new(self, condition).any());
        failing.map(|condition| self.explained(condition)).collect()
    }

    fn explained(&self, condition: &str) -> String {
        let symbols = tokens(condition)
            .into_iter()
            .filter(|token| is_symbol(token));
        let values: Vec<_> = symbols
            .map(|symbol| match self.get(symbol) {
                "" => format!("{symbol} is not set"),
                value => format!("{symbol}={value}"),
            })
            .collect();
        format!("{condition} ({})", values.join(", "))
    }
}

/// A condition of Kconfig, parsed and evaluated in one pass.
struct Condition<'a> {
    config: &'a Config,
    tokens: Vec<&'a str>,
    at: usize,
}

impl<'a> Condition<'a> {
    fn new(config: &'a Config, text: &'a str) -> Self {
        Self {
            config,
            tokens: tokens(text),
            at: 0,
        }
    }

    fn next(&mut self) -> &'a str {
        let token = self.tokens.get(self.at).copied().unwrap_or_default();
        self.at += 1;
        token
    }

    fn is_next(&mut self, token: &str) -> bool {
        let is = self.tokens.get(self.at) == Some(&token);
        self.at += usize::from(is);
        is
    }

    /// `A || B`. Both sides are parsed, whatever the value of the first.
    fn any(&mut self) -> bool {
        let mut holds = self.all();
        while self.is_next("||") {
            holds |= self.all();
        }
        holds
    }

    fn all(&mut self) -> bool {
        let mut holds = self.one();
        while self.is_next("&&") {
            holds &= self.one();
        }
        holds
    }

    fn one(&mut self) -> bool {
        if self.is_next("!") {
            return !self.one();
        }
        if self.is_next("(") {
            let holds = self.any();
            self.is_next(")");
            return holds;
        }
        let left = self.next();
        let compare = self.tokens.get(self.at).copied().unwrap_or_default();
        if !["=", "!=", "<", "<=", ">", ">="].contains(&compare) {
            return self.config.is_on(left) || left == "y";
        }
        self.at += 1;
        let (left, right) = (self.value(left), self.next());
        let right = self.value(right);
        let numbers = (
            left.parse::<u64>().unwrap_or(0),
            right.parse::<u64>().unwrap_or(0),
        );
        match compare {
            "=" => left == right,
            "!=" => left != right,
            "<" => numbers.0 < numbers.1,
            "<=" => numbers.0 <= numbers.1,
            ">" => numbers.0 > numbers.1,
            _ => numbers.0 >= numbers.1,
        }
    }

    /// The value of a symbol, `n` if it is not set; any other token itself.
    fn value(&self, token: &'a str) -> &'a str {
        if !is_symbol(token) {
            return token.trim_matches('"');
        }
        match self.config.get(token) {
            "" => "n",
            value => value,
        }
    }
}

/// Returns true if a token is the name of a symbol, not a number or a value.
fn is_symbol(token: &str) -> bool {
    token.starts_with(|c: char| c.is_ascii_uppercase())
        || token.starts_with(|c: char| c.is_ascii_digit())
            && token.contains(|c: char| c.is_ascii_uppercase())
}

/// The words and operators of a condition.
fn tokens(text: &str) -> Vec<&str> {
    let is_word = |c: char| c.is_ascii_alphanumeric() || "_\"-./$".contains(c);
    let mut found = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let end = if is_word(first) {
            rest.find(|c: char| !is_word(c)).unwrap_or(rest.len())
        } else {
            let two = ["||", "&&", "!=", "<=", ">="]
                .iter()
                .any(|sign| rest.starts_with(sign));
            if two { 2 } else { first.len_utf8() }
        };
        found.push(&rest[..end]);
        rest = rest[end..].trim_start();
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const KCONFIG: &str = "\
config OTHER\n\tdepends on NOT_ASKED\n
config RUST\n\tbool \"Rust support\"\n\tdepends on HAVE_RUST\n\tdepends on !MODVERSIONS || GENDWARFKSYMS
\tdepends on !DEBUG_INFO_BTF || (PAHOLE_HAS_LANG_EXCLUDE && !LTO)\n\tselect X if Y
\tdepends on !KASAN_SW_TAGS || RUSTC_VERSION >= 109600\n\thelp\n\t  It depends on luck.\n
config LAST\n\tdepends on NOT_ASKED\n";

    fn unmet(config: &str) -> Vec<String> {
        Config::parse(config).unmet_dependencies(KCONFIG, "RUST")
    }

    #[test]
    fn unmet_dependencies_are_conditions_that_do_not_hold() {
        let fine = "CONFIG_HAVE_RUST=y\nCONFIG_RUSTC_VERSION=108501\n";
        assert_eq!(unmet(fine), Vec::<String>::new());
        assert_eq!(unmet(""), ["HAVE_RUST (HAVE_RUST is not set)"]);
        assert_eq!(
            unmet(&format!(
                "{fine}CONFIG_MODVERSIONS=y\nCONFIG_KASAN_SW_TAGS=y\n"
            )),
            [
                "!MODVERSIONS || GENDWARFKSYMS (MODVERSIONS=y, GENDWARFKSYMS is not set)",
                "!KASAN_SW_TAGS || RUSTC_VERSION >= 109600 (KASAN_SW_TAGS=y, RUSTC_VERSION=108501)",
            ]
        );
        let btf = format!("{fine}CONFIG_DEBUG_INFO_BTF=y\nCONFIG_PAHOLE_HAS_LANG_EXCLUDE=y\n");
        assert_eq!(unmet(&btf), Vec::<String>::new());
        assert_eq!(unmet(&format!("{btf}CONFIG_LTO=y\n")).len(), 1);
        assert_eq!(
            unmet(&format!(
                "{fine}CONFIG_KASAN_SW_TAGS=y\nCONFIG_RUSTC_VERSION=109600\n"
            )),
            Vec::<String>::new()
        );
    }

    #[test]
    fn comparisons_and_strings_are_evaluated() {
        let config = Config::parse("CONFIG_A=m\nCONFIG_TEXT=\"x y\"\nCONFIG_64BIT=y\n");
        assert_eq!(config.get("TEXT"), "x y");
        assert!(config.is_on("A") && !config.is_on("TEXT"));
        for (condition, holds) in [
            ("A=m", true),
            ("A != m", false),
            ("B = n", true),
            ("64BIT && A", true),
            ("!(A || B)", false),
        ] {
            assert_eq!(
                Condition::new(&config, condition).any(),
                holds,
                "{condition}"
            );
        }
    }
}
