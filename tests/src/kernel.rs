// SPDX-License-Identifier: GPL-2.0-only

//! Kernels: source packages fetched, configured, built and kept in the cache.
//!
//! `CACHE/VERSION/source` is the tree, `CACHE/VERSION/{plain,debug}` are the builds. A stamp beside
//! each names the inputs that it was made from, and is written last. If it is missing or differs,
//! the build is started again, and make does what is left of it. A tree is locked while it is
//! changed.

use std::fs::{self, File};
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::fs::FlockOperation;
use sha2::{Digest, Sha256};

use crate::codec::to_hex;
use crate::setup::{LLVM, Tools, rustc, setup};
use crate::shell::{cache, checkout, lock, logged, output, text};
use crate::target_core;

/// The kernel that everything is tested on.
pub const CURRENT: &str = "7.3";

/// The kernel with long-term support that the mini-HOWTO's session is tested on.
pub const LTS: &str = "6.12";

/// A kernel between these: its header is always read, and a full run boots it.
pub const BETWEEN: &str = "7.2";

/// The file in a build that names its inputs.
const STAMP: &str = ".tcm-stamp";

/// Debian suites that newer kernels than the machine's own are in.
const SUITES: [&str; 5] = [
    "trixie-backports",
    "forky-backports",
    "forky",
    "sid",
    "experimental",
];

/// The purpose of a kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flavour {
    /// Figures.
    Plain,
    /// Correctness: every checker is on.
    Debug,
    /// The same as plain, built with GCC.
    Gcc,
}

/// The compiler that a kernel is built with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compiler {
    /// clang and its tools, with `LLVM=1`.
    Llvm,
    /// GCC and binutils.
    Gcc,
}

impl Flavour {
    fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Debug => "debug",
            Self::Gcc => "gcc",
        }
    }

    fn fragments(self) -> &'static [&'static str] {
        match self {
            Self::Plain | Self::Gcc => &["guest.config"],
            Self::Debug => &["guest.config", "debug.config"],
        }
    }

    fn compiler(self) -> Compiler {
        match self {
            Self::Plain | Self::Debug => Compiler::Llvm,
            Self::Gcc => Compiler::Gcc,
        }
    }
}

/// A kernel, built.
#[derive(Clone, Debug)]
pub struct Kernel {
    /// The source tree.
    pub source: PathBuf,
    /// The build tree.
    pub build: PathBuf,
    /// The compiler of its C.
    pub compiler: Compiler,
    /// The tools that it was built with.
    pub tools: Tools,
    /// Directories whose modules guests take instead of the kernel's own.
    pub modules: Vec<PathBuf>,
}

/// Gets the kernel `version`, built; `TCM_KERNEL_SOURCE` and `TCM_KERNEL_BUILD` name one of the
/// user's own.
///
/// # Errors
///
/// If it cannot be fetched, configured as asked, or built.
pub fn get(version: &str, flavour: Flavour) -> Result<Kernel> {
    let tools = setup()?;
    if let Some(kernel) = own(&tools)? {
        return Ok(kernel);
    }
    let source = source(version)?;
    let build = cache()?.join(version).join(flavour.name());
    let mut kernel = Kernel {
        source,
        build,
        compiler: flavour.compiler(),
        tools,
        modules: Vec::new(),
    };
    let inputs = kernel.inputs(flavour)?;
    if kernel.stamp() != inputs {
        kernel.make_anew(version, flavour, &inputs)?;
    }
    if flavour == Flavour::Debug {
        kernel.modules.push(target_core::fixed(&kernel)?);
    }
    Ok(kernel)
}

