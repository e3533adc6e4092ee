// SPDX-License-Identifier: GPL-2.0-only

//! `target/ops.rs` in the kernel crate for a part of the layer: it has the ops and attributes whose
//! imports exist, and the slots of the others stay empty.
//!
//! The generator writes the text for a plan without the others. Items that are not part of a plan are
//! removed from the text.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, ensure};
use tcm_mod_builder::emit::ops_text;
use tcm_mod_builder::names::{callback, constant};
use tcm_mod_builder::plan::{Plan, Slot, SlotContent};

use super::imports::{self, exported, imported, rewritten};
use super::newest::reduced;

/// The size of a node ACL: in the text of the generator, and for a layer without node ACLs.
const NODE_ACL_SIZE: (&str, &str) = ("node_acl_size: NodeAcl::<T>::SIZE,", "node_acl_size: 0,");

/// The ops of a plan, and the modules of the layer that each slot and each group needs.
pub(super) struct Ops<'a> {
    plan: &'a Plan<'a>,
    slots: Vec<BTreeSet<String>>,
    groups: Vec<BTreeSet<String>>,
}

impl<'a> Ops<'a> {
    /// The ops of a plan, for a layer with this root.
    pub(super) fn new(plan: &'a Plan<'a>, root: &str) -> Result<Self> {
        let text = reduced(&ops_text(plan)).0;
        let needs = Needs::new(&text, root);
        let slots = plan.slots.iter().map(|slot| {
            let callback = callback(&slot.op.name).to_string();
            match slot.content {
                SlotContent::Null => Ok(BTreeSet::new()),
                SlotContent::CheckStopFree => needs.of(&callback),
                SlotContent::Method(_) => Ok(&needs.of(&slot.op.name)? | &needs.of(&callback)?),
            }
        });
        let groups = plan.groups.iter();
        let groups = groups.map(|group| needs.of(&constant(group).to_string()));
        Ok(Self {
            plan,
            slots: slots.collect::<Result<_>>()?,
            groups: groups.collect::<Result<_>>()?,
        })
    }

    /// The text for a layer with these modules, without `items`.
    pub(super) fn text(&self, modules: &BTreeSet<&str>, items: &[&str]) -> Result<String> {
        let text = reduced(&ops_text(&self.part(modules))).0;
        changed(&text, modules.contains("node_acl"), items)
    }

    /// The plan for a layer with these modules. The other slots and groups are empty.
    fn part(&self, modules: &BTreeSet<&str>) -> Plan<'a> {
        let has = |needs: &BTreeSet<String>| {
            let mut needs = needs.iter().map(String::as_str);
            needs.all(|module| module == "compat" || modules.contains(module))
        };
        let slots = self.plan.slots.iter().zip(&self.slots);
        let slots = slots.map(|(slot, needs)| Slot {
            op: slot.op,
            content: if has(needs) {
                slot.content.clone()
            } else {
                SlotContent::Null
            },
        });
        let groups = self.plan.groups.iter().copied().zip(&self.groups);
        let groups: Vec<_> = groups
            .filter(|(_, needs)| has(needs))
            .map(|(group, _)| group)
            .collect();
        let all = self.plan.groups.iter().chain(&self.plan.unknown_groups);
        let others = all.copied().filter(|group| !groups.contains(group));
        Plan {
            slots: slots.collect(),
            unknown_groups: others.collect(),
            groups,
            fields: self.plan.fields.clone(),
            warnings: Vec::new(),
        }
    }
}

/// The modules that the items of `ops.rs` need, found by the words in their text.
struct Needs<'a> {
    words: BTreeMap<&'a str, BTreeSet<&'a str>>,
    /// The module of each name that is imported from the layer.
    modules: BTreeMap<String, String>,
}

impl<'a> Needs<'a> {
    fn new(text: &'a str, root: &str) -> Self {
        let exports = exported(root);
        let paths = imported(text).into_iter();
        let modules = paths.filter_map(|path| {
            let path = path.strip_prefix("crate::target::")?;
            let (module, name) = match path.split_once("::") {
                Some((module, name)) => (module, name),
                None => (exports.get(path).map_or(path, String::as_str), path),
            };
            Some((name.to_owned(), module.to_owned()))
        });
        let (mut words, mut last) = (BTreeMap::<_, BTreeSet<_>>::new(), "");
        for paragraph in paragraphs(text) {
            last = declared(paragraph).unwrap_or(last);
            words
                .entry(last)
                .or_default()
                .extend(imports::words(paragraph));
        }
        Self {
            words,
            modules: modules.collect(),
        }
    }

    /// The modules that an item needs: a method of the trait, a callback, or a constant.
    fn of(&self, item: &str) -> Result<BTreeSet<String>> {
        let words = self.words.get(item);
        let words = words.with_context(|| format!("ops.rs has no item `{item}`"))?;
        let modules = words.iter().filter_map(|word| self.modules.get(*word));
        Ok(modules.cloned().collect())
    }
}

/// The text for the kernel crate: the generator's, without `items` and without imports that are unused
/// then.
fn changed(text: &str, has_node_acls: bool, items: &[&str]) -> Result<String> {
    let mut text = text.to_owned();
    if !has_node_acls {
        text = replaced(&text, NODE_ACL_SIZE.0, NODE_ACL_SIZE.1)?;
    }
    for item in items {
        text = without(&text, item)?;
    }
    let used = imports::words(&text);
    let is_used = |path: &str| {
        let name = path.rsplit(':').next().unwrap_or_default();
        name == "*" || used.contains(name)
    };
    let place = |path: &str| is_used(path).then(|| path.to_owned());
    Ok(rewritten(&text, place, &[]))
}

fn replaced(text: &str, from: &str, to: &str) -> Result<String> {
    ensure!(text.contains(from), "ops.rs has no `{from}`");
    Ok(text.replacen(from, to, 1))
}

/// The text without the type or constant of this name.
fn without(text: &str, item: &str) -> Result<String> {
    let kept = paragraphs(text).filter(|text| declared(text) != Some(item));
    let kept = kept.collect::<Vec<_>>().join("\n\n");
    ensure!(kept.len() < text.len(), "ops.rs has no item `{item}`");
    Ok(kept)
}

/// The paragraphs of a text. Blank lines separate items.
fn paragraphs(text: &str) -> impl Iterator<Item = &str> {
    text.split("\n\n")
}

/// Returns the name of the first type, constant or function that a paragraph declares.
fn declared(paragraph: &str) -> Option<&str> {
    const MODIFIERS: [&str; 5] = ["pub", "pub(super)", "unsafe", "extern", "\"C\""];
    paragraph.lines().find_map(|line| {
        let mut words = line.split_whitespace();
        let first = words.find(|word| !MODIFIERS.contains(word))?;
        let name = words
            .next()
            .filter(|_| ["type", "const", "fn"].contains(&first))?;
        name.split([':', '(', '<']).next()
    })
}
