// SPDX-License-Identifier: GPL-2.0-only

//! The gadget data path: a USB storage device for the host of a gadget, as in the kernel's `usb_f_tcm`.

use super::{DataPath, Part, Rtslib, Source};

/// The data path `gadget`.
pub(super) static GADGET: DataPath = DataPath {
    name: "gadget",
    about: "Moves data: a USB gadget is a storage device, for UAS and the bulk-only transport",
    protocols: &["SAS", "UAS"],
    needs: None,
    parts: &[&TRANSPORT, &USB],
    depends_on: &["USB_GADGET", "USB_CONFIGFS"],
    selects: &["USB_LIBCOMPOSITE"],
    kconfig_help: text!("gadget", "Kconfig.help"),
    limits: &[
        "A portal group has one function of a gadget, and one host.",
        "There are no bidirectional commands.",
    ],
    driver: text!("gadget", "driver.rs"),
    attributes: text!("gadget", "attributes.rst"),
    refused_initiators: None,
    rtslib: Rtslib {
        features: &["nexus", "tpgts"],
        methods: text!("gadget", "rtslib.py"),
    },
};

/// The transport.
static TRANSPORT: Part = Part {
    sources: sources! { "gadget",
        author:
            "gadget.rs" "gadget/bot.rs" "gadget/bot/phases.rs" "gadget/bot/turn.rs"
            "gadget/bot/wrapper.rs" "gadget/direction.rs" "gadget/group.rs" "gadget/registry.rs"
            "gadget/sense.rs" "gadget/uas.rs" "gadget/uas/data.rs" "gadget/uas/iu.rs"
            "gadget/uas/lane.rs" "gadget/uas/unit.rs" "gadget/verify.rs";
        generator:;
    },
    kbuild: "",
    bindings_helper: "",
};

/// Wrappers of USB functions.
static USB: Part = Part {
    sources: sources! { "gadget",
        author:;
        generator:
            "irq_lock.rs" "usb_function.rs" "usb_function/binding.rs" "usb_function/gadget.rs"
            "usb_function/descriptors.rs" "usb_function/function.rs"
            "usb_function/function/callbacks.rs" "usb_function/instance.rs" "usb_function/pipes.rs"
            "usb_function/request.rs" "usb_function/request/canceller.rs"
            "usb_helpers.c" "usb_helpers.h";
    },
    kbuild: text!("gadget", "Kbuild"),
    bindings_helper: text!("gadget", "bindings_helper.h"),
};
