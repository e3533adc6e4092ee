// SPDX-License-Identifier: GPL-2.0-only

//! The T10 protocol identifiers: one row each, and a file below `kernel-template/protocol/`.

use std::fmt::Write;

use serde::Serialize;

/// What a protocol identifier gets.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Protocol {
    /// The name on the command line.
    pub name: &'static str,
    /// Other names that mean the same.
    pub aliases: &'static [&'static str],
    /// The protocol identifier, SPC-4, section 7.6.1.
    pub id: u8,
    /// What people call the protocol.
    pub title: &'static str,
    /// The constant of `target::Protocol`.
    #[serde(skip)]
    pub constant: &'static str,
    /// What a target port and an initiator port are called in the driver: as the original script
    /// did for Fibre Channel, and for all others as it did for iSCSI and SAS.
    pub ports: Ports,
    /// The accepted port names, for people.
    pub name_form: &'static str,
    /// The accepted names of initiators, for people.
    pub initiator_name_form: &'static str,
    /// A port name that is accepted, for examples and the module's own test.
    pub example: &'static str,
    /// A second one.
    #[serde(skip)]
    pub other_example: &'static str,
    /// An initiator's port name that is accepted.
    #[serde(skip)]
    pub initiator_example: &'static str,
    /// Other spellings of `example`, which is the canonical one.
    #[serde(skip)]
    pub other_spellings: &'static [&'static str],
    /// Names that are accepted and no initiator may have: target core could make no TransportID of
    /// them, or another port's.
    #[serde(skip)]
    pub refused_initiators: &'static [&'static str],
    /// Names that are refused, each for a reason of its own.
    #[serde(skip)]
    pub refused: &'static [&'static str],
    /// The length of a TransportID, for people.
    pub transport_id: &'static str,
    /// TransportIDs made by hand from the standard, which the module's unit tests hold it to.
    #[serde(skip)]
    pub vectors: &'static [Vector],
    /// Whether a TransportID has an initiator session identifier besides the port name, which is
    /// what `sess_get_initiator_sid` is for.
    pub has_isid: bool,
    /// Whether target core can name its ports in persistent reservations.
    pub persistent_reservations: bool,
    /// Why it cannot, if it cannot.
    pub no_reservations_because: Option<&'static str>,
    /// The identifiers that target core may be told instead, with names of the same form.
    pub may_register_as: &'static [&'static str],
    /// The source of `transport_id.rs`.
    #[serde(skip)]
    pub source: &'static str,
}

impl Protocol {
    /// What does not work for the author's protocol, if something does not, and the remedy.
    #[must_use]
    pub fn warning(&self) -> Option<String> {
        let reason = self.no_reservations_because?;
        let remedy = self
            .may_register_as
            .iter()
            .map(|name| format!(". With --register-as {name} they do, as for {name}"));
        Some(format!(
            "target core cannot name {} ports in persistent reservations, since {reason}: READ FULL \
             STATUS, SPEC_I_PT and REGISTER AND MOVE do not work{}",
            self.name,
            remedy.collect::<String>()
        ))
    }