/// The kernel of the user's own, if one is named.
fn own(tools: &Tools) -> Result<Option<Kernel>> {
    let named = |name| std::env::var_os(name).map(PathBuf::from);
    let (source, build) = match (named("TCM_KERNEL_SOURCE"), named("TCM_KERNEL_BUILD")) {
        (None, None) => return Ok(None),
        (Some(source), Some(build)) => (source, build),
        _ => bail!("set both TCM_KERNEL_SOURCE and TCM_KERNEL_BUILD, or neither"),
    };
    for (variable, dir, file) in [
        ("TCM_KERNEL_SOURCE", &source, "include/target"),
        ("TCM_KERNEL_BUILD", &build, "arch/x86/boot/bzImage"),
    ] {
        if !dir.join(file).exists() {
            bail!("{variable}={}: has no {file}", dir.display());
        }
    }
    Ok(Some(Kernel {
        source,
        build,
        compiler: Compiler::Llvm,
        tools: tools.clone(),
        modules: Vec::new(),
    }))
}

/// Gets the source of the kernel `version`.
///
/// # Errors
///
/// If no suite has its package, or it cannot be fetched.
pub fn source(version: &str) -> Result<PathBuf> {
    let valid = version.split('.').count() == 2
        && version
            .split('.')
            .all(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()));
    if !valid {
        bail!("kernel version `{version}`: want two numbers, such as {CURRENT}");
    }
    let dir = cache()?.join(version);
    let source = dir.join("source");
    let stamp = dir.join("source.stamp");
    if stamp.exists() {
        return Ok(source);
    }
    fs::create_dir_all(&dir)?;
    let _fetching = lock(&dir, FlockOperation::LockExclusive)?;
    if !stamp.exists() {
        let package = fetch(version, &dir)?;
        unpack(&package, &source)?;
        fs::write(
            stamp,
            package.file_name().unwrap_or_default().as_encoded_bytes(),
        )?;
        fs::remove_file(package)?;
    }
    Ok(source)
}

/// Downloads the source package to `dir`, from the machine's own suites or else from a newer one.
fn fetch(version: &str, dir: &Path) -> Result<PathBuf> {
    setup()?;
    let package = format!("linux-source-{version}");
    println!("fetching {package}");
    let own = Apt::machine();
    if own.has(&package) {
        return own.download(&package, dir);
    }
    let foreign = Apt::newer_suites()?;
    if foreign.has(&package) {
        return foreign.download(&package, dir);
    }
    bail!(
        "no Debian suite has {package}; name another version (`apt-cache search linux-source` lists \
         them), or a tree of your own in TCM_KERNEL_SOURCE and TCM_KERNEL_BUILD"
    );
}

/// apt, with the machine's settings or with settings of its own.
pub(crate) struct Apt {
    options: Vec<String>,
}

impl Apt {
    fn machine() -> Self {
        Self {
            options: Vec::new(),
        }
    }

    /// apt with [`SUITES`] of the machine's own mirror, and lists of its own, so that the machine's
    /// settings stay as they are.
    pub(crate) fn newer_suites() -> Result<Self> {
        let dir = cache()?.join("apt");
        for part in ["sources", "lists/partial", "cache/archives/partial"] {
            fs::create_dir_all(dir.join(part))?;
        }
        let mirror = mirror()?;
        let keyring = "/usr/share/keyrings/debian-archive-keyring.gpg";
        let source =
            SUITES.map(|suite| format!("deb [signed-by={keyring}] {mirror} {suite} main\n"));
        fs::write(dir.join("sources/suites.list"), source.concat())?;
        let dir = dir.display();
        let apt = Self {
            options: vec![
                "Dir::Etc::SourceList=/dev/null".to_owned(),
                format!("Dir::Etc::SourceParts={dir}/sources"),
                format!("Dir::State::Lists={dir}/lists"),
                format!("Dir::Cache={dir}/cache"),
                "Dir::State::status=/dev/null".to_owned(),
                "APT::Sandbox::User=".to_owned(),
            ],
        };
        // A suite that does not exist yet is no fault; one that has the package will do.
        let log = cache()?.join("apt-suites.log");
        let _ = logged(apt.command("apt-get").arg("update"), &log);
        Ok(apt)
    }

    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        for option in &self.options {
            command.arg("-o").arg(option);
        }
        command
    }

    fn has(&self, package: &str) -> bool {
        output(self.command("apt-cache").args(["show", package])).is_ok_and(|text| !text.is_empty())
    }

    pub(crate) fn download(&self, package: &str, dir: &Path) -> Result<PathBuf> {
        let mut command = self.command("apt-get");
        command.args(["download", package]).current_dir(dir);
        logged(&mut command, &dir.join("download.log"))?;
        let files = fs::read_dir(dir)?.filter_map(|entry| Some(entry.ok()?.path()));
        let mut debs = files.filter(|path| path.extension().is_some_and(|end| end == "deb"));
        debs.next().context("apt-get download gave no package")
    }
}

