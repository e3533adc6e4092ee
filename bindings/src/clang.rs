// SPDX-License-Identifier: GPL-2.0-only

//! Runs bindgen over the header, with stand-ins for what it includes, all of it from memory.
//!
//! The result is Rust text, which `parse` reads. bindgen panics at what it cannot translate, clang
//! may take for ever, and both write to the terminal: this file turns each of these into a
//! [`Failure`].

use std::any::Any;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs::File;
use std::os::fd::OwnedFd;
use std::panic::catch_unwind;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use bindgen::callbacks::{FieldInfo, MacroParsingBehavior, ParseCallbacks};
use bindgen::{BindgenError, Builder, Formatter};

use crate::STRUCT;

/// The headers that a fabric header may include. clang sees them empty: what the fabric header
/// needs of them is in [`TYPES`].
pub(crate) const INCLUDES: [&str; 18] = [
    "linux/bits.h",
    "linux/compiler.h",
    "linux/compiler_types.h",
    "linux/configfs.h",
    "linux/dma-direction.h",
    "linux/kconfig.h",
    "linux/kernel.h",
    "linux/kref.h",
    "linux/list.h",
    "linux/module.h",
    "linux/scatterlist.h",
    "linux/stddef.h",
    "linux/types.h",
    "scsi/scsi_cmnd.h",
    "scsi/scsi_common.h",
    "scsi/scsi_proto.h",
    "target/target_core_base.h",
    "target/target_core_backend.h",
];

const TYPES: &str = include_str!("../standins/types.h");

/// The directory of all headers as clang sees it; it exists in clang's memory only.
const STANDIN_DIR: &str = "/tcm-standins";

/// The path of the header as clang sees it.
pub(crate) const COPY: &str = "/tcm-standins/header.h";

/// A prefix for each field's name. Without it bindgen would write both the C field `type` and the C
/// field `type_` as `type_`.
pub(crate) const FIELD: &str = "c_";

/// How many errors clang reports before it stops: more than a header of the kernel's could have, and
/// few enough to be reported soon.
const ERRORS: &str = "-ferror-limit=200";

/// How long clang and bindgen may take over a header; they take a tenth of a second.
const PATIENCE: Duration = Duration::from_secs(10);

/// The stack for it. bindgen goes down a level for each type that is made of another.
const STACK: usize = 64 << 20;

/// Why the header could not be translated.
#[derive(Debug)]
pub(crate) enum Failure {
    /// libclang could not be loaded.
    NoLibclang(String),
    /// What clang calls errors, one a line.
    Diagnostics(String),
    /// bindgen panicked.
    Panic(String),
    /// clang or bindgen took longer than [`PATIENCE`].
    Late,
}

/// Where standard error goes is common to the process, so there is one call at a time.
static ONE: Mutex<()> = Mutex::new(());

/// The version of libclang, in its own words.
pub(crate) fn version() -> Result<String, Failure> {
    let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    let _quiet = QuietStderr::new();
    match catch_unwind(bindgen::clang_version) {
        Ok(version) => Ok(version.full),
        Err(panic) => Err(Failure::NoLibclang(first_line(&*panic))),
    }
}

/// Translates the struct of `text`, and what it names, into Rust text. `tagged` are the types that
/// the header names with a tag, and the tag.
pub(crate) fn translate(text: &str, tagged: &BTreeMap<&str, &str>) -> Result<String, Failure> {
    // To C, a struct that is first named among the arguments of a function exists in that function
    // alone, and bindgen then loses its `const`. So each is declared before.
    let mut declared = String::new();
    for (name, tag) in tagged.iter().filter(|(name, _)| **name != STRUCT) {
        if *tag != "enum" {
            let _ = writeln!(declared, "{tag} {name};");
        }
    }
    run(text.to_owned(), declared, FieldNames)
}

/// The names of the macros that are defined where clang has read `text`, if it can.
pub(crate) fn macros(text: &str) -> Option<Vec<String>> {
    let names = MacroNames::default();
    run(text.to_owned(), String::new(), names.clone()).ok()?;
    let names = names.0.lock().unwrap_or_else(PoisonError::into_inner);
    Some(names.clone())
}

