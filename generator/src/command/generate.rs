// SPDX-License-Identifier: GPL-2.0-only

//! Generating: a new module, in the kernel's tree or outside it.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail};
use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser};

use super::module::{Generated, Wanted};
use super::todo;
use crate::data_path::DATA_PATHS;
use crate::emit;
use crate::kernel::{self, Tree};
use crate::names::{Names, default_fabric};
use crate::output::examine::examine;
use crate::output::glue;
use crate::output::install::{self, Change, Directory, Edit};
use crate::output::manifest::Request;
use crate::output::print::{List, print, warn};
use crate::output::questions::{self, Answers};

/// Where in a kernel tree the fabric modules are.
const TARGET_DIR: &str = "drivers/target";

/// The arguments of generating.
#[derive(Debug, Args)]
#[group(multiple = true)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of its own on the command line"
)]
pub struct Arguments {
    /// T10 protocol identifier: FC, SPI, SSA, SBP, SRP, iSCSI, SAS, ADT, ATA, UAS, SOP or PCIe, in
    /// any case.
    #[arg(short, long, value_name = "PROTO")]
    proto: String,
    /// Module name, such as `tcm_nab5000`; the configfs name is this without a leading `tcm_`.
    #[arg(short, long, value_name = "NAME")]
    module: String,
    /// Register another identifier with target core, which knows no TransportIDs of this one: SAS for
    /// ADT, ATA or UAS.
    #[arg(long, value_name = "PROTO")]
    register_as: Option<String>,
    /// Another configfs name.
    #[arg(long, value_name = "NAME")]
    fabric_name: Option<String>,
    /// Kernel: a source tree, a build directory, or a distribution's headers [default: the one around
    /// the working directory, $KDIR, or the running one].
    #[arg(short, long, value_name = "DIR")]
    kernel: Option<PathBuf>,
    /// Write a self-contained module there, to be built with M=, instead of into drivers/target.
    #[arg(short, long, value_name = "DIR", conflicts_with_all = ["install", "no_install"])]
    output: Option<PathBuf>,
    /// What the module does with commands.
    #[arg(long, value_name = "KIND", default_value = DATA_PATHS[0].name, value_parser = data_paths())]
    data_path: String,
    /// Add the module to the makefile and the Kconfig of drivers/target without asking.
    #[arg(long, conflicts_with = "no_install")]
    install: bool,
    /// Add the module to neither, without asking.
    #[arg(long)]
    no_install: bool,
    /// Say what would be written and changed, and write nothing.
    #[arg(long)]
    dry_run: bool,
    /// Replace a module that this tool has generated and nobody has changed since.
    #[arg(long)]
    force: bool,
}

/// The data paths, for clap.
fn data_paths() -> PossibleValuesParser {
    PossibleValuesParser::new(
        DATA_PATHS
            .iter()
            .map(|path| PossibleValue::new(path.name).help(path.about)),
    )
}

/// Generates a module.
///
/// # Errors
///
/// The fault, with its remedy; nothing has been written.
pub(crate) fn generate(args: &Arguments) -> Result<()> {
    let wanted = Wanted::new(&request(args))?;
    let found = kernel::find(args.kernel.as_deref())?;
    let tree = found.source()?;
    if args.output.is_none() && found.is_headers_package() {
        bail!(
            "{} is a headers package, which no module is added to; say -o DIR for a directory of the \
             module's own, or name a source tree with -k",
            found.named().display()
        );
    }
    refuse_taken(tree, &wanted.names)?;
    let Generated {
        contents,
        warnings,
        to_do,
        ..
    } = wanted.generate(tree)?;
    for warning in &warnings {
        warn(warning);
    }
    let dir = match &args.output {
        Some(dir) => dir.clone(),
        None => tree.join(TARGET_DIR).join(wanted.names.module()),
    };
    let mut change = examine(&dir, contents, args.force)?;
    if args.output.is_none() {
        change.edits = edits(args, tree, &wanted.names)?;
    }
    if !args.dry_run {
        install::apply(&change)?;
    }
    report(&change, args.dry_run);
    print(&todo::lines(&to_do));
    print(&next_step(args, &found, &wanted.names));
    Ok(())
}

/// The request of the command line.
fn request(args: &Arguments) -> Request {
    let fabric = args.fabric_name.as_deref();
    Request {
        protocol: args.proto.clone(),
        register_as: args.register_as.clone(),
        module: args.module.clone(),
        fabric_name: fabric.unwrap_or(default_fabric(&args.module)).to_owned(),
        data_path: args.data_path.clone(),
        in_tree: args.output.is_none(),
    }
}

