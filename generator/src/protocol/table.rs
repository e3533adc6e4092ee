// SPDX-License-Identifier: GPL-2.0-only

//! The rows: one for every identifier that T10 assigns to a protocol.
//!
//! Data alone; what the columns mean is with the type [`Protocol`].

use super::{NameForm, Ports, Protocol, TransportId, Vector};

/// The TransportID of a port, without an ISID.
const fn plain(name: &'static str, id: &'static [u8]) -> Vector {
    Vector {
        name,
        isid: None,
        id,
    }
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

/// The file that protocols with hexadecimal names share.
const HEX: &[(&str, &str)] = &[(
    "transport_id/hex.rs",
    include_str!("../../../kernel-template/protocol/hex.rs"),
)];

/// The columns that ADT, ATA and UAS share: names as in SAS, and no TransportIDs. Their rows add
/// the protocol's own names.
const NAA_WITHOUT_TRANSPORT_ID: Protocol = Protocol {
    name: "",
    aliases: &[],
    id: 0xf,
    title: "",
    constant: "",
    ports: PORTS,
    name_form: NAA,
    rtslib_types: &["naa"],
    example: "naa.5001405abcdef012",
    other_example: "naa.5001405abcdef013",
    initiator_example: "naa.500605b000001234",
    other_spellings: &[
        "naa.5001405ABCDEF012",
        "5001405abcdef012",
        "0x5001405abcdef012",
    ],
    refused: &[
        "naa.5001405abcdef01",
        "naa.5001405abcdef0123",
        "naa.5001405abcdef01g",
        "eui.5001405abcdef012",
    ],
    transport_id: TransportId::None,
    vectors: &[],
    no_reservations_because: NO_TRANSPORT_ID,
    may_register_as: &["SAS"],
    source: include_str!("../../../kernel-template/protocol/naa.rs"),
    helpers: HEX,
};

/// Every identifier that T10 assigns to a protocol, by identifier.
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
        example: "21:00:00:24:ff:31:4c:48",
        other_example: "21:00:00:24:ff:31:4c:49",
        initiator_example: "50:01:43:80:12:34:56:78",
        other_spellings: &[
            "21:00:00:24:FF:31:4C:48",
            "21000024ff314c48",
            "0x21000024FF314C48",
        ],
        refused: &[
            "21:00:00:24:ff:31:4c",
            "21:00:00:24:ff:31:4c:48:00",
            "21:00:00:24:ff:31:4c:4g",
            "2100:0024:ff31:4c48",
            "21000024ff314c4",
            "0x",
            "naa.21000024ff314c48",
        ],
        transport_id: TransportId::Fixed(24),
        // SPC-4, section 7.6.4.2: N_PORT_NAME in bytes 8 to 15.
        vectors: &[plain(
            "21:00:00:24:ff:31:4c:48",
            &[
                0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, //
                0x21, 0x00, 0x00, 0x24, 0xff, 0x31, 0x4c, 0x48, //
                0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, //
            ],
        )],
        no_reservations_because: None,
        may_register_as: &[],
        source: include_str!("../../../kernel-template/protocol/fc.rs"),
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
        example: "spi.0.1",
        other_example: "spi.15.65535",
        initiator_example: "spi.7.1",
        other_spellings: &["SPI.0.1", "Spi.0.1"],
        refused: &[
            "spi.",
            "spi.7",
            "spi.7.",
            "spi.7.1.1",
            "spi.07.1",
            "spi.7.65536",
            "spi.7.+1",
            "7.1",
        ],
        transport_id: TransportId::Fixed(24),
        // SPC-4, section 7.6.4.3: SCSI ADDRESS in bytes 2 and 3, RELATIVE TARGET PORT IDENTIFIER in
        // bytes 6 and 7.
        vectors: &[plain(
            "spi.15.4660",
            &[
                0x01, 0x00, 0x00, 0x0f, 0x00, 0x00, 0x12, 0x34, //
                0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, //
                0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, //
            ],
        )],
        no_reservations_because: NOT_IN_CORE,
        may_register_as: &[],
        source: include_str!("../../../kernel-template/protocol/spi.rs"),
        helpers: &[],
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
        example: "50050760000012ab",
        other_example: "50050760000012ac",
        initiator_example: "5005076000001234",
        other_spellings: &["50050760000012AB", "0x50050760000012ab"],
        refused: &[
            "5005076000001234a",
            "500507600000123",
            "500507600000123g",
            "naa.5005076000001234",
            "0x",
        ],
        transport_id: TransportId::None,
        vectors: &[],
        no_reservations_because: NO_TRANSPORT_ID,
        may_register_as: &[],
        source: include_str!("../../../kernel-template/protocol/ssa.rs"),
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
        example: "0090270001abcdef",
        other_example: "0090270001abcdf0",
        initiator_example: "080046030212ab34",
        other_spellings: &[
            "0090270001ABCDEF",
            "eui.0090270001abcdef",
            "0x0090270001ABCDEF",
        ],
        refused: &[
            "0090270001abcde",
            "0090270001abcdef0",
            "0090270001abcdeg",
            "00:90:27:00:01:ab:cd:ef",
            "naa.0090270001abcdef",
            "eui.",
        ],
        transport_id: TransportId::Fixed(24),
        // SPC-4, section 7.6.4.4: EUI-64 NAME in bytes 8 to 15.
        vectors: &[plain(
            "0090270001abcdef",
            &[
                0x03, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, //
                0x00, 0x90, 0x27, 0x00, 0x01, 0xab, 0xcd, 0xef, //
                0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, //
            ],
        )],
        no_reservations_because: None,
        may_register_as: &[],
        source: include_str!("../../../kernel-template/protocol/sbp.rs"),
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
        example: "0xfe80000000000000001175000077d8ee",
        other_example: "0x0000000000000000001175000077d8ee",
        initiator_example: "0xfe80000000000000f4521403007be0a1",
        other_spellings: &[
            "0XFE80000000000000001175000077D8EE",
            "fe80000000000000001175000077d8ee",
            "fe80:0000:0000:0000:0011:7500:0077:d8ee",
        ],
        refused: &[
            "0x",
            "0x123",
            "0xfe80000000000000001175000077d8ee00",
            "0xfe80000000000000001175000077d8eg",
            "fe80::11:7500:77:d8ee",
            "fe80:0000:0000:0000:0011:7500:0077",
            "ib.fe80000000000000001175000077d8ee",
        ],
        transport_id: TransportId::Fixed(24),
        // SPC-4, section 7.6.4.5: INITIATOR PORT IDENTIFIER in bytes 8 to 23.
        vectors: &[
            plain(
                "0xfe80000000000000001175000077d8ee",
                &[
                    0x04, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, //
                    0xfe, 0x80, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, //
                    0x00, 0x11, 0x75, 0x00, 0x00, 0x77, 0xd8, 0xee, //
                ],
            ),
            plain(
                "12aB",
                &[
                    0x04, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, //
                    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, //
                    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x12, 0xab, //
                ],
            ),
        ],
        no_reservations_because: None,
        may_register_as: &[],
        source: include_str!("../../../kernel-template/protocol/srp.rs"),
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
        example: "iqn.foo",
        other_example: "iqn.2003-01.org.example.host:target1",
        initiator_example: "iqn.1994-05.org.example.client:initiator1",
        other_spellings: &["iqn.FOO", "IQN.foo"],
        refused: &[
            "foo",
            "iqn.",
            "iqn.foo_bar",
            "eui.0123456789abcde",
            "naa.0123456789abcdeg",
        ],
        transport_id: TransportId::WithIsid {
            least: 24,
            most: 248,
        },
        // SPC-4, section 7.6.4.6: ADDITIONAL LENGTH, at least 20 and a multiple of four, in bytes 2
        // and 3; then the name, format 00b (table 507), or the name, a separator and the ISID, format
        // 01b (table 508); and NUL.
        vectors: &[
            plain("iqn.foo", b"\x05\0\0\x14iqn.foo\0\0\0\0\0\0\0\0\0\0\0\0\0"),
            plain(
                "iqn.1994-05.org.example:a",
                b"\x05\0\0\x1ciqn.1994-05.org.example:a\0\0\0",
            ),
            Vector {
                name: "iqn.1994-05.org.example:a",
                isid: Some("00023d000001"),
                id: b"\x45\0\0\x2ciqn.1994-05.org.example:a,i,0x00023d000001\0\0",
            },
        ],
        no_reservations_because: None,
        may_register_as: &[],
        source: include_str!("../../../kernel-template/protocol/iscsi.rs"),
        helpers: &[],
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
        example: "naa.5001405abcdef012",
        other_example: "naa.5001405abcdef013",
        initiator_example: "naa.500605b000001234",
        other_spellings: &[
            "naa.5001405ABCDEF012",
            "5001405abcdef012",
            "0x5001405abcdef012",
        ],
        refused: &[
            "naa.5001405abcdef01",
            "naa.5001405abcdef0123",
            "naa.5001405abcdef01g",
            "eui.5001405abcdef012",
            "0xnaa.5001405abcdef012",
        ],
        transport_id: TransportId::Fixed(24),
        // SPC-4, section 7.6.4.7: SAS ADDRESS in bytes 4 to 11.
        vectors: &[plain(
            "naa.5001405abcdef012",
            &[
                0x06, 0x00, 0x00, 0x00, 0x50, 0x01, 0x40, 0x5a, //
                0xbc, 0xde, 0xf0, 0x12, 0x00, 0x00, 0x00, 0x00, //
                0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, //
            ],
        )],
        no_reservations_because: None,
        may_register_as: &[],
        source: include_str!("../../../kernel-template/protocol/sas.rs"),
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
        example: "3b:00.1",
        other_example: "3b:1f.7",
        initiator_example: "00:02.0",
        other_spellings: &["3B:00.1"],
        refused: &[
            "3b:00",
            "3b:00.8",
            "3b:20.0",
            "3b:0.1",
            "0000:3b:00.1",
            "3g:00.0",
            "3b.00.1",
        ],
        transport_id: TransportId::Fixed(24),
        // SPC-4, section 7.6.4.8: ROUTING ID, of 8, 5 and 3 bits, in bytes 2 and 3.
        vectors: &[plain(
            "3b:1f.1",
            &[
                0x0a, 0x00, 0x3b, 0xf9, 0x00, 0x00, 0x00, 0x00, //
                0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, //
                0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, //
            ],
        )],
        no_reservations_because: NOT_IN_CORE,
        may_register_as: &[],
        source: include_str!("../../../kernel-template/protocol/sop.rs"),
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
        example: "0000:3b:00.1",
        other_example: "abcd:3b:1f.7",
        initiator_example: "0000:00:02.0",
        other_spellings: &["0000:3B:00.1", "3b:00.1"],
        refused: &[
            "0000:3b:00",
            "0000:3b:00.8",
            "0000:3b:20.0",
            "000:3b:00.1",
            "00000:3b:00.1",
            ":3b:00.1",
            "0000:3b:00.g",
        ],
        transport_id: TransportId::None,
        vectors: &[],
        no_reservations_because: NO_TRANSPORT_ID,
        may_register_as: &[],
        source: include_str!("../../../kernel-template/protocol/pcie.rs"),
        helpers: HEX,
    },
];
