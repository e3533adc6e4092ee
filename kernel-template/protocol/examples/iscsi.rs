// SPDX-License-Identifier: GPL-2.0-only

//! Examples of iSCSI port names and TransportIDs.

/// Name of a port.
pub(crate) const NAME: &str = "iqn.foo";

/// Name of another port.
pub(crate) const OTHER_NAME: &str = "iqn.2003-01.org.example.host:target1";

/// Name of an initiator port.
pub(crate) const INITIATOR_NAME: &str = "iqn.1994-05.org.example.client:initiator1";

/// Other spellings of [`NAME`], which the driver refuses.
pub(crate) const SPELLINGS: &[&str] = &["iqn.FOO", "IQN.foo"];

/// Invalid names, each for a different reason.
pub(crate) const REFUSED: &[&str] = &[
    "foo",
    "iqn.",
    "iqn.foo_bar",
    "eui.0123456789abcde",
    "naa.0123456789abcdeg",
];

/// The name of a port, an ISID, and the TransportID of both.
type Id = (&'static str, Option<&'static [u8; 12]>, &'static [u8]);

/// TransportIDs made by hand. SPC-4, section 7.6.4.6: ADDITIONAL LENGTH, at least 20 and a multiple
/// of four, in bytes 2 and 3; then the name, format 00b (table 507), or the name, a separator and
/// the ISID, format 01b (table 508); and NUL.
pub(crate) const IDS: &[Id] = &[
    (
        "iqn.foo",
        None,
        b"\x05\0\0\x14iqn.foo\0\0\0\0\0\0\0\0\0\0\0\0\0",
    ),
    (
        "iqn.1994-05.org.example:a",
        None,
        b"\x05\0\0\x1ciqn.1994-05.org.example:a\0\0\0",
    ),
    (
        "iqn.1994-05.org.example:a",
        Some(b"00023d000001"),
        b"\x45\0\0\x2ciqn.1994-05.org.example:a,i,0x00023d000001\0\0",
    ),
];