/// The address of the Debian mirror that the machine is set up with.
pub(crate) fn mirror() -> Result<String> {
    let format = "$(SITE) $(REPO_URI) $(ORIGIN) $(LABEL)";
    let mut command = Command::new("apt-get");
    command.args([
        "indextargets",
        "--format",
        format,
        "Created-By: Packages",
        "Origin: Debian",
    ]);
    let targets = output(&mut command)?;
    let debian = targets
        .lines()
        .find(|line| line.ends_with(" Debian Debian"));
    let uri = debian.and_then(|line| line.split(' ').nth(1));
    uri.map(ToOwned::to_owned)
        .context("the machine's package sources have no Debian mirror; run `apt-get update`")
}

fn unpack(package: &Path, source: &Path) -> Result<()> {
    println!("unpacking {}", package.display());
    let scratch = tempfile::tempdir_in(package.parent().unwrap_or(Path::new(".")))?;
    output(
        Command::new("dpkg-deb")
            .arg("-x")
            .arg(package)
            .arg(scratch.path()),
    )?;
    let sources = scratch.path().join("usr/src");
    let tarball = fs::read_dir(&sources)?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .find(|path| path.to_string_lossy().ends_with(".tar.xz"))
        .with_context(|| format!("no tarball in {}", package.display()))?;
    fs::create_dir_all(source)?;
    let mut tar = Command::new("tar");
    tar.arg("-xf")
        .arg(tarball)
        .arg("-C")
        .arg(source)
        .arg("--strip-components=1");
    output(&mut tar)?;
    Ok(())
}

impl Kernel {
    /// `make` for this kernel, as a user calls it whose PATH has the tools.
    #[must_use]
    pub fn make(&self) -> Command {
        let mut make = Command::new("make");
        let path = std::env::var("PATH").unwrap_or_default();
        make.arg("-C").arg(&self.source);
        make.arg(format!("O={}", self.build.display()));
        if self.compiler == Compiler::Llvm {
            make.arg("LLVM=1");
        }
        for name in ["RUSTC", "HOSTRUSTC"] {
            make.arg(format!("{name}={}", rustc().display()));
        }
        make.arg("RUSTDOC=/usr/bin/rustdoc")
            .arg("CLIPPY_DRIVER=/usr/bin/clippy-driver");
        make.arg(format!("BINDGEN={}", self.tools.bindgen.display()));
        make.arg(format!("-j{}", jobs()));
        make.env("PATH", format!("{LLVM}/bin:{path}"));
        make.env("LIBCLANG_PATH", format!("{LLVM}/lib"));
        // cargo sets variables for the programs that it runs; the kernel's make must not see them.
        let of_cargo = |name: &str| {
            name.starts_with("CARGO")
                || ["MAKEFLAGS", "MFLAGS", "RUSTFLAGS", "RUSTUP_TOOLCHAIN"].contains(&name)
        };
        for (name, _) in std::env::vars().filter(|(name, _)| of_cargo(name)) {
            make.env_remove(name);
        }
        make
    }

    /// Configures and builds it from `inputs`, unless another process has in the meantime.
    fn make_anew(&self, version: &str, flavour: Flavour, inputs: &str) -> Result<()> {
        fs::create_dir_all(&self.build)?;
        let _building = self.changed()?;
        if self.stamp() != inputs {
            let _ = fs::remove_file(self.build.join(STAMP));
            self.configure(flavour)?;
            self.build_all(&format!("linux {version} {}", flavour.name()))?;
            fs::write(self.build.join(STAMP), inputs)?;
        }
        Ok(())
    }

