// SPDX-License-Identifier: GPL-2.0-only

//! Modules with a data path of a test, which the command line does not have.

use std::fs;
use std::path::Path;

use anyhow::{Result, anyhow};
use tcm_bindings::Header;
use tcm_mod_builder::data_path::{DataPath, Rtslib};
use tcm_mod_builder::emit::{self, Destination, Input};
use tcm_mod_builder::module::files::Files;
use tcm_mod_builder::names::Names;
use tcm_mod_builder::plan;
use tcm_mod_builder::protocol::find;

use crate::kernel::{Kernel, build};

/// A data path for SAS without a driver, to be completed by a test.
pub const FOR_SAS: DataPath = DataPath {
    name: "",
    about: "",
    protocols: &["SAS"],
    needs: None,
    parts: &[],
    depends_on: &[],
    selects: &[],
    kconfig_help: "",
    limits: &[],
    driver: "",
    attributes: "",
    refused_initiators: None,
    rtslib: Rtslib {
        features: &[],
        methods: "",
    },
};

/// The name of a protocol that a data path supports: iSCSI if it supports all.
#[must_use]
pub fn protocol_of(data_path: &DataPath) -> &'static str {
    data_path.protocols.first().copied().unwrap_or("iSCSI")
}

/// Files of an out-of-tree module for SAS.
///
/// # Errors
///
/// If the header of the kernel cannot be read, or the module cannot be generated.
pub fn generate(tree: &Path, module: &str, data_path: &DataPath) -> Result<Files> {
    let model = tcm_bindings::read(&Header::in_tree(tree)?)?;
    let protocol = find("SAS").map_err(|error| anyhow!("{error}"))?;
    let plan = plan::plan(&model).map_err(|faults| anyhow!("{faults:?}"))?;
    let names = Names::new(module, None).map_err(|errors| anyhow!("{errors:?}"))?;
    let files = emit::module(&Input {
        plan: &plan,
        protocol,
        registered: protocol,
        names: &names,
        destination: Destination::OutOfTree,
        data_path,
    });
    files.map_err(|error| anyhow!("{error:?}"))
}

/// Writes the files to `dir`.
///
/// # Errors
///
/// If a file cannot be written.
pub fn write(files: &Files, dir: &Path) -> Result<()> {
    for (path, file) in files.iter() {
        let path = dir.join(path);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(path, &file.text)?;
    }
    Ok(())
}

/// Generates an out-of-tree module for SAS in `dir`, and builds it.
///
/// # Errors
///
/// As [`generate`] and [`write`], or if the build fails.
pub fn built(kernel: &Kernel, module: &str, data_path: &DataPath, dir: &Path) -> Result<()> {
    write(&generate(&kernel.source, module, data_path)?, dir)?;
    build(kernel, dir, &[]).map(drop)
}
