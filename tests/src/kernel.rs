// SPDX-License-Identifier: GPL-2.0-only

//! Kernels: source packages that are fetched, configured, built and kept in the cache.
//!
//! `CACHE/VERSION/source` is the tree, `CACHE/VERSION/{plain,debug,…}` are the builds. A stamp in
//! each build names its inputs, and exists only while the build is complete. If the stamp is
//! missing or differs, or the size of a product has changed, make completes the build. If make
//! fails, the kernel is built from scratch. A tree is locked while it is changed.

mod apt;
mod config;
mod external;
mod known;
mod products;
mod streams;
pub(crate) mod target_core;

use std::fs::{self, File};
use std::panic::resume_unwind;
use std::path::PathBuf;
use std::process::Command;
use std::thread;
use std::time::Instant;

use anyhow::{Result, bail};
use rustix::fs::FlockOperation;
use sha2::{Digest, Sha256};

use crate::codec::to_hex;
use crate::setup::{LLVM, Tools, packages, rustc, tools};
use crate::shell::{cache, empty, lock, output, shown, text};

pub(crate) use apt::{Apt, mirror};
pub use external::{attempt, build};
pub use known::{BETWEEN, CURRENT, LTS, is_there, newest};
pub use streams::streams;

/// The stamp in a build, which names the inputs.
const STAMP: &str = ".tcm-stamp";

/// The purpose of a kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flavour {
    /// For measurements.
    Plain,
    /// For correctness: with all checkers.
    Debug,
    /// As plain, but built with GCC.
    Gcc,
    /// For contexts: `PREEMPT_RT`, with the checkers of locks and of calls through pointers.
    Realtime,
    /// For the demonstration: the least that it needs, since it waits for the build.
    Demo,
    /// As plain, but optimized when it is linked.
    ThinLto,
    /// For another processor, cross-built.
    Arm64,
}

/// The processor that a kernel is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arch {
    /// 64-bit x86, as the machine of the tests.
    X86,
    /// 64-bit Arm.
    Arm64,
}

impl Arch {
    /// The image to boot, below the build.
    fn image(self) -> &'static str {
        match self {
            Self::X86 => "arch/x86/boot/bzImage",
            Self::Arm64 => "arch/arm64/boot/Image",
        }
    }
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
            Self::Realtime => "realtime",
            Self::Demo => "demo",
            Self::ThinLto => "thinlto",
            Self::Arm64 => "arm64",
        }
    }

    fn fragments(self) -> &'static [&'static str] {
        match self {
            Self::Plain | Self::Gcc => &["guest.config"],
            Self::Debug => &["guest.config", "debug.config"],
            Self::Realtime => &["guest.config", "realtime.config"],
            Self::Demo => &["demo.config"],
            Self::ThinLto => &["guest.config", "thinlto.config"],
            Self::Arm64 => &["arm64.config"],
        }
    }

    fn compiler(self) -> Compiler {
        match self {
            Self::Gcc => Compiler::Gcc,
            _ => Compiler::Llvm,
        }
    }

    fn arch(self) -> Arch {
        match self {
            Self::Arm64 => Arch::Arm64,
            _ => Arch::X86,
        }
    }
}

/// A kernel that is built.
#[derive(Clone, Debug)]
pub struct Kernel {
    /// The source tree.
    pub source: PathBuf,
    /// The build tree.
    pub build: PathBuf,
    /// The compiler of its C.
    pub compiler: Compiler,
    /// Its processor.
    pub arch: Arch,
    /// The tools of its build.
    pub tools: Tools,
    /// Directories of modules that replace those of the kernel in guests.
    pub modules: Vec<PathBuf>,
}

/// Fetches and builds the kernel `version`. `TCM_KERNEL_SOURCE` and `TCM_KERNEL_BUILD` name a
/// kernel of the user instead.
///
/// # Errors
///
/// If it cannot be fetched, configured or built.
pub fn get(version: &str, flavour: Flavour) -> Result<Kernel> {
    packages()?;
    if let Some([source, build]) = own()? {
        return Ok(Kernel {
            source,
            build,
            compiler: Compiler::Llvm,
            arch: Arch::X86,
            tools: tools()?,
            modules: Vec::new(),
        });
    }
    // One compiles, the other waits for the network.
    let (tools, source) = thread::scope(|scope| {
        let source = scope.spawn(|| source(version));
        let tools = tools();
        let source = source.join();
        (tools, source.unwrap_or_else(|panic| resume_unwind(panic)))
    });
    let (tools, source) = (tools?, source?);
    let build = cache()?.join(version).join(flavour.name());
    let mut kernel = Kernel {
        source,
        build,
        compiler: flavour.compiler(),
        arch: flavour.arch(),
        tools,
        modules: Vec::new(),
    };
    let inputs = kernel.inputs(flavour)?;
    if !kernel.is_whole(&inputs) {
        kernel.make_anew(version, flavour, &inputs)?;
    }
    if flavour == Flavour::Debug {
        kernel.modules.push(target_core::fixed(&kernel)?);
    }
    Ok(kernel)
}

/// Source and build of the user's kernel, if the environment names one.
fn own() -> Result<Option<[PathBuf; 2]>> {
    let named = |name| std::env::var_os(name).map(PathBuf::from);
    let (source, build) = match (named("TCM_KERNEL_SOURCE"), named("TCM_KERNEL_BUILD")) {
        (None, None) => return Ok(None),
        (Some(source), Some(build)) => (source, build),
        _ => bail!("set both TCM_KERNEL_SOURCE and TCM_KERNEL_BUILD, or neither"),
    };
    for (variable, dir, file) in [
        ("TCM_KERNEL_SOURCE", &source, "include/target"),
        ("TCM_KERNEL_BUILD", &build, Arch::X86.image()),
    ] {
        if !dir.join(file).exists() {
            bail!("{variable}={}: has no {file}", dir.display());
        }
    }
    Ok(Some([source, build]))
}

