// SPDX-License-Identifier: GPL-2.0-only

//! A machine to break: the kernel's build directory, and the environment of a user.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;
use xtask::kernel::Kernel;
use xtask::module::{Profile, builder};
use xtask::setup::LLVM;

/// A machine: the kernel's build directory, and the environment of a user.
pub(crate) struct Machine {
    pub(crate) scratch: TempDir,
    pub(crate) build: PathBuf,
    pub(crate) environment: BTreeMap<&'static str, String>,
}

impl Machine {
    /// The machine of the tests. The build directory consists of links, except for `rust`.
    pub(crate) fn new(kernel: &Kernel) -> Self {
        let scratch = tempfile::tempdir().unwrap();
        let build = scratch.path().join("build");
        link_entries(&kernel.build, &build);
        fs::remove_file(build.join("rust")).unwrap();
        link_entries(&kernel.build.join("rust"), &build.join("rust"));
        // make writes to the directory that the makefile names, and to the working directory.
        for name in [
            "Makefile",
            "Module.symvers",
            "modules.order",
            ".module-common.o",
        ] {
            let (file, old) = (build.join(name), kernel.build.join(name));
            if old.exists() {
                fs::remove_file(&file).unwrap();
                fs::copy(old, &file).unwrap();
            }
        }
        let makefile = format!(
            "export KBUILD_OUTPUT = {}\ninclude {}/Makefile\n",
            build.display(),
            kernel.source.display()
        );
        fs::write(build.join("Makefile"), makefile).unwrap();
        let bin = scratch.path().join("bin");
        fs::create_dir(&bin).unwrap();
        symlink(&kernel.tools.bindgen, bin.join("bindgen")).unwrap();
        let path = format!("{}:{LLVM}/bin:/usr/bin:/bin:/usr/sbin", bin.display());
        let mut machine = Self {
            scratch,
            build,
            environment: BTreeMap::new(),
        };
        machine.set("PATH", &path);
        machine.set("LIBCLANG_PATH", &format!("{LLVM}/lib"));
        machine.set("HOME", "/nonexistent");
        machine
    }

    pub(crate) fn set(&mut self, name: &'static str, value: &str) {
        self.environment.insert(name, value.to_owned());
    }

    /// A program of the user, first in PATH. Returns its path.
    pub(crate) fn program(&self, name: &str, script: &str) -> String {
        let path = self.scratch.path().join("bin").join(name);
        let _ = fs::remove_file(&path);
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        path.display().to_string()
    }

    /// Replaces a file of the build's `rust` by another text.
    pub(crate) fn crate_file(&self, name: &str, change: impl FnOnce(Vec<u8>) -> Option<Vec<u8>>) {
        let path = self.build.join("rust").join(name);
        let old = fs::read(&path).unwrap();
        fs::remove_file(&path).unwrap();
        if let Some(new) = change(old) {
            fs::write(path, new).unwrap();
        }
    }

    fn command(&self, program: impl AsRef<OsStr>, cwd: &Path) -> Output {
        let mut command = Command::new("timeout");
        command.arg("300").arg(program.as_ref()).env_clear();
        command
            .envs(&self.environment)
            .current_dir(cwd)
            .output()
            .unwrap()
    }

    /// Standard output and error of `doctor`, and true if it says that a module can be built.
    pub(crate) fn doctor(&self) -> (bool, String) {
        let script = format!(
            "exec {} doctor -k {}",
            builder(Profile::Dev).unwrap().display(),
            self.build.display()
        );
        self.shell(&script, Path::new("/"))
    }

    /// The output of `make` for the module in `dir`, and true if it builds the module.
    pub(crate) fn make(&self, dir: &Path, variables: &str) -> (bool, String) {
        let script = format!("exec make -s KDIR={} {variables}", self.build.display());
        self.shell(&script, dir)
    }

    pub(crate) fn shell(&self, script: &str, cwd: &Path) -> (bool, String) {
        let file = self.scratch.path().join("script");
        fs::write(&file, format!("#!/bin/sh\n{script} 2>&1\n")).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
        let output = self.command(&file, cwd);
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        (output.status.success(), text)
    }
}

/// Makes a directory with a link to each entry of another.
pub(crate) fn link_entries(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap().flatten() {
        symlink(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

/// The script of a bindgen that changes what the real one writes to standard output or `-o FILE`.
pub(crate) fn changed_bindgen(kernel: &Kernel, version: &str, edit: &str) -> String {
    format!(
        "[ \"$1\" != --version ] || {{ echo '{version}'; exit; }}\n\
         out=\nfor arg in \"$@\"; do [ \"$before\" != -o ] || out=$arg; before=$arg; done\n\
         if [ \"$out\" ]; then {bindgen} \"$@\" && sed -Ez -i '{edit}' \"$out\"\n\
         else {bindgen} \"$@\" | sed -Ez '{edit}'; fi",
        bindgen = kernel.tools.bindgen.display(),
    )
}
