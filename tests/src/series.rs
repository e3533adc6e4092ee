// SPDX-License-Identifier: GPL-2.0-only

//! The series of patches for the kernel's own tree: the layer as `rust/kernel/target`, and a
//! reference driver on it. `tests/series/README.md` is its page.
//!
//! The texts are those of a generated module, with other imports. `tests/series` has the texts that only
//! a kernel tree needs: messages, documentation, tests, and entries in lists.

mod bench;
mod commits;
mod driver;
mod fixes;
mod imports;
mod kernel_edit;
mod layer;
mod needs;
mod newest;
mod ops;
mod patch;
mod proof;
mod root;
mod write;

use anyhow::{Context, Result};

pub(crate) use bench::timed;
use driver::{SCSI_HOST, Wrapper};
pub use newest::reduced;
pub use proof::{gates, prove};
pub use write::write;
pub(crate) use write::write_fixes;

/// The text of a file in `tests/series`.
macro_rules! data {
    ($path:literal) => {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/series/", $path))
    };
}
use data;

/// A reference driver, and the series that ends with it.
#[derive(Debug)]
pub struct Driver {
    /// The protocol.
    proto: &'static str,
    /// The name of the module.
    module: &'static str,
    /// The name of the data path.
    data_path: &'static str,
    /// A sentence on its handling of commands.
    about: &'static str,
    /// Wrappers of other subsystems, which become modules of the kernel crate.
    wrappers: &'static [Wrapper],
    /// The commands that the guest runs after the driver is loaded.
    session: &'static str,
}

const DRIVERS: [&Driver; 2] = [&LOOPBACK, &NOP];

const LOOPBACK: Driver = Driver {
    proto: "SAS",
    module: "tcm_loop_rust",
    data_path: "loopback",
    about: "It moves data between a SCSI host of this machine and target core: where a transport \
            belongs, a method calls `loopback.rs`.",
    wrappers: &[SCSI_HOST],
    session: proof::MOVE_DATA,
};

const NOP: Driver = Driver {
    proto: "iSCSI",
    module: "tcm_nop_rust",
    data_path: "nop",
    about: "It does not move data: where a transport belongs, a method does nothing and says so.",
    wrappers: &[],
    session: "",
};

impl Driver {
    /// Finds a driver by the name of its module.
    ///
    /// # Errors
    ///
    /// The name is unknown; the error lists the known ones.
    pub fn find(module: &str) -> Result<&'static Self> {
        let found = DRIVERS.into_iter().find(|driver| driver.module == module);
        found.with_context(|| {
            format!(
                "no series has {module}; there are {}",
                DRIVERS.map(|driver| driver.module).join(", ")
            )
        })
    }
}
