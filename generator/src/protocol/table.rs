// SPDX-License-Identifier: GPL-2.0-only

//! The table of protocols: a row for every identifier that T10 assigns. [`Protocol`] describes the
//! columns.

use super::examples::{fc, iscsi, naa, pcie, sas, sbp, sop, spi, srp, ssa};
use super::{NameForm, Ports, Protocol, TransportId};

/// The text of a file of `kernel-template/protocol`.
macro_rules! text {
    ($path:literal) => {
        template!("protocol/", $path)
    };
}

const NO_TRANSPORT_ID: Option<&str> = Some("T10 defines no TransportID for the protocol");
const NOT_IN_CORE: Option<&str> = Some("target core does not know the protocol's TransportIDs");

const FC_PORTS: Ports = Ports {
    target: "lport",
    initiator: "nport",
};
const PORTS: Ports = Ports {
    target: "tport",
    initiator: "iport",
};

const EIGHT_BYTES: NameForm = NameForm::Digits {
    prefix: "",
    count: 16,
};
const NAA: NameForm = NameForm::Digits {
    prefix: "naa.",
    count: 16,
};

/// The files that protocols with hexadecimal names share.
const HEX: &[(&str, &str)] = &[
    ("transport_id/hex.rs", text!("hex.rs")),
    ("transport_id/name.rs", text!("name.rs")),
];

/// The file that all protocols share.
const NAME: &[(&str, &str)] = &[("transport_id/name.rs", text!("name.rs"))];

/// The columns that ADT, ATA and UAS share: port names as in SAS, and no TransportIDs. Their rows add
/// the name and identifier of the protocol.
const NAA_WITHOUT_TRANSPORT_ID: Protocol = Protocol {
    name: "",
    aliases: &[],
    id: 0xf,
    title: "",
    constant: "",
    ports: PORTS,
    name_form: NAA,
    rtslib_types: &["naa"],
    example: naa::NAME,
    other_example: naa::OTHER_NAME,
    initiator_example: naa::INITIATOR_NAME,
    other_spellings: naa::SPELLINGS,
    refused: naa::REFUSED,
    transport_id: TransportId::None,
    no_reservations_because: NO_TRANSPORT_ID,
    may_register_as: &["SAS"],
    source: text!("naa.rs"),
    examples: text!("examples/naa.rs"),
    helpers: HEX,
};

