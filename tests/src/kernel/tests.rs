// SPDX-License-Identifier: GPL-2.0-only

//! Kept, repaired and repeated builds, with a Makefile in place of the kernel's.

use super::*;

/// Makefile that, like the kernel's, does not rebuild an existing product. It fails while a file
/// `broken` exists.
const MAKEFILE: &str = "\
FILES := Module.symvers arch/x86/boot/bzImage include/config/auto.conf \\
	include/config/kernel.release include/generated/autoconf.h include/generated/rustc_cfg \\
	modules.builtin modules.builtin.modinfo x.ko
all: $(addprefix $(O)/, $(FILES))
	@test ! -e $(O)/broken || { echo 'broken: no such thing'; exit 1; }
	@echo x.o > $(O)/modules.order
	@echo built >> $(O)/../log
$(O)/%:
	@mkdir -p $(@D) && echo whole > $@
tinyconfig:
	@echo '# made' > $(O)/.config
olddefconfig:
";

struct Tree {
    kernel: Kernel,
    dir: tempfile::TempDir,
}

impl Tree {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let (source, build) = (dir.path().join("source"), dir.path().join("plain"));
        fs::create_dir(&source).unwrap();
        fs::write(source.join("Makefile"), MAKEFILE).unwrap();
        let tools = Tools {
            bindgen: PathBuf::new(),
            virtme: PathBuf::new(),
        };
        let kernel = Kernel {
            source,
            build,
            compiler: Compiler::Gcc,
            arch: Arch::X86,
            tools,
            modules: Vec::new(),
        };
        Self { kernel, dir }
    }

    fn get(&self) -> Result<()> {
        self.kernel.make_anew(CURRENT, Flavour::Plain, "inputs")
    }

    /// Number of builds.
    fn builds(&self) -> usize {
        text(&self.dir.path().join("log")).lines().count()
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.kernel.build.join(name), text).unwrap();
    }
}

#[test]
fn whole_build_is_kept() {
    let tree = Tree::new();
    tree.get().unwrap();
    tree.get().unwrap();
    assert_eq!(tree.builds(), 1);
}

#[test]
fn damaged_product_is_made_again() {
    let tree = Tree::new();
    tree.get().unwrap();
    for (builds, name) in [(2, "Module.symvers"), (3, "x.ko")] {
        tree.write(name, "");
        tree.get().unwrap();
        assert_eq!(text(&tree.kernel.build.join(name)), "whole\n");
        assert_eq!(tree.builds(), builds);
    }
}

#[test]
fn build_that_make_cannot_complete_starts_from_scratch() {
    let tree = Tree::new();
    tree.get().unwrap();
    tree.write("broken", "");
    tree.write("Module.symvers", "");
    tree.get().unwrap();
    assert!(tree.kernel.is_whole("inputs"));
    assert_eq!(tree.builds(), 2);
}

#[test]
fn failing_build_shows_the_error_and_is_not_whole() {
    let tree = Tree::new();
    fs::create_dir(&tree.kernel.build).unwrap();
    tree.write("broken", "");
    let error = tree.get().unwrap_err().to_string();
    assert!(error.contains("broken: no such thing"), "{error}");
    assert!(!tree.kernel.is_whole("inputs"));
}

#[test]
fn build_is_not_whole_after_a_change_that_failed() {
    let tree = Tree::new();
    tree.get().unwrap();
    let order = |text| move || Ok(fs::write(text, "x.o\n")?);
    let path = tree.kernel.build.join("modules.order");
    tree.kernel.change(order(&path)).unwrap();
    assert!(tree.kernel.is_whole("inputs"));
    tree.kernel.change(|| bail!("interrupted")).unwrap_err();
    assert!(!tree.kernel.is_whole("inputs"));
    tree.get().unwrap();
    assert!(tree.kernel.is_whole("inputs"));
}
