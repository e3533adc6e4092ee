// SPDX-License-Identifier: GPL-2.0-only

//! Operational keys of real initiators with the answers of the target, by request. To add an
//! initiator, add a row with the source of its keys.
//!
//! In the texts, a space stands for the NUL of the protocol.

use super::*;

/// Requests of an initiator in the operational stage, each with the answer.
struct Exchange {
    initiator: &'static str,
    source: &'static str,
    requests: &'static [(&'static str, &'static str)],
}

/// Initiators of a target with default values. The declaration that begins each answer is left out.
const INITIATORS: [Exchange; 10] = [
    Exchange {
        initiator: "open-iscsi 2.1",
        source: "open-iscsi, usr/login.c and etc/iscsid.conf",
        requests: &[(
            "HeaderDigest=None DataDigest=None DefaultTime2Wait=2 DefaultTime2Retain=0 \
             IFMarker=No OFMarker=No ErrorRecoveryLevel=0 InitialR2T=No ImmediateData=Yes \
             MaxBurstLength=16776192 FirstBurstLength=262144 MaxOutstandingR2T=1 \
             MaxConnections=1 DataPDUInOrder=Yes DataSequenceInOrder=Yes \
             MaxRecvDataSegmentLength=262144",
            "HeaderDigest=None DataDigest=None DefaultTime2Wait=2 DefaultTime2Retain=0 \
             IFMarker=No OFMarker=No ErrorRecoveryLevel=0 InitialR2T=Yes ImmediateData=Yes \
             MaxBurstLength=262144 FirstBurstLength=262144 MaxOutstandingR2T=1 \
             MaxConnections=1 DataPDUInOrder=Yes DataSequenceInOrder=Yes",
        )],
    },
    Exchange {
        initiator: "open-iscsi 2.1, discovery",
        source: "open-iscsi, usr/login.c and usr/idbm.c",
        requests: &[(
            "HeaderDigest=None DataDigest=None DefaultTime2Wait=2 DefaultTime2Retain=0 \
             IFMarker=No OFMarker=No ErrorRecoveryLevel=0 MaxRecvDataSegmentLength=32768",
            "HeaderDigest=None DataDigest=None DefaultTime2Wait=2 DefaultTime2Retain=0 \
             IFMarker=No OFMarker=No ErrorRecoveryLevel=0",
        )],
    },
    Exchange {
        initiator: "libiscsi 1.4 to 1.20, and QEMU with its default header-digest",
        source: "libiscsi, lib/login.c and lib/init.c; QEMU, block/iscsi.c",
        requests: &[(
            "HeaderDigest=None,CRC32C DataDigest=None InitialR2T=No ImmediateData=Yes \
             MaxBurstLength=262144 FirstBurstLength=262144 DefaultTime2Wait=2 \
             DefaultTime2Retain=0 MaxOutstandingR2T=1 ErrorRecoveryLevel=0 IFMarker=No \
             OFMarker=No MaxConnections=1 MaxRecvDataSegmentLength=262144 \
             DataPDUInOrder=Yes DataSequenceInOrder=Yes",
            "HeaderDigest=None DataDigest=None InitialR2T=Yes ImmediateData=Yes \
             MaxBurstLength=262144 FirstBurstLength=262144 DefaultTime2Wait=2 \
             DefaultTime2Retain=0 MaxOutstandingR2T=1 ErrorRecoveryLevel=0 IFMarker=No \
             OFMarker=No MaxConnections=1 DataPDUInOrder=Yes DataSequenceInOrder=Yes",
        )],
    },
    Exchange {
        initiator: "gPXE",
        source: "gpxe, src/net/tcp/iscsi.c: no FirstBurstLength",
        requests: &[(
            "HeaderDigest=None DataDigest=None MaxConnections=1 InitialR2T=Yes \
             ImmediateData=No MaxRecvDataSegmentLength=8192 MaxBurstLength=262144 \
             DefaultTime2Wait=0 DefaultTime2Retain=0 MaxOutstandingR2T=1 \
             DataPDUInOrder=Yes DataSequenceInOrder=Yes ErrorRecoveryLevel=0",
            "HeaderDigest=None DataDigest=None MaxConnections=1 InitialR2T=Yes \
             ImmediateData=No MaxBurstLength=262144 DefaultTime2Wait=2 \
             DefaultTime2Retain=0 MaxOutstandingR2T=1 DataPDUInOrder=Yes \
             DataSequenceInOrder=Yes ErrorRecoveryLevel=0",
        )],
    },
    Exchange {
        initiator: "iPXE",
        source: "ipxe, src/net/tcp/iscsi.c",
        requests: &[(
            "HeaderDigest=None DataDigest=None MaxConnections=1 InitialR2T=Yes \
             ImmediateData=No MaxRecvDataSegmentLength=8192 MaxBurstLength=262144 \
             FirstBurstLength=65536 DefaultTime2Wait=0 DefaultTime2Retain=0 \
             MaxOutstandingR2T=1 DataPDUInOrder=Yes DataSequenceInOrder=Yes \
             ErrorRecoveryLevel=0",
            "HeaderDigest=None DataDigest=None MaxConnections=1 InitialR2T=Yes \
             ImmediateData=No MaxBurstLength=262144 FirstBurstLength=65536 \
             DefaultTime2Wait=2 DefaultTime2Retain=0 MaxOutstandingR2T=1 \
             DataPDUInOrder=Yes DataSequenceInOrder=Yes ErrorRecoveryLevel=0",
        )],
    },
    Exchange {
        initiator: "FreeBSD",
        source: "freebsd-src, usr.sbin/iscsid/login.c",
        requests: &[(
            "HeaderDigest=CRC32C DataDigest=CRC32C ImmediateData=Yes MaxBurstLength=131072 \
             FirstBurstLength=131072 InitialR2T=Yes MaxRecvDataSegmentLength=131072 \
             DefaultTime2Wait=0 DefaultTime2Retain=0 ErrorRecoveryLevel=0 MaxOutstandingR2T=1",
            "HeaderDigest=CRC32C DataDigest=CRC32C ImmediateData=Yes MaxBurstLength=131072 \
             FirstBurstLength=131072 InitialR2T=Yes DefaultTime2Wait=2 DefaultTime2Retain=0 \
             ErrorRecoveryLevel=0 MaxOutstandingR2T=1",
        )],
    },
    Exchange {
        initiator: "nmap",
        source: "nmap, nselib/iscsi.lua: a discovery session",
        requests: &[(
            "HeaderDigest=None DataDigest=None MaxRecvDataSegmentLength=65536 \
             DefaultTime2Wait=0 DefaultTime2Retain=60",
            "HeaderDigest=None DataDigest=None DefaultTime2Wait=2 DefaultTime2Retain=0",
        )],
    },
    Exchange {
        initiator: "edk2",
        source: "edk2, NetworkPkg/IScsiDxe/IScsiProto.c",
        requests: &[(
            "HeaderDigest=None DataDigest=None ErrorRecoveryLevel=0 InitialR2T=No \
             ImmediateData=Yes MaxRecvDataSegmentLength=65536 MaxBurstLength=262144 \
             FirstBurstLength=65536 MaxConnections=1 DataPDUInOrder=Yes \
             DataSequenceInOrder=Yes DefaultTime2Wait=2 DefaultTime2Retain=20 \
             MaxOutstandingR2T=1",
            "HeaderDigest=None DataDigest=None ErrorRecoveryLevel=0 InitialR2T=Yes \
             ImmediateData=Yes MaxBurstLength=262144 FirstBurstLength=65536 MaxConnections=1 \
             DataPDUInOrder=Yes DataSequenceInOrder=Yes DefaultTime2Wait=2 \
             DefaultTime2Retain=0 MaxOutstandingR2T=1",
        )],
    },
    Exchange {
        initiator: "a vendor's keys, and keys of RFC 7144",
        source: "RFC 7143, section 6.2; RFC 7144, section 7.1.1",
        requests: &[(
            "X-com.example.speed=fast iSCSIProtocolLevel=2 TaskReporting=FastAbort,RFC3720",
            "X-com.example.speed=NotUnderstood iSCSIProtocolLevel=1 TaskReporting=RFC3720",
        )],
    },
    Exchange {
        initiator: "an initiator that names its keys in two requests, or none",
        source: "RFC 7143, section 6.2",
        requests: &[("", ""), ("MaxBurstLength=65536", "MaxBurstLength=65536")],
    },
];