    /// The protocol that target core is told: this one, or that which was asked for instead.
    ///
    /// # Errors
    ///
    /// A sentence that says why not that one.
    pub fn registered(&'static self, instead: Option<&str>) -> Result<&'static Self, String> {
        let Some(instead) = instead else {
            return Ok(self);
        };
        let other = find(instead)?;
        if self.may_register_as.contains(&other.name) {
            return Ok(other);
        }
        let possible = match self.may_register_as {
            [] => "only as itself: leave out --register-as".to_owned(),
            names => format!("as {}", names.join(" or ")),
        };
        Err(format!(
            "{} cannot be registered as {}, which has other TransportIDs or port names; it can be \
             {possible}",
            self.name, other.name
        ))
    }
}

/// A TransportID, and what it names.
#[derive(Debug, PartialEq, Eq)]
pub struct Vector {
    /// The port.
    pub name: &'static str,
    /// The initiator session identifier, as digits.
    pub isid: Option<&'static str>,
    /// The TransportID.
    pub id: &'static [u8],
}

/// The TransportID of a port, without more.
const fn plain(name: &'static str, id: &'static [u8]) -> Vector {
    Vector {
        name,
        isid: None,
        id,
    }
}

/// What the original script called the ports of a protocol.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Ports {
    /// The target port: the prefix of the struct and its fields.
    pub target: &'static str,
    /// The initiator port.
    pub initiator: &'static str,
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

/// Every identifier that T10 assigns to a protocol, by identifier.
pub static PROTOCOLS: [Protocol; 12] = [
    Protocol {
        name: "FC",
        aliases: &["FCP"],
        id: 0x0,
        title: "Fibre Channel",
        constant: "FCP",
        ports: FC_PORTS,
        name_form: "16 hexadecimal digits as in 21:00:00:24:ff:31:4c:48, after 0x, or alone",
        initiator_name_form: "hexadecimal digits with colons as in 21:00:00:24:ff:31:4c:48",
        example: "21:00:00:24:ff:31:4c:48",
        other_example: "21:00:00:24:ff:31:4c:49",
        initiator_example: "50:01:43:80:12:34:56:78",
        other_spellings: &[
            "21:00:00:24:FF:31:4C:48",
            "21000024ff314c48",
            "0x21000024FF314C48",
        ],
        refused_initiators: &["21000024ff314c48", "0x21000024ff314c48"],
        refused: &[
            "21:00:00:24:ff:31:4c",
            "21:00:00:24:ff:31:4c:48:00",
            "21:00:00:24:ff:31:4c:4g",
            "2100:0024:ff31:4c48",
            "21000024ff314c4",
            "0x",
            "naa.21000024ff314c48",
        ],
        transport_id: "24 bytes",
        // SPC-4, section 7.6.4.2: N_PORT_NAME in bytes 8 to 15.
        vectors: &[plain(
            "21:00:00:24:ff:31:4c:48",
            &[
                0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, //
                0x21, 0x00, 0x00, 0x24, 0xff, 0x31, 0x4c, 0x48, //
                0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, //
            ],
        )],
        has_isid: false,
        persistent_reservations: true,
        no_reservations_because: None,
        may_register_as: &[],
        source: include_str!("../../../kernel-template/protocol/fc.rs"),
    },
    Protocol {
        name: "SPI",
        aliases: &[],
        id: 0x1,
        title: "Parallel SCSI",
        constant: "SPI",
        ports: PORTS,
        name_form: "spi., a SCSI address, a dot and a relative target port identifier, as in spi.7.1",
        initiator_name_form: "spi., a SCSI address, a dot and a relative target port identifier, in lower case",
        example: "spi.0.1",
        other_example: "spi.15.65535",
        initiator_example: "spi.7.1",
        other_spellings: &["SPI.0.1", "Spi.0.1"],
        refused_initiators: &["SPI.7.1"],
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
        transport_id: "24 bytes",
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
        has_isid: false,
        persistent_reservations: false,
        no_reservations_because: NOT_IN_CORE,
        may_register_as: &[],
        source: include_str!("../../../kernel-template/protocol/spi.rs"),
    },
    Protocol {
        name: "SSA",
        aliases: &[],
        id: 0x2,
        title: "Serial Storage Architecture",
        constant: "SSA",
        ports: PORTS,
        name_form: "16 hexadecimal digits as in 5005076000001234, alone, or after 0x",
        initiator_name_form: "16 lower-case hexadecimal digits as in 5005076000001234",
        example: "50050760000012ab",
        other_example: "50050760000012ac",
        initiator_example: "5005076000001234",
        other_spellings: &["50050760000012AB", "0x50050760000012ab"],
        refused_initiators: &["50050760000012AB", "0x5005076000001234"],
        refused: &[
            "5005076000001234a",
            "500507600000123",
            "500507600000123g",
            "naa.5005076000001234",
            "0x",
        ],
        transport_id: "none",
        vectors: &[],
        has_isid: false,
        persistent_reservations: false,
        no_reservations_because: NO_TRANSPORT_ID,
        may_register_as: &[],
        source: include_str!("../../../kernel-template/protocol/ssa.rs"),
    },
    Protocol {
        name: "SBP",
        aliases: &["1394"],
        id: 0x3,
        title: "IEEE 1394 (SBP)",
        constant: "SBP",
        ports: PORTS,
        name_form: "16 hexadecimal digits as in 0011223344556677, alone, after eui., or after 0x",
        initiator_name_form: "16 hexadecimal digits as in 0011223344556677",
        example: "0090270001abcdef",
        other_example: "0090270001abcdf0",
        initiator_example: "080046030212ab34",
        other_spellings: &[
            "0090270001ABCDEF",
            "eui.0090270001abcdef",
            "0x0090270001ABCDEF",
        ],
        refused_initiators: &["eui.080046030212ab34", "0x080046030212ab34"],
        refused: &[
            "0090270001abcde",
            "0090270001abcdef0",
            "0090270001abcdeg",
            "00:90:27:00:01:ab:cd:ef",
            "naa.0090270001abcdef",
            "eui.",
        ],
        transport_id: "24 bytes",
        // SPC-4, section 7.6.4.4: EUI-64 NAME in bytes 8 to 15.
        vectors: &[plain(
            "0090270001abcdef",
            &[
                0x03, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, //
                0x00, 0x90, 0x27, 0x00, 0x01, 0xab, 0xcd, 0xef, //
                0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, //
            ],
        )],
        has_isid: false,
        persistent_reservations: true,
        no_reservations_because: None,
        may_register_as: &[],
        source: include_str!("../../../kernel-template/protocol/sbp.rs"),
    },
    Protocol {
        name: "SRP",
        aliases: &[],
        id: 0x4,
        title: "SCSI RDMA Protocol",
        constant: "SRP",
        ports: PORTS,
        name_form: "2 to 32 hexadecimal digits in pairs, after 0x or alone, or fe80:0000: and so on",
        initiator_name_form: "2 to 32 hexadecimal digits in pairs, after 0x or alone",
        example: "0xfe80000000000000001175000077d8ee",
        other_example: "0x0000000000000000001175000077d8ee",
        initiator_example: "0xfe80000000000000f4521403007be0a1",
        other_spellings: &[
            "0XFE80000000000000001175000077D8EE",
            "fe80000000000000001175000077d8ee",
            "fe80:0000:0000:0000:0011:7500:0077:d8ee",
        ],
        refused_initiators: &["fe80:0000:0000:0000:f452:1403:007b:e0a1"],
        refused: &[
            "0x",
            "0x123",
            "0xfe80000000000000001175000077d8ee00",
            "0xfe80000000000000001175000077d8eg",
            "fe80::11:7500:77:d8ee",
            "fe80:0000:0000:0000:0011:7500:0077",
            "ib.fe80000000000000001175000077d8ee",
        ],
        transport_id: "24 bytes",
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
        has_isid: false,
        persistent_reservations: true,
        no_reservations_because: None,
        may_register_as: &[],
        source: include_str!("../../../kernel-template/protocol/srp.rs"),
    },
    Protocol {
        name: "iSCSI",
        aliases: &[],
        id: 0x5,
        title: "iSCSI",
        constant: "ISCSI",
        ports: PORTS,
        name_form: "an iqn., eui. or naa. name of at most 223 bytes",
        initiator_name_form: "an iqn., eui. or naa. name in lower case, of at most 223 bytes",
        example: "iqn.foo",
        other_example: "iqn.2003-01.org.example.host:target1",
        initiator_example: "iqn.1994-05.org.example.client:initiator1",
        other_spellings: &["iqn.FOO", "IQN.foo"],
        refused_initiators: &["iqn.FOO", "EUI.0123456789abcdef", "naa.0123456789ABCDEF"],
        refused: &[
            "foo",
            "iqn.",
            "iqn.foo_bar",
            "eui.0123456789abcde",
            "naa.0123456789abcdeg",
        ],
        transport_id: "24 to 248 bytes",
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
        has_isid: true,
        persistent_reservations: true,
        no_reservations_because: None,
        may_register_as: &[],
        source: include_str!("../../../kernel-template/protocol/iscsi.rs"),
    },
    Protocol {
        name: "SAS",
        aliases: &[],
        id: 0x6,
        title: "Serial Attached SCSI",
        constant: "SAS",
        ports: PORTS,
        name_form: "16 hexadecimal digits as in naa.5001405abcdef012, after 0x, or alone",
        initiator_name_form: "naa. and 16 hexadecimal digits as in naa.5001405abcdef012",
        example: "naa.5001405abcdef012",
        other_example: "naa.5001405abcdef013",
        initiator_example: "naa.500605b000001234",
        other_spellings: &[
            "naa.5001405ABCDEF012",
            "5001405abcdef012",
            "0x5001405abcdef012",
        ],
        refused_initiators: &["5001405abcdef012", "0x5001405abcdef012"],
        refused: &[
            "naa.5001405abcdef01",
            "naa.5001405abcdef0123",
            "naa.5001405abcdef01g",
            "eui.5001405abcdef012",
            "0xnaa.5001405abcdef012",
        ],
        transport_id: "24 bytes",
        // SPC-4, section 7.6.4.7: SAS ADDRESS in bytes 4 to 11.
        vectors: &[plain(
            "naa.5001405abcdef012",
            &[
                0x06, 0x00, 0x00, 0x00, 0x50, 0x01, 0x40, 0x5a, //
                0xbc, 0xde, 0xf0, 0x12, 0x00, 0x00, 0x00, 0x00, //
                0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, //
            ],
        )],
        has_isid: false,
        persistent_reservations: true,
        no_reservations_because: None,
        may_register_as: &[],
        source: include_str!("../../../kernel-template/protocol/sas.rs"),
    },
    Protocol {
        name: "ADT",
        aliases: &[],
        id: 0x7,
        title: "Automation/Drive Interface",
        constant: "ADT",
        ports: PORTS,
        name_form: "16 hexadecimal digits as in naa.5001405abcdef012, after 0x, or alone",
        initiator_name_form: "naa. and 16 lower-case hexadecimal digits as in naa.5001405abcdef012",
        example: "naa.5001405abcdef012",
        other_example: "naa.5001405abcdef013",
        initiator_example: "naa.500605b000001234",
        other_spellings: &[
            "naa.5001405ABCDEF012",
            "5001405abcdef012",
            "0x5001405abcdef012",
        ],
        refused_initiators: &[
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
        transport_id: "none",
        vectors: &[],
        has_isid: false,
        persistent_reservations: false,
        no_reservations_because: NO_TRANSPORT_ID,
        may_register_as: &["SAS"],
        source: include_str!("../../../kernel-template/protocol/naa.rs"),
    },
    Protocol {
        name: "ATA",
        aliases: &[],
        id: 0x8,
        title: "ATA/ATAPI",
        constant: "ATA",
        ports: PORTS,
        name_form: "16 hexadecimal digits as in naa.5001405abcdef012, after 0x, or alone",
        initiator_name_form: "naa. and 16 lower-case hexadecimal digits as in naa.5001405abcdef012",
        example: "naa.5001405abcdef012",
        other_example: "naa.5001405abcdef013",
        initiator_example: "naa.500605b000001234",
        other_spellings: &[
            "naa.5001405ABCDEF012",
            "5001405abcdef012",
            "0x5001405abcdef012",
        ],
        refused_initiators: &[
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
        transport_id: "none",
        vectors: &[],
        has_isid: false,
        persistent_reservations: false,
        no_reservations_because: NO_TRANSPORT_ID,
        may_register_as: &["SAS"],
        source: include_str!("../../../kernel-template/protocol/naa.rs"),
    },
    Protocol {
        name: "UAS",
        aliases: &[],
        id: 0x9,
        title: "USB Attached SCSI",
        constant: "UAS",
        ports: PORTS,
        name_form: "16 hexadecimal digits as in naa.5001405abcdef012, after 0x, or alone",
        initiator_name_form: "naa. and 16 lower-case hexadecimal digits as in naa.5001405abcdef012",
        example: "naa.5001405abcdef012",
        other_example: "naa.5001405abcdef013",
        initiator_example: "naa.500605b000001234",
        other_spellings: &[
            "naa.5001405ABCDEF012",
            "5001405abcdef012",
            "0x5001405abcdef012",
        ],
        refused_initiators: &[
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
        transport_id: "none",
        vectors: &[],
        has_isid: false,
        persistent_reservations: false,
        no_reservations_because: NO_TRANSPORT_ID,
        may_register_as: &["SAS"],
        source: include_str!("../../../kernel-template/protocol/naa.rs"),
    },
    Protocol {
        name: "SOP",
        aliases: &[],
        id: 0xa,
        title: "SCSI over PCI Express",
        constant: "SOP",
        ports: PORTS,
        name_form: "a PCI bus, device and function as in 3b:00.1",
        initiator_name_form: "a PCI bus, device and function in lower case as in 3b:00.1",
        example: "3b:00.1",
        other_example: "3b:1f.7",
        initiator_example: "00:02.0",
        other_spellings: &["3B:00.1"],
        refused_initiators: &["3B:00.1"],
        refused: &[
            "3b:00",
            "3b:00.8",
            "3b:20.0",
            "3b:0.1",
            "0000:3b:00.1",
            "3g:00.0",
            "3b.00.1",
        ],
        transport_id: "24 bytes",
        // SPC-4, section 7.6.4.8: ROUTING ID, of 8, 5 and 3 bits, in bytes 2 and 3.
        vectors: &[plain(
            "3b:1f.1",
            &[
                0x0a, 0x00, 0x3b, 0xf9, 0x00, 0x00, 0x00, 0x00, //
                0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, //
                0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, //
            ],
        )],
        has_isid: false,
        persistent_reservations: false,
        no_reservations_because: NOT_IN_CORE,
        may_register_as: &[],
        source: include_str!("../../../kernel-template/protocol/sop.rs"),
    },
    Protocol {
        name: "PCIe",
        aliases: &[],
        id: 0xb,
        title: "PCI Express",
        constant: "PCIE",
        ports: PORTS,
        name_form: "a PCI domain, bus, device and function as in 0000:3b:00.1; domain 0 may be left out",
        initiator_name_form: "a PCI domain, bus, device and function in lower case as in 0000:3b:00.1",
        example: "0000:3b:00.1",
        other_example: "abcd:3b:1f.7",
        initiator_example: "0000:00:02.0",
        other_spellings: &["0000:3B:00.1", "3b:00.1"],
        refused_initiators: &["0000:3B:00.1", "3b:00.1"],
        refused: &[
            "0000:3b:00",
            "0000:3b:00.8",
            "0000:3b:20.0",
            "000:3b:00.1",
            "00000:3b:00.1",
            ":3b:00.1",
            "0000:3b:00.g",
        ],
        transport_id: "none",
        vectors: &[],
        has_isid: false,
        persistent_reservations: false,
        no_reservations_because: NO_TRANSPORT_ID,
        may_register_as: &[],
        source: include_str!("../../../kernel-template/protocol/pcie.rs"),
    },
];

/// Finds a protocol by one of its names, in any case.
///
/// # Errors
///
/// A sentence that names what was asked for and what there is.
pub fn find(name: &str) -> Result<&'static Protocol, String> {
    let is = |candidate: &&str| candidate.eq_ignore_ascii_case(name);
    let found = PROTOCOLS
        .iter()
        .find(|protocol| is(&protocol.name) || protocol.aliases.iter().any(is));
    found.ok_or_else(|| {
        let known = PROTOCOLS
            .each_ref()
            .map(|protocol| protocol.name)
            .join(", ");
        format!("`{name}` is not a T10 protocol identifier; choose one of {known}")
    })
}

/// The protocols, for people.
#[must_use]
pub fn table() -> String {
    let mut text = String::new();
    for protocol in &PROTOCOLS {
        let names: Vec<_> = [protocol.name]
            .iter()
            .chain(protocol.aliases)
            .copied()
            .collect();
        let reservations = match protocol.no_reservations_because {
            None => "yes".to_owned(),
            Some(reason) => format!("no, {reason}"),
        };
        let _ = writeln!(
            text,
            "{:#x}  {} ({})",
            protocol.id,
            names.join(", "),
            protocol.title
        );
        let _ = writeln!(text, "     port names: {}", protocol.name_form);
        let _ = writeln!(text, "     initiators: {}", protocol.initiator_name_form);
        let _ = writeln!(text, "     example: {}", protocol.example);
        let _ = writeln!(text, "     TransportID: {}", protocol.transport_id);
        let _ = writeln!(
            text,
            "     persistent reservations in target core: {reservations}"
        );
        for name in protocol.may_register_as {
            let _ = writeln!(text, "     with --register-as {name}: yes, as {name}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_in_any_case_and_by_their_aliases() {
        assert_eq!(find("iscsi").unwrap().id, 5);
        assert_eq!(find("FCP").unwrap().name, "FC");
        assert_eq!(find("1394").unwrap().name, "SBP");
        assert!(find("SCSI").unwrap_err().contains("`SCSI`"));
    }

    #[test]
    fn each_identifier_that_t10_assigns_has_its_row() {
        let ids = PROTOCOLS.each_ref().map(|protocol| protocol.id);
        assert_eq!(ids, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
        for protocol in &PROTOCOLS {
            let reason = protocol.no_reservations_because;
            assert_eq!(protocol.persistent_reservations, reason.is_none());
            assert_eq!(protocol.warning().is_none(), reason.is_none());
        }
    }

    #[test]
    fn a_protocol_registers_as_itself_or_where_the_names_are_the_same() {
        let uas = find("UAS").unwrap();
        assert_eq!(uas.registered(None).unwrap().name, "UAS");
        assert_eq!(uas.registered(Some("sas")).unwrap().name, "SAS");
        assert!(uas.registered(Some("FC")).unwrap_err().contains("as SAS"));
        let error = find("FC").unwrap().registered(Some("SAS")).unwrap_err();
        assert!(error.contains("only as itself"), "{error}");
    }
}
