// SPDX-License-Identifier: GPL-2.0-only

//! The gadget data path: a USB storage device for the host of a gadget, as in the kernel's `usb_f_tcm`.

use super::{DataPath, Part, Rtslib, Source};

/// The text of a file in the data path's folder.
macro_rules! text {
    ($path:literal) => {
        include_str!(concat!("../../../kernel-template/data_path/gadget/", $path))
    };
}

/// A file of the transport, owned by the author.
macro_rules! author {
    ($path:literal) => {
        Source::author($path, text!($path))
    };
}

/// A wrapper of another subsystem, owned by the generator.
macro_rules! generator {
    ($path:literal) => {
        Source::generator($path, text!($path))
    };
}

/// The data path `gadget`.
pub(super) static GADGET: DataPath = DataPath {
    name: "gadget",
    about: "Moves data: a USB gadget is a storage device, for UAS and the bulk-only transport",
    protocols: &["UAS", "SAS"],
    needs: None,
    parts: &[&PART],
    depends_on: &["USB_GADGET", "USB_CONFIGFS"],
    selects: &["USB_LIBCOMPOSITE"],
    kconfig_help: text!("Kconfig.help"),
    limits: &[
        "A portal group has one function of a gadget, and one host.",
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

/// The transport, and the wrappers of USB functions.
static PART: Part = Part {
    sources: &[
        author!("gadget.rs"),
        author!("gadget/bot.rs"),
        author!("gadget/direction.rs"),
        author!("gadget/group.rs"),
        author!("gadget/iu.rs"),
        author!("gadget/lane.rs"),
        author!("gadget/registry.rs"),
        author!("gadget/sense.rs"),
        author!("gadget/turn.rs"),
        author!("gadget/uas.rs"),
        author!("gadget/wrapper.rs"),
        generator!("irq_lock.rs"),
        generator!("usb_function.rs"),
        generator!("usb_function/binding.rs"),
        generator!("usb_function/callbacks.rs"),
        generator!("usb_function/descriptors.rs"),
        generator!("usb_function/function.rs"),
        generator!("usb_function/instance.rs"),
        generator!("usb_function/pipes.rs"),
        generator!("usb_function/request.rs"),
        generator!("usb_helpers.c"),
        generator!("usb_helpers.h"),
    ],
    kbuild: text!("Kbuild"),
    bindings_helper: text!("bindings_helper.h"),
};