/// Values set by an administrator, with a negotiation: requests, answers with proposals, and the
/// outcome.
struct Demand {
    offer: fn(&mut Parameters),
    requests: &'static [(&'static str, &'static str)],
    outcome: Result<fn(&Parameters) -> bool, u16>,
}

const FORCED: Digests = Digests {
    crc32c: true,
    none: false,
};

/// Values of `param` (RFC 7143, sections 6.2.1 and 7.12).
const DEMANDS: [Demand; 12] = [
    // A required digest is agreed on, or the login fails.
    Demand {
        offer: |offer| offer.data_digest = FORCED,
        requests: &[("", "DataDigest=CRC32C"), ("DataDigest=CRC32C", "")],
        outcome: Ok(|agreed| agreed.data_digest.crc32c && !agreed.header_digest.crc32c),
    },
    Demand {
        offer: |offer| offer.data_digest = FORCED,
        requests: &[("DataDigest=None", "")],
        outcome: Err(0x0200),
    },
    Demand {
        offer: |offer| offer.header_digest = FORCED,
        requests: &[("", "HeaderDigest=CRC32C"), ("HeaderDigest=Reject", "")],
        outcome: Err(0x0200),
    },
    Demand {
        offer: |offer| offer.header_digest = FORCED,
        requests: &[("", "HeaderDigest=CRC32C"), ("", "")],
        outcome: Err(0x0200),
    },
    // No common value.
    Demand {
        offer: |_| (),
        requests: &[("HeaderDigest=MD5", "")],
        outcome: Err(0x0200),
    },
    // A limit holds for an initiator that does not name the key, with any answer.
    Demand {
        offer: |offer| offer.immediate_data = false,
        requests: &[("", "ImmediateData=No"), ("ImmediateData=Yes", "")],
        outcome: Ok(|agreed| !agreed.immediate_data),
    },
    Demand {
        offer: |offer| (offer.max_burst_length, offer.first_burst_length) = (8192, 8192),
        requests: &[
            ("", "MaxBurstLength=8192 FirstBurstLength=8192"),
            ("MaxBurstLength=4096 FirstBurstLength=Irrelevant", ""),
        ],
        outcome: Ok(|agreed| (agreed.max_burst_length, agreed.first_burst_length) == (4096, 4096)),
    },
    // A larger value holds if the initiator accepts it.
    Demand {
        offer: |offer| offer.max_burst_length = 1 << 20,
        requests: &[("", "MaxBurstLength=1048576"), ("", "")],
        outcome: Ok(|agreed| agreed.max_burst_length == 262_144),
    },
    Demand {
        offer: |offer| offer.max_burst_length = 1 << 20,
        requests: &[
            ("", "MaxBurstLength=1048576"),
            ("MaxBurstLength=524288", ""),
        ],
        outcome: Ok(|agreed| agreed.max_burst_length == 524_288),
    },
    Demand {
        offer: |offer| offer.initial_r2t = false,
        requests: &[("", "InitialR2T=No"), ("InitialR2T=No", "")],
        outcome: Ok(|agreed| !agreed.initial_r2t),
    },
    // A first burst is no longer than a burst.
    Demand {
        offer: |offer| offer.first_burst_length = 131_072,
        requests: &[(
            "MaxBurstLength=16384",
            "MaxBurstLength=16384 FirstBurstLength=16384",
        )],
        outcome: Ok(|agreed| agreed.first_burst_length == 16384),
    },
    // The limit of the target's data segments holds for an initiator that declares none.
    Demand {
        offer: |offer| offer.max_xmit_data_segment_length = 4096,
        requests: &[("", "")],
        outcome: Ok(|agreed| agreed.max_xmit_data_segment_length == 4096),
    },
];

