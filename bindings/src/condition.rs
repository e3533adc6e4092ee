// SPDX-License-Identifier: GPL-2.0-only

//! Which branches of `#if` hold, and what the others leave out of the struct.
//!
//! clang decides: it gets the directives alone, with a macro defined in each branch, so that other
//! faults of the header do no harm. That costs a run of clang, which is made on demand: the
//! kernel's own headers have no condition in the struct.

use std::cell::OnceCell;
use std::collections::BTreeSet;

use crate::clang;
use crate::text::{Text, directive};

/// The prefix of the macros that mark the branches.
const MARK: &str = "TCM_BRANCH_";

/// The directives that decide on branches.
const DECIDING: [&str; 10] = [
    "if", "ifdef", "ifndef", "elif", "elifdef", "elifndef", "else", "endif", "define", "undef",
];

/// The conditions of a header.
pub(crate) struct Conditions<'t, 'a> {
    text: &'t Text<'a>,
    /// The branches that hold; `None` if clang failed.
    holding: OnceCell<Option<BTreeSet<usize>>>,
}

impl<'t, 'a> Conditions<'t, 'a> {
    pub(crate) fn new(text: &'t Text<'a>) -> Self {
        Self {
            text,
            holding: OnceCell::new(),
        }
    }

    /// Whether clang sees what is in `branch`.
    pub(crate) fn holds(&self, branch: Option<usize>) -> bool {
        self.failing(branch, None).is_none()
    }

    /// What the struct lacks because a condition does not hold, in a sentence for each branch.
    pub(crate) fn left_out(&self) -> Vec<String> {
        let mut branches: Vec<(usize, Vec<&str>)> = Vec::new();
        for member in &self.text.members {
            let Some(branch) = self.failing(member.branch, member.outer) else {
                continue;
            };
            match branches.last_mut() {
                Some((last, names)) if *last == branch => names.extend(&member.names),
                _ => branches.push((branch, member.names.clone())),
            }
        }
        let sentences = branches.into_iter().filter_map(|(branch, names)| {
            let branch = &self.text.branches[branch];
            let names: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
            (!branch.is_comment).then(|| {
                format!(
                    "line {}: `{}` does not hold here, which leaves out {}; in a kernel where it \
                     holds, the struct has more than is read here",
                    branch.line,
                    branch.condition,
                    names.join(", ")
                )
            })
        });
        sentences.collect()
    }

    /// The condition that leaves out every definition of the struct, with its line.
    pub(crate) fn hides_struct(&self) -> Option<(usize, String)> {
        let branch = *self.text.definitions.first()?;
        let branch = &self.text.branches[self.failing(branch, None)?];
        Some((branch.line, branch.condition.clone()))
    }

    /// The outermost of the branches from `branch` up to `outer` that does not hold.
    fn failing(&self, branch: Option<usize>, outer: Option<usize>) -> Option<usize> {
        let mut failing = None;
        let mut next = branch;
        while let Some(index) = next.filter(|_| next != outer) {
            if !self.holds_itself(index) {
                failing = Some(index);
            }
            next = self.text.branches[index].parent;
        }
        failing
    }

    fn holds_itself(&self, branch: usize) -> bool {
        match self.holding.get_or_init(|| holding(self.text)) {
            Some(holding) => holding.contains(&branch),
            None => !self.text.branches[branch].is_comment,
        }
    }
}

/// The branches that hold.
fn holding(text: &Text<'_>) -> Option<BTreeSet<usize>> {
    let mut skeleton = String::new();
    let mut branches = 0;
    for token in text.directives() {
        let (name, _) = directive(token.text);
        if !DECIDING.contains(&name) {
            continue;
        }
        skeleton += token.text;
        skeleton.push('\n');
        if name.starts_with("if") || name.starts_with("el") {
            skeleton += &format!("#define {MARK}{branches} 1\n");
            branches += 1;
        }
    }
    let macros = clang::macros(&skeleton)?;
    let marks = macros.iter().filter_map(|name| name.strip_prefix(MARK));
    Some(marks.filter_map(|number| number.parse().ok()).collect())
}
