// SPDX-License-Identifier: GPL-2.0-only

//! Without a subcommand: generates a module, in the kernel's tree or outside it.

use std::path::{self, Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::builder::{PossibleValue, PossibleValuesParser};
use clap::{Args, ValueHint};

use super::KERNEL;
use crate::data_path::DATA_PATHS;
use crate::generate::{Generated, ModuleSpec, TARGET_DIR, edits, refuse_clashes, report};
use crate::kernel;
use crate::module::manifest::Request;
use crate::names::{self, default_fabric};
use crate::output::error::InstallError;
use crate::output::{examine, install};
use crate::ui::print::{print, warn};
use crate::ui::questions::Answers;

/// Arguments for generating a module.
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
    /// Protocol identifier to register with target core, which cannot parse the TransportIDs of ADT,
    /// ATA and UAS: SAS.
    #[arg(long, value_name = "PROTO")]
    register_as: Option<String>,
    /// Name in configfs [default: the module name without a leading `tcm_`].
    #[arg(long, value_name = "NAME")]
    fabric_name: Option<String>,
    #[arg(short, long, value_name = "DIR", value_hint = ValueHint::DirPath, help = KERNEL)]
    kernel: Option<PathBuf>,
    /// Directory for a module built outside the kernel's tree [default: drivers/target/NAME in the
    /// tree].
    #[arg(short, long, value_name = "DIR", value_hint = ValueHint::DirPath, conflicts_with_all = ["install", "no_install"])]
    output: Option<PathBuf>,
    /// Code that handles the initiators' commands.
    #[arg(long, value_name = "KIND", default_value = DATA_PATHS[0].name, value_parser = data_paths())]
    data_path: String,
    /// Add the module to the makefile and the Kconfig of drivers/target without asking.
    #[arg(long, conflicts_with = "no_install")]
    install: bool,
    /// Leave the makefile and the Kconfig of drivers/target unchanged, and do not ask.
    #[arg(long)]
    no_install: bool,
    /// Print the files that would be written and changed, and write nothing.
    #[arg(long)]
    dry_run: bool,
    /// Replace a generated module, if it has no edits.
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
    let request = request(args);
    if args.fabric_name.is_none() {
        names::refuse_fabric_of_kernel(&request.fabric_name)?;
    }
    let spec = ModuleSpec::new(&request)?;
    let names = spec.names();
    let found = kernel::find(args.kernel.as_deref())?;
    let tree = found.source()?;
    if args.output.is_none() && found.is_headers_package() {
        bail!(
            "cannot add a module to {}: it is a headers package; name a directory for the module with -o \
             DIR, or a source tree with -k DIR",
            found.named().display()
        );
    }
    refuse_clashes(tree, names)?;
    let Generated {
        contents,
        warnings,
        steps,
        ..
    } = spec.generate(tree)?;
    for warning in &warnings {
        warn(warning);
    }
    if let Some(dir) = args.output.as_deref().filter(|dir| is_refused_by_make(dir)) {
        warn(&format!(
            "a module in {} cannot be built: the kernel's make takes no path with a blank, `:` or `%`; \
             choose a path without them with -o DIR",
            dir.display()
        ));
    }
    let dir = match &args.output {
        Some(dir) => dir.clone(),
        None => tree.join(TARGET_DIR).join(names.module()),
    };
    let remedied = |error: InstallError| error.remedied("name another directory with -o DIR");
    let mut change = examine::examine(&dir, contents, args.force).map_err(remedied)?;
    let mut is_added = true;
    if args.output.is_none() {
        (change.edits, is_added) = edits(tree, names, answers(args))?;
    }
    if !args.dry_run {
        install::apply(&change).map_err(remedied)?;
    }
    let next = match &args.output {
        _ if args.dry_run => "Next: the same without --dry-run\n".to_owned(),
        Some(dir) => report::next_out_of_tree(dir, &found),
        None => report::next_in_tree(names, &found, tree, is_added),
    };
    let files = report::files(&change, args.dry_run);
    print(&(files + &report::steps(&steps) + &next)).context(if args.dry_run {
        "cannot list the files"
    } else {
        "the module is written; cannot print the report"
    })
}

/// Returns true if the kernel's make refuses to build a module in this directory.
fn is_refused_by_make(dir: &Path) -> bool {
    let dir = path::absolute(dir).unwrap_or_default();
    dir.to_string_lossy().contains([' ', ':', '%'])
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

/// Answers to the questions about the kernel's own build files.
fn answers(args: &Arguments) -> Answers {
    match (args.install, args.no_install, args.dry_run) {
        (true, ..) => Answers::always(true),
        (_, true, _) => Answers::always(false),
        // A dry run writes nothing, so it shows every edit without asking.
        (_, _, true) => Answers::always(true),
        _ => Answers::from_stdin(),
    }
}