/// Fetches the source of the kernel `version`. Returns its tree.
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
        let package = apt::fetch(version, &dir)?;
        apt::unpack(&package, &source)?;
        fs::write(
            stamp,
            package.file_name().unwrap_or_default().as_encoded_bytes(),
        )?;
        fs::remove_file(package)?;
    }
    Ok(source)
}

impl Kernel {
    /// `make` for this kernel, as called by a user with the tools in PATH.
    #[must_use]
    pub fn make(&self) -> Command {
        let mut make = Command::new("make");
        let path = std::env::var("PATH").unwrap_or_default();
        make.arg("-C").arg(&self.source);
        make.arg(format!("O={}", self.build.display()));
        if self.compiler == Compiler::Llvm {
            make.arg("LLVM=1");
        }
        if self.arch == Arch::Arm64 {
            make.arg("ARCH=arm64");
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
        // Variables that cargo sets for its programs must not reach the kernel's make.
        let of_cargo = |name: &str| {
            name.starts_with("CARGO")
                || ["MAKEFLAGS", "MFLAGS", "RUSTFLAGS", "RUSTUP_TOOLCHAIN"].contains(&name)
        };
        for (name, _) in std::env::vars().filter(|(name, _)| of_cargo(name)) {
            make.env_remove(name);
        }
        make
    }

    /// Configures and builds the kernel from `inputs`, unless another process has done so
    /// meanwhile.
    fn make_anew(&self, version: &str, flavour: Flavour, inputs: &str) -> Result<()> {
        fs::create_dir_all(&self.build)?;
        let _building = self.changed()?;
        if self.is_whole(inputs) {
            return Ok(());
        }
        let name = format!("linux {version} {}", flavour.name());
        let is_new = !self.build.join(".config").exists();
        let _ = fs::remove_file(self.build.join(STAMP));
        products::remove_damaged(&self.build)?;
        let mut built = self.configure(flavour).and_then(|()| self.build_all(&name));
        if let (false, Err(error)) = (is_new, &built) {
            println!("{error:#}\nbuilding {name} from scratch");
            empty(&self.build)?;
            built = self.configure(flavour).and_then(|()| self.build_all(&name));
        }
        built?;
        self.is_made_from(inputs)
    }

    /// Changes the build by `change`. If it fails or is interrupted, the next [`get`] repairs the
    /// build.
    ///
    /// # Errors
    ///
    /// Those of `change`, or if the build cannot be locked or written.
    pub fn change(&self, change: impl FnOnce() -> Result<()>) -> Result<()> {
        let _changing = self.changed()?;
        let inputs = self.stamp();
        if !inputs.is_empty() {
            fs::remove_file(self.build.join(STAMP))?;
        }
        change()?;
        if inputs.is_empty() {
            return Ok(());
        }
        self.is_made_from(&inputs)
    }

    /// Records that the build is complete.
    fn is_made_from(&self, inputs: &str) -> Result<()> {
        products::record(&self.build, self.arch.image())?;
        Ok(fs::write(self.build.join(STAMP), inputs)?)
    }

    /// Returns true if the build is made from `inputs`, and its products are undamaged.
    fn is_whole(&self, inputs: &str) -> bool {
        self.stamp() == inputs && products::are_whole(&self.build)
    }

    /// The inputs of the build, empty if it is incomplete.
    pub(crate) fn stamp(&self) -> String {
        text(&self.build.join(STAMP))
    }

    /// The inputs of a kernel, as a hash.
    fn inputs(&self, flavour: Flavour) -> Result<String> {
        let mut hash = Sha256::new();
        for name in flavour.fragments() {
            hash.update(fs::read(config::fragment(name))?);
        }
        hash.update(output(Command::new(rustc()).arg("--version"))?);
        hash.update(self.tools.bindgen.as_os_str().as_encoded_bytes());
        let parent = self.source.parent().unwrap_or(&self.source);
        hash.update(text(&parent.join("source.stamp")));
        Ok(to_hex(&hash.finalize()))
    }

    /// Locks the build tree against changes until the result is dropped.
    ///
    /// # Errors
    ///
    /// As [`lock`].
    pub fn unchanged(&self) -> Result<File> {
        lock(&self.build, FlockOperation::LockShared)
    }

    /// Locks the build tree against use by others until the result is dropped.
    ///
    /// # Errors
    ///
    /// As [`lock`].
    pub fn changed(&self) -> Result<File> {
        lock(&self.build, FlockOperation::LockExclusive)
    }

    /// Builds the kernel and its modules, and prints the progress.
    fn build_all(&self, what: &str) -> Result<()> {
        let log = self.build.join("build.log");
        println!("building {what}; see {}", log.display());
        let start = Instant::now();
        shown(&mut self.make(), &log)?;
        println!("built {what} in {} s", start.elapsed().as_secs());
        Ok(())
    }

    /// The image to boot.
    #[must_use]
    pub fn image(&self) -> PathBuf {
        self.build.join(self.arch.image())
    }

    /// The release, as in `uname -r`.
    #[must_use]
    pub fn release(&self) -> String {
        text(&self.build.join("include/config/kernel.release"))
            .trim()
            .to_owned()
    }
}

/// Number of jobs to run at once.
#[must_use]
pub fn jobs() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

#[cfg(test)]
mod tests;
