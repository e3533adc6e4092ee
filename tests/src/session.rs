// SPDX-License-Identifier: GPL-2.0-only

//! The session of the 2010 mini-HOWTO, and its configfs tree.

use std::collections::BTreeSet;
use std::fmt::Write;

use anyhow::{Result, bail};

/// A fabric for the session.
#[derive(Clone, Copy, Debug)]
pub struct Fabric<'a> {
    /// Name of the module.
    pub module: &'a str,
    /// Name in configfs.
    pub name: &'a str,
    /// A target port.
    pub wwn: &'a str,
    /// Number of the ramdisk HBA.
    pub hba: usize,
}

/// The fabric of the HOWTO.
pub const NAB5000: Fabric<'static> = Fabric {
    module: "tcm_nab5000",
    name: "nab5000",
    wwn: "iqn.foo",
    hba: 0,
};

/// Entries below the directory of the fabric in the HOWTO's listing, with a general name for the
/// target port, and without the link of the LUN.
const HOWTO: [&str; 13] = [
    "discovery_auth",
    "WWN",
    "WWN/tpgt_1",
    "WWN/tpgt_1/acls",
    "WWN/tpgt_1/attrib",
    "WWN/tpgt_1/lun",
    "WWN/tpgt_1/lun/lun_0",
    "WWN/tpgt_1/lun/lun_0/alua_tg_pt_gp",
    "WWN/tpgt_1/lun/lun_0/alua_tg_pt_offline",
    "WWN/tpgt_1/lun/lun_0/alua_tg_pt_status",
    "WWN/tpgt_1/lun/lun_0/alua_tg_pt_write_md",
    "WWN/tpgt_1/np",
    "WWN/tpgt_1/param",
];

/// Line before the listing in the output.
const TREE: &str = "--- tree of ";

/// Commands of the session: load, create, link, list and remove. The script stops at the first
/// failure. It calls `/usr/bin/find`, since busybox has no `-printf`.
#[must_use]
pub fn script(fabric: &Fabric<'_>) -> String {
    let Fabric {
        module,
        name,
        wwn,
        hba,
    } = fabric;
    format!(
        "set -e\n\
         T=/sys/kernel/config/target\n\
         modprobe {module}\n\
         mkdir -p $T/core/rd_mcp_{hba}/ram\n\
         echo rd_pages=1024 > $T/core/rd_mcp_{hba}/ram/control\n\
         echo 1 > $T/core/rd_mcp_{hba}/ram/enable\n\
         mkdir -p $T/{name}/{wwn}/tpgt_1/lun/lun_0\n\
         ln -s $T/core/rd_mcp_{hba}/ram $T/{name}/{wwn}/tpgt_1/lun/lun_0/{name}_port\n\
         echo '{TREE}{name}'\n\
         /usr/bin/find $T/{name} -mindepth 1 -printf '%y %P\\t%l\\n' | LC_ALL=C sort -k 2\n\
         echo '--- lsmod'\n\
         lsmod\n\
         echo '--- end'\n\
         rm $T/{name}/{wwn}/tpgt_1/lun/lun_0/{name}_port\n\
         rmdir $T/{name}/{wwn}/tpgt_1/lun/lun_0 $T/{name}/{wwn}/tpgt_1 $T/{name}/{wwn} $T/{name}\n\
         rmdir $T/core/rd_mcp_{hba}/ram $T/core/rd_mcp_{hba}\n\
         rmmod {module}\n\
         ! test -d /sys/module/{module}\n"
    )
}

/// An entry of a tree: path below the directory of the fabric, type, and target of a link.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    path: String,
    kind: char,
    link: String,
}

/// The tree of `fabric` in the output of the session.
#[must_use]
pub fn tree(fabric: &Fabric<'_>, output: &str) -> Vec<Entry> {
    let start = format!("{TREE}{}", fabric.name);
    let lines = output.lines().skip_while(|line| *line != start).skip(1);
    lines
        .take_while(|line| !line.starts_with("---"))
        .filter_map(|line| {
            let (kind, rest) = line.split_once(' ')?;
            let (path, link) = rest.split_once('\t')?;
            Some(Entry {
                path: path.to_owned(),
                kind: kind.chars().next()?,
                link: link.to_owned(),
            })
        })
        .collect()
}

/// The loaded modules in the output of the session.
#[must_use]
pub fn lsmod(output: &str) -> String {
    let lines = output
        .lines()
        .skip_while(|line| *line != "--- lsmod")
        .skip(1);
    lines
        .take_while(|line| !line.starts_with("---"))
        .collect::<Vec<_>>()
        .join("\n")
}

