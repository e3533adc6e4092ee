// SPDX-License-Identifier: GPL-2.0-only

//! The loopback data path: a SCSI host of the same machine is the initiator, as in the kernel's
//! `tcm_loop`.

use super::{DataPath, Part, Rtslib, Source};

/// The text of a file in the data path's folder.
macro_rules! text {
    ($path:literal) => {
        include_str!(concat!(
            "../../../kernel-template/data_path/loopback/",
            $path
        ))
    };
}

/// A wrapper of another subsystem, owned by the generator.
macro_rules! generator {
    ($path:literal) => {
        Source::generator($path, text!($path))
    };
}

/// The data path `loopback`.
pub(super) static LOOPBACK: DataPath = DataPath {
    name: "loopback",
    about: "Moves data: a SCSI host of this machine is the initiator, and each LUN is a disk there",
    protocols: &[],
    needs: None,
    parts: &[&HOST],
    depends_on: &["SCSI"],
    selects: &[],
    kconfig_help: text!("Kconfig.help"),
    limits: &[
        "Initiators are SCSI hosts of this machine: there is no other transport.",
        "A portal group has one session at a time, and is always open: it has no ``enable``.",
        "There are no bidirectional commands.",
    ],
    driver: text!("driver.rs"),
    attributes: text!("attributes.rst"),
    refused_initiators: None,
    rtslib: Rtslib {
        features: &["nexus", "tpgts"],
        methods: text!("rtslib.py"),
    },
};

/// The SCSI host and the transport.
static HOST: Part = Part {
    sources: &[
        Source::author("loopback.rs", text!("loopback.rs")),
        Source::author("loopback/tmf.rs", text!("loopback/tmf.rs")),
        generator!("rcu.rs"),
        generator!("rcu/read_side.rs"),
        generator!("rcu_helpers.c"),
        generator!("rcu_helpers.h"),
        generator!("scsi_helpers.c"),
        generator!("scsi_helpers.h"),
        generator!("scsi_host.rs"),
        generator!("scsi_host/callbacks.rs"),
        generator!("scsi_host/command.rs"),
        generator!("scsi_host/error_handlers.rs"),
        generator!("scsi_host/host.rs"),
        generator!("scsi_host/host_data.rs"),
        generator!("scsi_host/parent_device.rs"),
        generator!("scsi_host/parent_device/faux.rs"),
        generator!("scsi_host/parent_device/root.rs"),
        generator!("scsi_host/template.rs"),
        generator!("slot.rs"),
        generator!("slot/srcu.rs"),
    ],
    kbuild: text!("Kbuild"),
    bindings_helper: text!("bindings_helper.h"),
};