/// Every protocol, by identifier.
pub static PROTOCOLS: [Protocol; 12] = [
    Protocol {
        name: "FC",
        aliases: &["FCP"],
        id: 0x0,
        title: "Fibre Channel",
        constant: "FCP",
        ports: FC_PORTS,
        name_form: NameForm::Bytes(8),
        rtslib_types: &["naa"],
        example: fc::NAME,
        other_example: fc::OTHER_NAME,
        initiator_example: fc::INITIATOR_NAME,
        other_spellings: fc::SPELLINGS,
        refused: fc::REFUSED,
        transport_id: TransportId::Fixed(24),
        no_reservations_because: None,
        may_register_as: &[],
        source: text!("fc.rs"),
        examples: text!("examples/fc.rs"),
        helpers: HEX,
    },
    Protocol {
        name: "SPI",
        aliases: &[],
        id: 0x1,
        title: "Parallel SCSI",
        constant: "SPI",
        ports: PORTS,
        name_form: NameForm::ScsiAddress,
        rtslib_types: &[],
        example: spi::NAME,
        other_example: spi::OTHER_NAME,
        initiator_example: spi::INITIATOR_NAME,
        other_spellings: spi::SPELLINGS,
        refused: spi::REFUSED,
        transport_id: TransportId::Fixed(24),
        no_reservations_because: NOT_IN_CORE,
        may_register_as: &[],
        source: text!("spi.rs"),
        examples: text!("examples/spi.rs"),
        helpers: NAME,
    },
    Protocol {
        name: "SSA",
        aliases: &[],
        id: 0x2,
        title: "Serial Storage Architecture",
        constant: "SSA",
        ports: PORTS,
        name_form: EIGHT_BYTES,
        rtslib_types: &["naa"],
        example: ssa::NAME,
        other_example: ssa::OTHER_NAME,
        initiator_example: ssa::INITIATOR_NAME,
        other_spellings: ssa::SPELLINGS,
        refused: ssa::REFUSED,
        transport_id: TransportId::None,
        no_reservations_because: NO_TRANSPORT_ID,
        may_register_as: &[],
        source: text!("ssa.rs"),
        examples: text!("examples/ssa.rs"),
        helpers: HEX,
    },
    Protocol {
        name: "SBP",
        aliases: &["1394"],
        id: 0x3,
        title: "IEEE 1394 (SBP)",
        constant: "SBP",
        ports: PORTS,
        name_form: EIGHT_BYTES,
        rtslib_types: &["eui"],
        example: sbp::NAME,
        other_example: sbp::OTHER_NAME,
        initiator_example: sbp::INITIATOR_NAME,
        other_spellings: sbp::SPELLINGS,
        refused: sbp::REFUSED,
        transport_id: TransportId::Fixed(24),
        no_reservations_because: None,
        may_register_as: &[],
        source: text!("sbp.rs"),
        examples: text!("examples/sbp.rs"),
        helpers: HEX,
    },
    Protocol {
        name: "SRP",
        aliases: &[],
        id: 0x4,
        title: "SCSI RDMA Protocol",
        constant: "SRP",
        ports: PORTS,
        name_form: NameForm::Digits {
            prefix: "0x",
            count: 32,
        },
        rtslib_types: &["ib"],
        example: srp::NAME,
        other_example: srp::OTHER_NAME,
        initiator_example: srp::INITIATOR_NAME,
        other_spellings: srp::SPELLINGS,
        refused: srp::REFUSED,
        transport_id: TransportId::Fixed(24),
        no_reservations_because: None,
        may_register_as: &[],
        source: text!("srp.rs"),
        examples: text!("examples/srp.rs"),
        helpers: HEX,
    },
    Protocol {
        name: "iSCSI",
        aliases: &[],
        id: 0x5,
        title: "iSCSI",
        constant: "ISCSI",
        ports: PORTS,
        name_form: NameForm::Iscsi,
        rtslib_types: &["iqn", "naa", "eui"],
        example: iscsi::NAME,
        other_example: iscsi::OTHER_NAME,
        initiator_example: iscsi::INITIATOR_NAME,
        other_spellings: iscsi::SPELLINGS,
        refused: iscsi::REFUSED,
        transport_id: TransportId::WithIsid {
            least: 24,
            most: 248,
        },
        no_reservations_because: None,
        may_register_as: &[],
        source: text!("iscsi.rs"),
        examples: text!("examples/iscsi.rs"),
        helpers: NAME,
    },
    Protocol {
        name: "SAS",
        aliases: &[],
        id: 0x6,
        title: "Serial Attached SCSI",
        constant: "SAS",
        ports: PORTS,
        name_form: NAA,
        rtslib_types: &["naa"],
        example: sas::NAME,
        other_example: sas::OTHER_NAME,
        initiator_example: sas::INITIATOR_NAME,
        other_spellings: sas::SPELLINGS,
        refused: sas::REFUSED,
        transport_id: TransportId::Fixed(24),
        no_reservations_because: None,
        may_register_as: &[],
        source: text!("sas.rs"),
        examples: text!("examples/sas.rs"),
        helpers: HEX,
    },
    Protocol {
        name: "ADT",
        id: 0x7,
        title: "Automation/Drive Interface",
        constant: "ADT",
        ..NAA_WITHOUT_TRANSPORT_ID
    },
    Protocol {
        name: "ATA",
        id: 0x8,
        title: "ATA/ATAPI",
        constant: "ATA",
        ..NAA_WITHOUT_TRANSPORT_ID
    },
    Protocol {
        name: "UAS",
        id: 0x9,
        title: "USB Attached SCSI",
        constant: "UAS",
        ..NAA_WITHOUT_TRANSPORT_ID
    },
    Protocol {
        name: "SOP",
        aliases: &[],
        id: 0xa,
        title: "SCSI over PCI Express",
        constant: "SOP",
        ports: PORTS,
        name_form: NameForm::Pci { has_domain: false },
        rtslib_types: &[],
        example: sop::NAME,
        other_example: sop::OTHER_NAME,
        initiator_example: sop::INITIATOR_NAME,
        other_spellings: sop::SPELLINGS,
        refused: sop::REFUSED,
        transport_id: TransportId::Fixed(24),
        no_reservations_because: NOT_IN_CORE,
        may_register_as: &[],
        source: text!("sop.rs"),
        examples: text!("examples/sop.rs"),
        helpers: HEX,
    },
    Protocol {
        name: "PCIe",
        aliases: &[],
        id: 0xb,
        title: "PCI Express",
        constant: "PCIE",
        ports: PORTS,
        name_form: NameForm::Pci { has_domain: true },
        rtslib_types: &[],
        example: pcie::NAME,
        other_example: pcie::OTHER_NAME,
        initiator_example: pcie::INITIATOR_NAME,
        other_spellings: pcie::SPELLINGS,
        refused: pcie::REFUSED,
        transport_id: TransportId::None,
        no_reservations_because: NO_TRANSPORT_ID,
        may_register_as: &[],
        source: text!("pcie.rs"),
        examples: text!("examples/pcie.rs"),
        helpers: HEX,
    },
];
