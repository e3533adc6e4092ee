// SPDX-License-Identifier: GPL-2.0-only

//! The configuration of a kernel: `tinyconfig` with the fragments of `tests/kernel`.

use std::fs;
use std::path::PathBuf;

use anyhow::{Result, bail};

use super::{Flavour, Kernel};
use crate::shell::{checkout, logged, text};

impl Kernel {
    /// Writes the configuration of a flavour: `tinyconfig` with its fragments.
    pub(super) fn configure(&self, flavour: Flavour) -> Result<()> {
        let log = self.build.join("configure.log");
        logged(self.make().arg("tinyconfig"), &log)?;
        let mut config = text(&self.build.join(".config"));
        for name in flavour.fragments() {
            config.push_str(&fs::read_to_string(fragment(name))?);
        }
        fs::write(self.build.join(".config"), config)?;
        logged(self.make().arg("olddefconfig"), &log)?;
        self.check_config(flavour)
    }

    /// Checks that the configuration has each line of the fragments: make silently drops symbols
    /// with unmet dependencies.
    fn check_config(&self, flavour: Flavour) -> Result<()> {
        let config = text(&self.build.join(".config"));
        let is_set = |line: &str| config.lines().any(|set| set == line);
        let mut lost = Vec::new();
        for name in flavour.fragments() {
            for line in fs::read_to_string(fragment(name))?.lines() {
                let off = line
                    .strip_prefix("# CONFIG_")
                    .and_then(|l| l.strip_suffix(" is not set"));
                let holds = match off {
                    // An absent symbol is off as well.
                    Some(symbol) => !config.contains(&format!("\nCONFIG_{symbol}=")),
                    None => !line.starts_with("CONFIG_") || is_set(line),
                };
                if !holds {
                    lost.push(format!("{name}: {line}"));
                }
            }
        }
        if lost.is_empty() {
            return Ok(());
        }
        bail!(
            "the configuration of {} lacks:\n{}",
            self.source.display(),
            lost.join("\n")
        );
    }
}

/// Path of a fragment.
pub(super) fn fragment(name: &str) -> PathBuf {
    checkout().join("tests/kernel").join(name)
}
