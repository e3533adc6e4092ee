// SPDX-License-Identifier: GPL-2.0-only

//! `cargo xtask`: the command line of the harness.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use clap::{Args, Parser, Subcommand};
use xtask::figures::Part;
use xtask::guest::Guest;
use xtask::kernel::{self, Flavour, Kernel, newest};
use xtask::module::build;
use xtask::series::{self, Driver};
use xtask::setup;
use xtask::suite::Length;

/// Builds kernels and modules, boots them, tests them, measures them.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

/// The arguments that select a kernel.
#[derive(Debug, Args)]
struct KernelArgs {
    /// Kernel version, such as 7.3 [default: the newest one available].
    version: Option<String>,
    /// Use the debug kernel, with KASAN, lockdep and kmemleak.
    #[arg(long)]
    debug: bool,
}

impl KernelArgs {
    fn get(&self) -> Result<Kernel> {
        let flavour = if self.debug {
            Flavour::Debug
        } else {
            Flavour::Plain
        };
        let version = self.version.as_deref();
        kernel::get(version.unwrap_or_else(|| newest()), flavour)
    }
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Installs missing packages and tools.
    Setup,
    /// Fetches and builds a kernel. Prints its source and build directories in the last two lines.
    Kernel(KernelArgs),
    /// Builds the module in a directory for a kernel, as `make LLVM=1 M=DIR` does.
    Build {
        /// The directory, as `tcm-mod-builder -o DIR` writes it.
        dir: PathBuf,
        #[command(flatten)]
        kernel: KernelArgs,
    },
    /// Runs a command in a guest, and fails if the kernel reports a fault.
    Boot {
        #[command(flatten)]
        kernel: KernelArgs,
        /// Directory of modules for modprobe; may be repeated.
        #[arg(long, value_name = "DIR")]
        module: Vec<PathBuf>,
        /// Use one processor whose clock counts instructions.
        #[arg(long)]
        icount: bool,
        /// Time limit, in seconds.
        #[arg(long, default_value_t = 600)]
        limit: u64,
        /// The command, for sh.
        #[arg(last = true, required = true)]
        command: Vec<String>,
    },
    /// Runs the session of the mini-HOWTO: generates, builds and loads a module, and shows its
    /// tree.
    Demo {
        /// Record a session with a module of its own instead, to `generator/doc/session.svg`.
        #[arg(long)]
        record: bool,
    },
    /// Runs the gates of the kernel on generated modules: clippy, W=1, rustfmt, checkpatch.
    Lint,
    /// Runs all tests, host and guest.
    Test {
        /// Run long tests at full length, which takes hours.
        #[arg(long)]
        full: bool,
    },
    /// Fuzzes the port names and TransportIDs of every protocol, and the iSCSI transport's PDUs.
    Fuzz {
        /// Time for all protocols together, in seconds.
        #[arg(long, default_value_t = 60)]
        seconds: u64,
        /// Seed of a run to repeat [default: random].
        #[arg(long)]
        seed: Option<u64>,
    },
    /// Builds modules for a distribution's kernel in a fresh Debian root, and boots that kernel.
    Stock,
    /// Proves the series of patches for the kernel: each patch builds, and the result boots.
    Series {
        /// Driver whose series to prove or write [default: all].
        module: Option<String>,
        /// Write that series for a kernel's tree instead, to an empty directory.
        #[arg(long, value_name = "DIR", requires = "module", requires = "kernel")]
        write: Option<PathBuf>,
        /// Kernel tree: the root of a git repository. The series is for its HEAD.
        #[arg(long, value_name = "TREE", requires = "write")]
        kernel: Option<PathBuf>,
    },
    /// Proves the fixes of target core: each fault appears only without its fix.
    Fixes {
        /// Fix to prove [default: all].
        name: Option<String>,
    },
    /// Runs the gates of one patch of a series, for git.
    #[command(hide = true)]
    SeriesGates {
        /// The driver of the series.
        module: String,
    },
    /// Makes a Debian package of the generator. Prints its path in the last line.
    Deb,
    /// Measures. Prints each figure as a ratio to that of a peer, and writes all to
    /// `generator/doc/figures.tsv`.
    Bench {
        /// Part to measure [default: all].
        #[arg(value_enum)]
        part: Option<Part>,
    },
    /// Draws the chart and the rows of the page on figures, from `generator/doc/figures.tsv`.
    Chart,
}

fn main() -> ExitCode {
    match run(Cli::parse().command) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("Error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<ExitCode> {
    match command {
        Command::Setup => drop(setup::setup()?),
        Command::Kernel(kernel) => {
            let kernel = kernel.get()?;
            println!("source {}", kernel.source.display());
            println!("build {}", kernel.build.display());
        }
        Command::Build { dir, kernel } => {
            let dir = dir
                .canonicalize()
                .with_context(|| format!("no directory {}", dir.display()))?;
            print!("{}", build(&kernel.get()?, &dir, &[])?);
        }
        Command::Demo { record: true } => xtask::recording::record()?,
        Command::Demo { record: false } => xtask::demo::demo()?,
        Command::Lint => xtask::lint::lint()?,
        Command::Test { full: true } => xtask::suite::test(Length::Full)?,
        Command::Test { full: false } => xtask::suite::test(Length::Short)?,
        Command::Fuzz { seconds, seed } => {
            let seed = seed.unwrap_or_else(|| fastrand::u64(..));
            xtask::fuzz::fuzz(Duration::from_secs(seconds), seed)?;
        }
        Command::Stock => xtask::stock::stock()?,
        Command::Series {
            module,
            write,
            kernel,
        } => {
            let driver = module.as_deref().map(Driver::find).transpose()?;
            match (driver, write, kernel) {
                (Some(driver), Some(dir), Some(tree)) => series::write(driver, &tree, &dir)?,
                _ => series::prove(driver)?,
            }
        }
        Command::Fixes { name } => xtask::fixes::fixes(name.as_deref())?,
        Command::SeriesGates { module } => series::gates(Driver::find(&module)?)?,
        Command::Deb => println!("{}", xtask::package::deb()?.display()),
        Command::Chart => xtask::chart::draw()?,
        Command::Bench { part } => xtask::bench::bench(part)?,
        Command::Boot {
            kernel,
            module,
            icount,
            limit,
            command,
        } => {
            let kernel = kernel.get()?;
            let mut guest = Guest::racing(&kernel);
            guest.modules = module;
            guest.limit = Duration::from_secs(limit);
            if icount {
                guest.count_instructions();
            }
            let outcome = guest.run(&command.join(" "))?;
            for report in &outcome.reports {
                eprintln!("kernel: {report}");
            }
            let count = outcome.reports.len();
            ensure!(count == 0, "the kernel reports {count} faults");
            return Ok(ExitCode::from(
                u8::try_from(outcome.status).unwrap_or(u8::MAX),
            ));
        }
    }
    Ok(ExitCode::SUCCESS)
}
