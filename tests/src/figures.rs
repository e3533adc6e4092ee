// SPDX-License-Identifier: GPL-2.0-only

//! The figures of all measurements: a table for machines, in `generator/doc/figures.tsv`. It has the
//! rows of the last run of each part.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::{Context, Result, anyhow, bail};
use clap::ValueEnum;

use crate::shell::checkout;

/// A part of the measurements.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, ValueEnum)]
pub enum Part {
    /// Generation and build of a module, and its directories.
    Module,
    /// The disk of a loopback module.
    Loopback,
    /// The disk of an iSCSI target.
    Iscsi,
    /// The disk of a USB gadget.
    Gadget,
}

/// A quantity of a generated module beside that of a peer.
#[derive(Clone, PartialEq, Debug)]
pub struct Figure {
    /// The quantity, and the peer.
    pub what: String,
    /// Unit of both values; empty for a ratio.
    pub unit: String,
    /// Value of the generated module, in decimal digits.
    pub ours: String,
    /// Value of the peer, in decimal digits.
    pub peer: String,
    /// The generated module's value divided by the peer's.
    pub ratio: f64,
    /// Target of the ratio.
    pub target: Target,
}

impl Figure {
    /// A figure of two measured values, ours and the peer's, shown with `digits` after the point.
    #[must_use]
    pub fn new(
        what: String,
        unit: &str,
        [ours, peer]: [f64; 2],
        digits: usize,
        target: Target,
    ) -> Self {
        Self {
            what,
            unit: unit.to_owned(),
            ours: format!("{ours:.digits$}"),
            peer: format!("{peer:.digits$}"),
            ratio: ours / peer,
            target,
        }
    }
}

/// The target of a ratio.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Target {
    /// A cost: at most this ratio.
    Most(f64),
    /// A rate: at least this ratio.
    Least(f64),
}

impl Target {
    /// Returns true if the ratio is on the wrong side of the target.
    #[must_use]
    pub fn is_missed(self, ratio: f64) -> bool {
        match self {
            Self::Most(target) => ratio > target,
            Self::Least(target) => ratio < target,
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Most(target) => write!(f, "<= {target:.2}"),
            Self::Least(target) => write!(f, ">= {target:.2}"),
        }
    }
}

impl FromStr for Target {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        match text.split_once(' ') {
            Some(("<=", number)) => Ok(Self::Most(number.parse()?)),
            Some((">=", number)) => Ok(Self::Least(number.parse()?)),
            _ => bail!("cannot read the target `{text}`"),
        }
    }
}

/// All figures, by part.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Table(Vec<(Part, Figure)>);

/// First line of the file.
const HEAD: &str = "part\twhat\tunit\tours\tpeer\tratio\ttarget\tmissed";

impl Table {
    /// Reads the table of the checkout.
    ///
    /// # Errors
    ///
    /// If the file is missing or has another form.
    pub fn read() -> Result<Self> {
        let path = path();
        let text = fs::read_to_string(&path);
        let text = text.with_context(|| format!("cannot read {}", path.display()))?;
        Self::parse(&text).with_context(|| format!("cannot read {}", path.display()))
    }

    /// Parses the text of the file.
    ///
    /// # Errors
    ///
    /// The line that has another form.
    pub fn parse(text: &str) -> Result<Self> {
        let mut lines = text.lines();
        if lines.next() != Some(HEAD) {
            bail!("the first line is not `{HEAD}`");
        }
        lines.map(row).collect::<Result<_>>().map(Self)
    }

    /// Writes the table of the checkout.
    ///
    /// # Errors
    ///
    /// If the file cannot be written.
    pub fn write(&self) -> Result<()> {
        let path = path();
        fs::write(&path, self.to_string())
            .with_context(|| format!("cannot write {}", path.display()))
    }

    /// Replaces the figures of a part.
    pub fn replace(&mut self, part: Part, figures: Vec<Figure>) {
        self.0.retain(|(other, _)| *other != part);
        self.0
            .extend(figures.into_iter().map(|figure| (part, figure)));
        self.0.sort_by_key(|(part, _)| *part);
    }

    /// The figure of a quantity.
    ///
    /// # Errors
    ///
    /// If the table does not have it.
    pub fn find(&self, what: &str) -> Result<&Figure> {
        let mut figures = self.0.iter().map(|(_, figure)| figure);
        let found = figures.find(|figure| figure.what == what);
        found.with_context(|| format!("cannot find the figure `{what}`"))
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{HEAD}")?;
        for (part, figure) in &self.0 {
            let value = part.to_possible_value();
            let name = value.as_ref().map_or("", |value| value.get_name());
            let Figure {
                what,
                unit,
                ours,
                peer,
                ratio,
                target,
            } = figure;
            let missed = target.is_missed(*ratio);
            writeln!(
                f,
                "{name}\t{what}\t{unit}\t{ours}\t{peer}\t{ratio:.3}\t{target}\t{missed}"
            )?;
        }
        Ok(())
    }
}

fn row(line: &str) -> Result<(Part, Figure)> {
    let fields: Vec<_> = line.split('\t').collect();
    let [part, what, unit, ours, peer, ratio, target, _] = fields[..] else {
        bail!("a row has eight columns: {line}");
    };
    let part = <Part as ValueEnum>::from_str(part, false);
    let part = part.map_err(|_| anyhow!("no part of the measurements: {line}"))?;
    let figure = Figure {
        what: what.to_owned(),
        unit: unit.to_owned(),
        ours: ours.to_owned(),
        peer: peer.to_owned(),
        ratio: ratio.parse().with_context(|| line.to_owned())?,
        target: target.parse()?,
    };
    Ok((part, figure))
}

/// Path of the file.
fn path() -> PathBuf {
    checkout().join(Path::new("generator/doc/figures.tsv"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figure(what: &str) -> Figure {
        Figure {
            what: what.to_owned(),
            unit: "s".to_owned(),
            ours: "3".to_owned(),
            peer: "2".to_owned(),
            ratio: 1.5,
            target: Target::Most(1.0),
        }
    }

    #[test]
    fn table_is_read_as_written() {
        let mut table = Table::default();
        table.replace(Part::Iscsi, vec![figure("a"), figure("b")]);
        table.replace(Part::Module, vec![figure("c")]);
        let text = table.to_string();
        assert_eq!(Table::parse(&text).unwrap(), table);
        assert_eq!(
            text.lines().nth(1),
            Some("module\tc\ts\t3\t2\t1.500\t<= 1.00\ttrue")
        );
    }

    #[test]
    fn part_replaces_its_own_figures_only() {
        let mut table = Table::default();
        table.replace(Part::Iscsi, vec![figure("a")]);
        table.replace(Part::Module, vec![figure("b")]);
        table.replace(Part::Iscsi, vec![figure("c")]);
        assert!(table.find("a").is_err());
        assert!(table.find("b").is_ok() && table.find("c").is_ok());
    }
}
