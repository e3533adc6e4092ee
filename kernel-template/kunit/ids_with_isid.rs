#[cfg_attr(not(test), kunit_tests(tcm_nab5000_ids))]
mod ids {
    use super::examples::*;
    use crate::transport_id::*;

    #[test]
    fn transport_ids_are_laid_out_as_spc_says() {
        for (name, isid, id) in IDS {
            let (name, mut out) = (PortName::parse(name.as_bytes()), [0xff; LEN_MAX]);
            let len = name.as_ref().and_then(|name| encode(name, *isid, &mut out));
            assert_eq!(len.and_then(|len| out.get(..len)), Some(*id));
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
    fn truncated_transport_ids_are_refused() {
        for (_, _, id) in IDS {
            for len in 0..id.len() {
                assert_eq!(id.get(..len).and_then(decode), None);
            }
        }
    }
}