/// Refuses names that are taken in the kernel tree.
fn refuse_taken(tree: &Path, names: &Names) -> Result<()> {
    let own = Path::new(TARGET_DIR).join(names.module());
    let taken = kernel::taken(tree, &names.kconfig(), names.module(), &own);
    let mut faults = Vec::new();
    if let Some(path) = taken.module {
        faults.push(format!(
            "module `{}` is built by {} already; choose another name",
            names.module(),
            path.display()
        ));
    }
    if let Some(path) = taken.symbol {
        faults.push(format!(
            "CONFIG_{} is defined in {} already; choose another module name",
            names.kconfig(),
            path.display()
        ));
    }
    if faults.is_empty() {
        Ok(())
    } else {
        bail!(List(faults))
    }
}

/// The edits to the kernel's own files that the user wants.
fn edits(args: &Arguments, tree: &Path, names: &Names) -> Result<Vec<Edit>> {
    let mut answers = match (args.install, args.no_install, args.dry_run) {
        (true, ..) => Answers::always(true),
        (_, true, _) => Answers::always(false),
        // Nothing is written, so there is nothing to ask; what could be is shown.
        (_, _, true) => Answers::always(true),
        _ => Answers::from_stdin(),
    };
    let dir = tree.join(TARGET_DIR);
    let makefile = makefile(&dir)?;
    let mut edits = Vec::new();
    if answers.yes(&questions::question(
        names.module(),
        &relative(tree, &makefile),
    ))? {
        let old = read_text(&makefile)?;
        let new = glue::makefile(&old, &names.kconfig(), names.module());
        edits.push(Edit {
            path: makefile,
            old: Some(old),
            new: Some(new),
        });
    }
    let kconfig = dir.join("Kconfig");
    if answers.yes(&questions::question(
        names.module(),
        &relative(tree, &kconfig),
    ))? {
        let old = read_text(&kconfig)?;
        let new = glue::kconfig(&old, names.module())
            .map_err(|reason| anyhow!("{} {reason}", kconfig.display()))?;
        edits.push(Edit {
            path: kconfig,
            old: Some(old),
            new: Some(new),
        });
    }
    edits.retain(|edit| edit.old != edit.new);
    Ok(edits)
}

/// The makefile that Kbuild reads in `dir`: `Kbuild` if there is one, else `Makefile`.
fn makefile(dir: &Path) -> Result<PathBuf> {
    let candidates = ["Kbuild", "Makefile"].map(|name| dir.join(name));
    let found = candidates.into_iter().find(|path| path.is_file());
    found.ok_or_else(|| {
        anyhow!(
            "{} has neither Kbuild nor Makefile; name a full kernel source tree with -k DIR, or \
             write the module elsewhere with -o DIR",
            dir.display()
        )
    })
}

fn read_text(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

fn relative(tree: &Path, path: &Path) -> String {
    path.strip_prefix(tree)
        .unwrap_or(path)
        .display()
        .to_string()
}

/// The commands that the user types next.
fn next_step(args: &Arguments, tree: &Tree, names: &Names) -> String {
    let (module, symbol) = (names.module(), names.kconfig());
    // A source tree does not say where it is built.
    let kdir = tree
        .build()
        .map_or_else(|| "BUILD".into(), Path::to_string_lossy);
    match &args.output {
        _ if args.dry_run => "Next: the same without --dry-run\n".to_owned(),
        Some(dir) => format!("Next: make -C {} KDIR={kdir}\n", dir.display()),
        None => format!(
            "{}Next: scripts/config --module {symbol}, make LLVM=1 modules, modprobe {module}\n",
            emit::by_hand(names)
        ),
    }
}

/// Says what has changed, or would.
fn report(change: &Change, dry_run: bool) {
    let (write, edit) = if dry_run {
        ("Would write file", "Would change file")
    } else {
        ("Writing file", "Changing file")
    };
    match &change.directory {
        Directory::Keep => print(&format!("Unchanged: {}\n", change.dir.display())),
        Directory::Create(contents) | Directory::Replace(contents) => {
            for (path, _) in contents.files.iter() {
                print(&format!("{write}: {}\n", change.dir.join(path).display()));
            }
        }
    }
    for changed in change.outside.iter().chain(&change.edits) {
        let verb = if changed.old.is_none() { write } else { edit };
        print(&format!("{verb}: {}\n", changed.path.display()));
    }
}