/// Answer to a request of a negotiation, or the status that ends the login.
fn answer(negotiation: &mut Negotiation, request: &str) -> Result<String, LoginStatus> {
    let text = request.replace(' ', "\0");
    let mut place = [0; 2048];
    let mut writer = Writer::new(&mut place);
    for (key, value) in keys::pairs(text.as_bytes()).flatten() {
        negotiation.note(key)?;
        if let Some(answer) = negotiation.take(key, value)? {
            assert!(writer.pair(key, answer), "{request}");
        }
    }
    assert!(negotiation.propose(&mut writer).is_some(), "{request}");
    let length = writer.length();
    let text = String::from_utf8_lossy(place.get(..length).unwrap_or_default());
    let keys = text.split_terminator('\0');
    let keys: Vec<_> = keys
        .filter(|key| !key.starts_with("MaxRecvDataSegmentLength="))
        .collect();
    Ok(keys.join(" "))
}

#[test]
fn keys_of_real_initiators_are_answered_without_proposals() {
    for exchange in &INITIATORS {
        let mut negotiation = Negotiation::new(Parameters::OFFER);
        for (request, expected) in exchange.requests {
            let who = (exchange.initiator, exchange.source);
            let answer = answer(&mut negotiation, request);
            assert_eq!(answer.as_deref(), Ok(*expected), "{who:?}");
        }
        assert!(negotiation.finish().is_ok(), "{}", exchange.initiator);
    }
}

#[test]
fn values_of_the_administrator_hold() {
    for (index, demand) in DEMANDS.iter().enumerate() {
        let mut offer = Parameters::OFFER;
        (demand.offer)(&mut offer);
        let mut negotiation = Negotiation::new(offer);
        let answers = demand.requests.iter().try_for_each(|(request, expected)| {
            let answer = answer(&mut negotiation, request)?;
            assert_eq!(answer, *expected, "{index}: {request}");
            Ok(())
        });
        let outcome = answers.and_then(|()| negotiation.finish());
        let outcome = outcome.map_err(|status| status.0);
        match demand.outcome {
            Ok(holds) => assert!(
                outcome.is_ok_and(|agreed| holds(&agreed)),
                "{index}: {outcome:?}"
            ),
            Err(wanted) => assert_eq!(outcome, Err(wanted), "{index}"),
        }
    }
}

#[test]
fn repeated_key_is_refused() {
    let mut negotiation = Negotiation::new(Parameters::OFFER);
    assert!(answer(&mut negotiation, "MaxBurstLength=8192").is_ok());
    let again = answer(&mut negotiation, "MaxBurstLength=4096");
    assert_eq!(again, Err(LoginStatus::INITIATOR_ERROR));
    // Unknown keys may be repeated.
    assert!(answer(&mut negotiation, "X-a=1 X-a=2").is_ok());
}