/// Checks the tree of a fabric: it has the entries of the HOWTO, and all others match the tree of a
/// C fabric module.
///
/// # Errors
///
/// The entries that are missing, or that only this tree has.
pub fn check(fabric: &Fabric<'_>, output: &str, own: &Fabric<'_>, own_output: &str) -> Result<()> {
    let found = general(fabric, &tree(fabric, output));
    let expected = general(own, &tree(own, own_output));
    let port = ('l', "WWN/tpgt_1/lun/lun_0/FABRIC_port".to_owned());
    let version = ('f', "version".to_owned());
    // The portal groups of the C module are always enabled.
    let enable = ('f', "WWN/tpgt_1/enable".to_owned());
    let mut faults = String::new();
    for entry in [&port, &version, &enable] {
        if !found.contains(entry) {
            let _ = writeln!(faults, "missing: {}", entry.1);
        }
    }
    for path in HOWTO
        .iter()
        .filter(|path| !found.iter().any(|(_, found)| found == *path))
    {
        let _ = writeln!(faults, "missing, and shown by the HOWTO: {path}");
    }
    for (_, path) in expected.difference(&found) {
        let _ = writeln!(faults, "missing, and there in {}: {path}", own.name);
    }
    for (_, path) in found
        .difference(&expected)
        .filter(|entry| **entry != enable)
    {
        let _ = writeln!(faults, "there, and not in {}: {path}", own.name);
    }
    if faults.is_empty() {
        Ok(())
    } else {
        bail!("the tree of {} is wrong:\n{faults}", fabric.name)
    }
}

/// Entries by type and path, with general names for those that depend on the fabric.
fn general(fabric: &Fabric<'_>, tree: &[Entry]) -> BTreeSet<(char, String)> {
    tree.iter()
        .map(|entry| {
            let path = entry.path.replacen(fabric.wwn, "WWN", 1);
            (
                entry.kind,
                path.replace(&format!("{}_port", fabric.name), "FABRIC_port"),
            )
        })
        .collect()
}

/// Directories with many entries, which are the same for each fabric.
const LONG: [&str; 2] = ["statistics", "param"];

/// Returns the tree with `…` in place of the entries of [`LONG`] directories.
#[must_use]
pub fn shortened(tree: Vec<Entry>) -> Vec<Entry> {
    let mut short: Vec<Entry> = Vec::new();
    for mut entry in tree {
        let mut names = entry.path.split('/');
        let depth = names.position(|name| LONG.contains(&name));
        if names.next().is_some() {
            let parts = entry.path.split('/').take(depth.unwrap_or_default() + 1);
            entry.path = parts.chain(["…"]).collect::<Vec<_>>().join("/");
        }
        if short.last().is_none_or(|last| last.path != entry.path) {
            short.push(entry);
        }
    }
    short
}

/// A tree in the format of tree(1).
#[must_use]
pub fn draw(root: &str, tree: &[Entry]) -> String {
    let mut text = format!("{root}\n");
    for (index, entry) in tree.iter().enumerate() {
        let depth = entry.path.matches('/').count();
        for level in 0..depth {
            text.push_str(if has_more(tree, index, level) {
                "|   "
            } else {
                "    "
            });
        }
        let name = entry.path.rsplit('/').next().unwrap_or_default();
        text.push_str(if has_more(tree, index, depth) {
            "|-- "
        } else {
            "`-- "
        });
        text.push_str(name);
        if !entry.link.is_empty() {
            let _ = write!(text, " -> {}", entry.link);
        }
        text.push('\n');
    }
    text
}

/// Returns true if the ancestor at `level` of the entry at `index`, or the entry itself, has a
/// later sibling.
fn has_more(tree: &[Entry], index: usize, level: usize) -> bool {
    let prefix = |path: &str| path.split('/').take(level).collect::<Vec<_>>().join("/");
    let own = prefix(&tree[index].path);
    let branch = |path: &str| path.split('/').nth(level).map(ToOwned::to_owned);
    let here = branch(&tree[index].path);
    tree[index + 1..]
        .iter()
        .any(|entry| prefix(&entry.path) == own && branch(&entry.path) != here)
}

#[cfg(test)]
mod tests {
    use super::*;

    const OUTPUT: &str =
        "noise\n--- tree of nab5000\nd a\t\nf a/b\t\nl a/c\t../x\nf d\t\n--- lsmod\n";

    #[test]
    fn tree_is_read_and_drawn() {
        let tree = tree(&NAB5000, OUTPUT);
        assert_eq!(tree.len(), 4);
        assert_eq!(
            draw("/t", &tree),
            "/t\n|-- a\n|   |-- b\n|   `-- c -> ../x\n`-- d\n"
        );
    }

    #[test]
    fn long_directories_are_shortened() {
        let entries = [
            "a",
            "a/statistics",
            "a/statistics/b",
            "a/statistics/b/c",
            "a/statistics/d",
            "e",
        ];
        let lines: String = entries.map(|path| format!("d {path}\t\n")).concat();
        let short = shortened(tree(&NAB5000, &format!("--- tree of nab5000\n{lines}")));
        let expected = "/t\n|-- a\n|   `-- statistics\n|       `-- …\n`-- e\n";
        assert_eq!(draw("/t", &short), expected);
    }

    #[test]
    fn tree_without_the_entries_of_the_howto_is_refused() {
        let error = check(&NAB5000, OUTPUT, &NAB5000, OUTPUT).unwrap_err();
        assert!(error.to_string().contains("discovery_auth"));
    }
}