/// Runs bindgen in a thread of its own, with a large stack and a time limit, its output off the
/// terminal.
fn run(
    text: String,
    declared: String,
    callbacks: impl ParseCallbacks + Send + 'static,
) -> Result<String, Failure> {
    let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    let _quiet = QuietStderr::new();
    let (sender, receiver) = mpsc::channel();
    let work = move || {
        let result = match catch_unwind(bindgen::clang_version) {
            Ok(_) => generate(&text, &declared, callbacks),
            Err(panic) => Err(Failure::NoLibclang(first_line(&*panic))),
        };
        // Fails if the result comes too late, when the receiver is gone.
        let _ = sender.send(result);
    };
    let thread = thread::Builder::new().stack_size(STACK).spawn(work);
    let thread = thread.map_err(|error| Failure::Panic(error.to_string()))?;
    match receiver.recv_timeout(PATIENCE) {
        Ok(result) => result,
        Err(RecvTimeoutError::Timeout) => Err(Failure::Late),
        Err(RecvTimeoutError::Disconnected) => {
            let panic = thread.join().err();
            let reason = panic.map(|panic| first_line(&*panic));
            Err(Failure::Panic(reason.unwrap_or_default()))
        }
    }
}

fn generate(
    text: &str,
    declared: &str,
    callbacks: impl ParseCallbacks + 'static,
) -> Result<String, Failure> {
    // The first is read as the main file, behind all others.
    let mut builder = Builder::default()
        .header_contents(COPY, text)
        .header_contents(&format!("{STANDIN_DIR}/types.h"), TYPES)
        .header_contents(&format!("{STANDIN_DIR}/declared.h"), declared);
    for include in INCLUDES {
        builder = builder.header_contents(&format!("{STANDIN_DIR}/{include}"), "");
    }
    let builder = builder
        .clang_args(["-nostdinc", "-w", ERRORS, "-fparse-all-comments"])
        // Without this clang spends long on suggestions for unknown names.
        .clang_arg("-fno-spell-checking")
        // As the kernel has it from 6.19 on: a struct with a tag may be a member without a name.
        .clang_arg("-fms-extensions")
        .clang_arg(format!("-I{STANDIN_DIR}"))
        .allowlist_type(STRUCT)
        .parse_callbacks(Box::new(callbacks))
        .ctypes_prefix("ffi")
        .use_core()
        .layout_tests(false)
        // bindgen would start clang to ask for its include directories; there are none to find.
        .detect_include_paths(false)
        .formatter(Formatter::None);
    match builder.generate() {
        Ok(bindings) => Ok(bindings.to_string()),
        Err(BindgenError::ClangDiagnostic(text)) => Err(Failure::Diagnostics(text)),
        Err(other) => Err(Failure::Panic(other.to_string())),
    }
}

/// The first line of a panic's message.
fn first_line(panic: &(dyn Any + Send)) -> String {
    let text = match panic.downcast_ref::<String>() {
        Some(text) => text,
        None => panic.downcast_ref::<&str>().copied().unwrap_or_default(),
    };
    let line = text.lines().next().unwrap_or("no reason given");
    // The names that it reports are the header's.
    line.replace(&format!("\"{FIELD}"), "\"")
}

/// Keeps the names of C's fields apart from bindgen's own.
#[derive(Debug)]
struct FieldNames;

impl ParseCallbacks for FieldNames {
    fn field_name(&self, info: FieldInfo<'_>) -> Option<String> {
        Some(format!("{FIELD}{}", info.field_name))
    }
}

/// Collects the names of macros.
#[derive(Clone, Debug, Default)]
struct MacroNames(Arc<Mutex<Vec<String>>>);

impl ParseCallbacks for MacroNames {
    fn will_parse_macro(&self, name: &str) -> MacroParsingBehavior {
        let mut names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        names.push(name.to_owned());
        MacroParsingBehavior::Ignore
    }
}

/// Keeps what clang and bindgen write, panics included, off the terminal while it lives: they come
/// back as values.
struct QuietStderr(Option<OwnedFd>);

impl QuietStderr {
    fn new() -> Self {
        let saved = rustix::io::dup(rustix::stdio::stderr()).ok();
        if let (Some(_), Ok(null)) = (&saved, File::options().write(true).open("/dev/null")) {
            // If it fails, the diagnostics are seen twice, which does no harm.
            let _ = rustix::stdio::dup2_stderr(null);
        }
        Self(saved)
    }
}

impl Drop for QuietStderr {
    fn drop(&mut self) {
        if let Some(saved) = &self.0 {
            let _ = rustix::stdio::dup2_stderr(saved);
        }
    }
}
