// SPDX-License-Identifier: GPL-2.0-only

//! The NOP data path: no session is created, so no command arrives.

use super::{DataPath, Rtslib};

/// The data path `nop`.
pub(super) static NOP: DataPath = DataPath {
    name: "nop",
    about: "Moves no data: no session is created, so no command arrives",
    protocols: &[],
    needs: None,
    parts: &[],
    depends_on: &[],
    selects: &[],
    kconfig_help: "",
    limits: &["No session is made, so no command arrives: what moves data is the driver's to add."],
    driver: template!("data_path/nop/driver.rs"),
    attributes: "",
    refused_initiators: None,
    rtslib: Rtslib {
        features: &["acls", "tpgts"],
        methods: "",
    },
};