    /// The inputs that the kernel was made from, empty if it was not.
    pub(crate) fn stamp(&self) -> String {
        text(&self.build.join(STAMP))
    }

    /// The inputs that a kernel is made from.
    fn inputs(&self, flavour: Flavour) -> Result<String> {
        let mut hash = Sha256::new();
        for name in flavour.fragments() {
            hash.update(fs::read(fragment(name))?);
        }
        hash.update(output(Command::new(rustc()).arg("--version"))?);
        hash.update(self.tools.bindgen.as_os_str().as_encoded_bytes());
        let parent = self.source.parent().unwrap_or(&self.source);
        hash.update(text(&parent.join("source.stamp")));
        Ok(to_hex(&hash.finalize()))
    }

    /// Keeps the build tree from being changed until the result is dropped.
    ///
    /// # Errors
    ///
    /// As [`lock`].
    pub fn unchanged(&self) -> Result<File> {
        lock(&self.build, FlockOperation::LockShared)
    }

    /// Keeps others from using the build tree until the result is dropped.
    ///
    /// # Errors
    ///
    /// As [`lock`].
    pub fn changed(&self) -> Result<File> {
        lock(&self.build, FlockOperation::LockExclusive)
    }

    fn configure(&self, flavour: Flavour) -> Result<()> {
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

    /// Checks that every line of the fragments is in the configuration: make drops a symbol whose
    /// dependencies are not met without a message.
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
                    // A symbol that is not there at all is off as well.
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
            "{} does not take:\n{}",
            self.source.display(),
            lost.join("\n")
        );
    }

    /// Builds the kernel and its modules, and shows the progress.
    fn build_all(&self, what: &str) -> Result<()> {
        let log = self.build.join("build.log");
        println!("building {what}; see {}", log.display());
        let file = File::create(&log)?;
        let mut make = self.make();
        let mut child = make
            .stdin(Stdio::null())
            .stdout(file.try_clone()?)
            .stderr(file)
            .spawn()
            .context("cannot run make")?;
        let start = Instant::now();
        let status = loop {
            if let Some(status) = child.try_wait()? {
                break status;
            }
            show_progress(&log, start);
            std::thread::sleep(Duration::from_secs(2));
        };
        if io::stdout().is_terminal() {
            println!();
        }
        if !status.success() {
            let text = text(&log);
            let errors: Vec<_> = text.lines().filter(|line| line.contains("rror")).collect();
            bail!(
                "building {what} failed; see {}:\n{}",
                log.display(),
                errors.join("\n")
            );
        }
        println!("built {what} in {} s", start.elapsed().as_secs());
        Ok(())
    }

    /// The image to boot.
    #[must_use]
    pub fn image(&self) -> PathBuf {
        self.build.join("arch/x86/boot/bzImage")
    }

    /// The release, as `uname -r` says it.
    #[must_use]
    pub fn release(&self) -> String {
        text(&self.build.join("include/config/kernel.release"))
            .trim()
            .to_owned()
    }
}

/// On a terminal, how many steps are done; elsewhere a line a minute.
fn show_progress(log: &Path, start: Instant) {
    let seconds = start.elapsed().as_secs();
    let steps = text(log)
        .lines()
        .filter(|line| line.starts_with("  "))
        .count();
    if io::stdout().is_terminal() {
        print!("\r  {steps} steps, {seconds} s ");
        let _ = io::stdout().flush();
    } else if seconds % 60 < 2 && seconds >= 60 {
        println!("  {steps} steps, {seconds} s");
    }
}

fn fragment(name: &str) -> PathBuf {
    checkout().join("tests/kernel").join(name)
}

/// How many jobs to run at once.
#[must_use]
pub fn jobs() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}
