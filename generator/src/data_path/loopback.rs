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

/// The data path `loopback`.
pub(super) static LOOPBACK: DataPath = DataPath {
    name: "loopback",
    about: "Moves data: a SCSI host of the same machine is the initiator, and each LUN a disk there",
    protocols: &[],
    refusal: |_| None,
    parts: |features| {
        let device = if features.faux_bus {
            &FAUX_DEVICE
        } else {
            &ROOT_DEVICE
        };
        let rcu = if features.rcu { &CRATE_RCU } else { &OWN_RCU };
        vec![&HOST, device, rcu]
    },
    depends_on: &["SCSI"],
    selects: &[],
    kconfig_help: text!("Kconfig.help"),
    limits: &[
        "Initiators are SCSI hosts of this machine: there is no other wire.",
        "A portal group has one session at a time, and is always open: it has no ``enable``.",
        "There are no bidirectional commands.",
    ],
    driver: text!("driver.rs"),
    attributes: text!("attributes.rst"),
    rtslib: Rtslib {
        features: &["nexus", "tpgts"],
        methods: text!("rtslib.py"),
    },
};

/// The SCSI host and the transport.
static HOST: Part = Part {
    sources: &[
        Source::author("loopback.rs", text!("loopback.rs")),
        Source::generator("rcu.rs", text!("rcu.rs")),
        Source::generator("scsi_host.rs", text!("scsi_host.rs")),
        Source::generator("scsi_helpers.c", text!("scsi_helpers.c")),
        Source::generator("scsi_helpers.h", text!("scsi_helpers.h")),
    ],
    kbuild: text!("Kbuild"),
    bindings_helper: text!("bindings_helper.h"),
};

/// The device that a SCSI host hangs below: one on the faux bus.
static FAUX_DEVICE: Part = Part {
    sources: &[Source::generator(
        "scsi_host/parent_device.rs",
        text!("parent_device/faux/parent_device.rs"),
    )],
    kbuild: text!("parent_device/faux/Kbuild"),
    bindings_helper: text!("parent_device/faux/bindings_helper.h"),
};

/// The same for kernels whose crate has no faux bus: a root device.
static ROOT_DEVICE: Part = Part {
    sources: &[Source::generator(
        "scsi_host/parent_device.rs",
        text!("parent_device/root/parent_device.rs"),
    )],
    kbuild: text!("parent_device/root/Kbuild"),
    bindings_helper: text!("parent_device/root/bindings_helper.h"),
};

/// RCU's read side, from the kernel crate.
static CRATE_RCU: Part = Part {
    sources: &[Source::generator(
        "rcu/read_side.rs",
        text!("rcu/kernel_crate/read_side.rs"),
    )],
    kbuild: "",
    bindings_helper: "",
};

/// The same for kernels whose crate has none.
static OWN_RCU: Part = Part {
    sources: &[
        Source::generator("rcu/read_side.rs", text!("rcu/own/read_side.rs")),
        Source::generator("rcu_helpers.c", text!("rcu/own/rcu_helpers.c")),
        Source::generator("rcu_helpers.h", text!("rcu/own/rcu_helpers.h")),
    ],
    kbuild: text!("rcu/own/Kbuild"),
    bindings_helper: text!("rcu/own/bindings_helper.h"),
};
