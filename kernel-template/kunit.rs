// SPDX-License-Identifier: GPL-2.0-only

//! Unit tests of port names and TransportIDs, for kernels with `CONFIG_KUNIT=y`.
//!
//! KUnit runs them when the module is loaded; the results are in the kernel's log and in debugfs.
//!
//! `host_tests.rs` runs them without a kernel.

#[cfg(not(test))]
use kernel::prelude::*;

#[cfg_attr(not(test), kunit_tests(tcm_template))]
mod tests {
    use crate::transport_id::*;

    const NAME: &[u8] = b"iqn.foo";
    const OTHER_NAME: &[u8] = b"iqn.2003-01.org.example.host:target1";

    /// Other spellings of `NAME`, which the driver refuses.
    const SPELLINGS: [&[u8]; 2] = [b"iqn.FOO", b"IQN.foo"];

    /// No names, each for a reason of its own.
    const REFUSED: [&[u8]; 5] = [
        b"foo",
        b"iqn.",
        b"iqn.foo_bar",
        b"eui.0123456789abcde",
        b"naa.0123456789abcdeg",
    ];

    #[test]
    fn every_spelling_is_read_as_the_same_port() {
        let port = PortName::parse(NAME);
        assert!(port.is_some());
        for spelling in SPELLINGS {
            assert_eq!(PortName::parse(spelling), port);
        }
    }

    #[test]
    fn the_canonical_name_is_kept() {
        for name in [NAME, OTHER_NAME] {
            let port = PortName::parse(name);
            assert!(port.is_some_and(|port| port.as_bytes() == name));
        }
    }

    #[test]
    fn another_name_is_another_port() {
        let other = PortName::parse(OTHER_NAME);
        assert!(other.is_some() && other != PortName::parse(NAME));
    }

    #[test]
    fn what_is_no_name_is_refused() {
        for name in REFUSED {
            assert_eq!(PortName::parse(name), None);
        }
    }

    /// TransportIDs made by hand: SPC-4, section 7.6.4.
    const IDS: [(&[u8], Option<&Isid>, &[u8]); 3] = [
        (
            b"iqn.foo",
            None,
            b"\x05\0\0\x14iqn.foo\0\0\0\0\0\0\0\0\0\0\0\0\0",
        ),
        (
            b"iqn.1994-05.org.example:a",
            None,
            b"\x05\0\0\x1Ciqn.1994-05.org.example:a\0\0\0",
        ),
        (
            b"iqn.1994-05.org.example:a",
            Some(b"00023d000001"),
            b"E\0\0,iqn.1994-05.org.example:a,i,0x00023d000001\0\0",
        ),
    ];

    #[test]
    fn transport_ids_are_laid_out_as_spc_says() {
        for (name, isid, id) in IDS {
            let (name, mut out) = (PortName::parse(name), [0xff; LEN_MAX]);
            let len = name.as_ref().and_then(|name| encode(name, isid, &mut out));
            assert_eq!(len.and_then(|len| out.get(..len)), Some(id));
            assert_eq!(decode(id), name.map(|name| (name, isid.copied())));
        }
    }

    #[test]
    fn transport_ids_have_their_length() {
        let (mut longest, mut out) = ([b'a'; NAME_MAX], [0; LEN_MAX]);
        for (place, byte) in longest.iter_mut().zip(*b"iqn.") {
            *place = byte;
        }
        let mut len = |name, isid| {
            let name = PortName::parse(name)?;
            encode(&name, isid, &mut out)
        };
        assert_eq!(len(b"iqn.a", None), Some(24));
        assert_eq!(len(&longest, Some(b"00023d000001")), Some(248));
    }

    #[test]
    fn what_is_cut_off_is_no_transport_id() {
        for (_, _, id) in IDS {
            for len in 0..id.len() {
                assert_eq!(id.get(..len).and_then(decode), None);
            }
        }
    }
}
