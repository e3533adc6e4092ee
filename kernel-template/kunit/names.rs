#[cfg_attr(not(test), kunit_tests(tcm_nab5000))]
mod names {
    use super::examples::*;
    use crate::transport_id::PortName;

    #[test]
    fn every_spelling_is_read_as_the_same_port() {
        let port = PortName::parse(NAME.as_bytes());
        assert!(port.is_some());
        for spelling in SPELLINGS {
            assert_eq!(PortName::parse(spelling.as_bytes()), port);
        }
    }

    #[test]
    fn the_canonical_name_is_kept() {
        for name in [NAME, OTHER_NAME, INITIATOR_NAME] {
            let port = PortName::parse(name.as_bytes());
            assert!(port.is_some_and(|port| port.as_bytes() == name.as_bytes()));
        }
    }

    #[test]
    fn another_name_is_another_port() {
        let other = PortName::parse(OTHER_NAME.as_bytes());
        assert!(other.is_some() && other != PortName::parse(NAME.as_bytes()));
    }

    #[test]
    fn invalid_names_are_refused() {
        for name in REFUSED {
            assert_eq!(PortName::parse(name.as_bytes()), None);
        }
    }
}
