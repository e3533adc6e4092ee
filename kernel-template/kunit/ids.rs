#[cfg_attr(not(test), kunit_tests(tcm_nab5000_ids))]
mod ids {
    use super::examples::*;
    use crate::transport_id::*;

    #[test]
    fn transport_ids_are_laid_out_as_spc_says() {
        for (name, id) in IDS {
            let name = PortName::parse(name.as_bytes());
            assert_eq!(name.as_ref().map(encode), Some(*id));
            assert_eq!(decode(id), name);
        }
    }

    #[test]
    fn transport_ids_have_their_length() {
        let id = PortName::parse(NAME.as_bytes()).map(|name| encode(&name));
        assert!(id.is_some_and(|id| id.len() == 24));
    }

    #[test]
    fn every_byte_of_a_transport_id_counts() {
        for (name, id) in IDS {
            for at in 0..LEN {
                let mut other = *id;
                if let Some(byte) = other.get_mut(at) {
                    *byte ^= 0x80;
                }
                assert!(decode(&other) != PortName::parse(name.as_bytes()));
                assert_eq!(id.get(..at).and_then(decode), None);
            }
        }
    }
}
