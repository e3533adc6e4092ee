// SPDX-License-Identifier: GPL-2.0-only

//! The loopback data path: a SCSI host of the same machine is the initiator, as in the kernel's
//! `tcm_loop`.

use super::{DataPath, Part, Rtslib, Source};

/// The data path `loopback`.
pub(super) static LOOPBACK: DataPath = DataPath {
    name: "loopback",
    about: "Moves data: a SCSI host of this machine is the initiator, and each LUN is a disk there",
    protocols: &[],
    needs: None,
    parts: &[&HOST],
    depends_on: &["SCSI"],
    selects: &[],
    kconfig_help: text!("loopback", "Kconfig.help"),
    limits: &[
        "Initiators are SCSI hosts of this machine: there is no other transport.",
        "A portal group has one session at a time, and is always open: it has no ``enable``.",
        "There are no bidirectional commands.",
    ],
    driver: text!("loopback", "driver.rs"),
    attributes: text!("loopback", "attributes.rst"),
    refused_initiators: None,
    rtslib: Rtslib {
        features: &["nexus", "tpgts"],
        methods: text!("loopback", "rtslib.py"),
    },
};

/// The SCSI host and the transport.
static HOST: Part = Part {
    sources: sources! { "loopback",
        author:
            "loopback.rs" "loopback/tmf.rs";
        generator:
            "rcu.rs" "rcu/read_side.rs" "rcu_helpers.c" "rcu_helpers.h" "scsi_helpers.c"
            "scsi_helpers.h" "scsi_host.rs" "scsi_host/callbacks.rs" "scsi_host/command.rs"
            "scsi_host/error_handlers.rs" "scsi_host/host.rs" "scsi_host/host_data.rs"
            "scsi_host/parent_device.rs" "scsi_host/parent_device/faux.rs"
            "scsi_host/parent_device/root.rs" "scsi_host/template.rs" "slot.rs"
            "slot/pointer.rs" "slot/srcu.rs";
    },
    kbuild: text!("loopback", "Kbuild"),
    bindings_helper: text!("loopback", "bindings_helper.h"),
};
