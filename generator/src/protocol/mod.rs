// SPDX-License-Identifier: GPL-2.0-only

//! The T10 protocol identifiers, and the generator's data for each.
//!
//! `table.rs` has a row for each protocol; the types of its columns are here, in `name_form.rs` and in
//! `transport_id.rs`. A module's code for names and TransportIDs is in `kernel-template/protocol/`; a
//! row holds its text.

mod examples;
pub mod list;
mod name_form;
mod table;
mod transport_id;

use serde::{Serialize, Serializer};

pub use name_form::{ISCSI_NAME_MAX, NameForm, U16};
pub use table::PROTOCOLS;
pub use transport_id::TransportId;

/// A protocol.
#[derive(Debug, PartialEq, Eq)]
pub struct Protocol {
    /// The name on the command line.
    pub name: &'static str,
    /// Other accepted names.
    pub aliases: &'static [&'static str],
    /// The protocol identifier, SPC-4, section 7.6.1.
    pub id: u8,
    /// The full name of the protocol.
    pub title: &'static str,
    /// The constant of `target::Protocol`.
    pub constant: &'static str,
    /// The names of target port and initiator port in `tcm_mod_builder.py`. Protocols that the script
    /// did not have take its names for iSCSI and SAS.
    pub ports: Ports,
    /// The form of canonical port names. No other form is accepted.
    pub name_form: NameForm,
    /// The types of such names in rtslib, the best first; empty if rtslib has none. rtslib writes the
    /// first one and a dot before digits.
    pub rtslib_types: &'static [&'static str],
    /// A valid target port name, for examples and the module's own test.
    pub example: &'static str,
    /// Another valid target port name.
    pub other_example: &'static str,
    /// A valid initiator port name.
    pub initiator_example: &'static str,
    /// Other spellings of `example`, which are refused.
    pub other_spellings: &'static [&'static str],
    /// Invalid names, each for another reason.
    pub refused: &'static [&'static str],
    /// The TransportIDs.
    pub transport_id: TransportId,
    /// Reason why target core cannot name the ports in persistent reservations; `None` if it can.
    pub no_reservations_because: Option<&'static str>,
    /// The protocols that a module may register with target core instead. Their port names have the same
    /// form.
    pub may_register_as: &'static [&'static str],
    /// The source of `transport_id.rs`.
    pub source: &'static str,
    /// The source of the examples for the module's unit tests.
    pub examples: &'static str,
    /// Submodules of `transport_id.rs`: path in the generated module, and text.
    pub helpers: &'static [(&'static str, &'static str)],
}

/// Names of a protocol's ports in `tcm_mod_builder.py`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Ports {
    /// The target port: the prefix of the struct and its fields.
    pub target: &'static str,
    /// The initiator port.
    pub initiator: &'static str,
}

impl Protocol {
    /// Returns true if a TransportID has an initiator session identifier, which
    /// `sess_get_initiator_sid` returns.
    #[must_use]
    pub fn has_isid(&self) -> bool {
        matches!(self.transport_id, TransportId::WithIsid { .. })
    }

    /// Returns true if target core can name the ports in persistent reservations.
    #[must_use]
    pub fn persistent_reservations(&self) -> bool {
        self.no_reservations_because.is_none()
    }

    /// The form of valid names and an example, for people. A module logs the same text.
    #[must_use]
    pub fn names(&self) -> String {
        format!("{}, as in {}", self.name_form, self.example)
    }

    /// A warning about features that do not work with this protocol, with the remedy if there is one.
    #[must_use]
    pub fn warning(&self) -> Option<String> {
        let reason = self.no_reservations_because?;
        let remedy = self
            .may_register_as
            .iter()
            .map(|name| format!("; with --register-as {name} they work"));
        Some(format!(
            "target core cannot name {} ports in persistent reservations, since {reason}: READ FULL \
             STATUS, SPEC_I_PT and REGISTER AND MOVE do not work{}",
            self.name,
            remedy.collect::<String>()
        ))
    }

    /// Returns the protocol that the module registers with target core: this one, or `instead`.
    ///
    /// # Errors
    ///
    /// The reason why the module cannot register `instead`.
    pub fn registered(&'static self, instead: Option<&str>) -> Result<&'static Self, String> {
        let Some(instead) = instead else {
            return Ok(self);
        };
        let other = find(instead)?;
        if self.may_register_as.contains(&other.name) {
            return Ok(other);
        }
        let remedy = match self.may_register_as {
            [] => "leave out --register-as".to_owned(),
            names => format!("pass --register-as {}", names.join(" or ")),
        };
        Err(format!(
            "cannot register {} as {}: their TransportIDs or port names differ; {remedy}",
            self.name, other.name
        ))
    }
}

/// A row of `protocols --json`.
#[derive(Serialize)]
struct Row {
    name: &'static str,
    aliases: &'static [&'static str],
    id: u8,
    title: &'static str,
    ports: Ports,
    name_form: String,
    example: &'static str,
    transport_id: String,
    has_isid: bool,
    persistent_reservations: bool,
    no_reservations_because: Option<&'static str>,
    may_register_as: &'static [&'static str],
}

impl Serialize for Protocol {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let row = Row {
            name: self.name,
            aliases: self.aliases,
            id: self.id,
            title: self.title,
            ports: self.ports,
            name_form: self.name_form.to_string(),
            example: self.example,
            transport_id: self.transport_id.to_string(),
            has_isid: self.has_isid(),
            persistent_reservations: self.persistent_reservations(),
            no_reservations_because: self.no_reservations_because,
            may_register_as: self.may_register_as,
        };
        row.serialize(serializer)
    }
}

/// Finds a protocol by one of its names, in any case.
///
/// # Errors
///
/// The unknown name, with the known ones.
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
        let meant = similar(name).map_or_else(String::new, |name| format!("did you mean {name}? "));
        format!(
            "cannot use protocol `{name}`: it is not a T10 protocol identifier; {meant}choose one of {known}"
        )
    })
}

/// The name of a protocol with a similar spelling, by clap's measure.
fn similar(name: &str) -> Option<&'static str> {
    let names = PROTOCOLS
        .iter()
        .flat_map(|protocol| [&[protocol.name], protocol.aliases].concat());
    let measured = names.map(|known| {
        let (own, known_in_lower_case) = (name.to_lowercase(), known.to_lowercase());
        (strsim::jaro(&own, &known_in_lower_case), known)
    });
    let best = measured.max_by(|(a, _), (b, _)| a.total_cmp(b));
    best.filter(|(likeness, _)| *likeness > 0.7)
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn protocol_is_found_in_any_case_and_by_alias() {
        assert_eq!(find("iscsi").unwrap().id, 5);
        assert_eq!(find("FCP").unwrap().name, "FC");
        assert_eq!(find("1394").unwrap().name, "SBP");
        let error = find("SCSI").unwrap_err();
        assert!(error.contains("`SCSI`") && error.contains("did you mean iSCSI?"));
        assert!(!find("Ethernet").unwrap_err().contains("did you mean"));
    }

    #[test]
    fn each_t10_identifier_has_a_row() {
        let count = PROTOCOLS.len().try_into().unwrap();
        assert!(PROTOCOLS.iter().map(|protocol| protocol.id).eq(0..count));
        for protocol in &PROTOCOLS {
            assert_ne!(
                protocol.warning().is_some(),
                protocol.persistent_reservations()
            );
            let has_ids = protocol.transport_id != TransportId::None;
            assert!(has_ids || !protocol.persistent_reservations());
        }
    }

    #[test]
    fn protocol_registers_as_itself_or_as_listed_protocol() {
        let uas = find("UAS").unwrap();
        assert_eq!(uas.registered(None).unwrap().name, "UAS");
        assert_eq!(uas.registered(Some("sas")).unwrap().name, "SAS");
        assert!(
            uas.registered(Some("FC"))
                .unwrap_err()
                .contains("--register-as SAS")
        );
        let error = find("FC").unwrap().registered(Some("SAS")).unwrap_err();
        assert!(error.contains("leave out --register-as"), "{error}");
    }

    #[test]
    fn registered_protocol_has_same_name_form() {
        for protocol in &PROTOCOLS {
            for name in protocol.may_register_as {
                let other = find(name).unwrap();
                assert_eq!(other.name_form, protocol.name_form, "{name}");
            }
        }
    }

    /// The texts are for people: programs do not parse them.
    #[test]
    fn forms_and_lengths_are_formatted_for_people() {
        let row = |name| serde_json::to_value(find(name).unwrap()).unwrap();
        let texts = [
            (
                "FC",
                "8 pairs of lower-case hexadecimal digits with colons",
                "24 bytes",
            ),
            (
                "SPI",
                "spi., a SCSI address, a dot and a relative target port identifier",
                "24 bytes",
            ),
            ("SBP", "16 lower-case hexadecimal digits", "24 bytes"),
            ("SRP", "0x and 32 lower-case hexadecimal digits", "24 bytes"),
            (
                "iSCSI",
                "an iqn., eui. or naa. name in lower case, of at most 223 bytes",
                "24 to 248 bytes",
            ),
            ("UAS", "naa. and 16 lower-case hexadecimal digits", "none"),
            (
                "SOP",
                "a PCI bus, device and function in lower case",
                "24 bytes",
            ),
            (
                "PCIe",
                "a PCI domain, bus, device and function in lower case",
                "none",
            ),
        ];
        for (name, form, transport_id) in texts {
            assert_eq!(row(name)["name_form"], form);
            assert_eq!(row(name)["transport_id"], transport_id);
        }
        assert_eq!(
            find("SBP").unwrap().names(),
            "16 lower-case hexadecimal digits, as in 0090270001abcdef"
        );
    }
}
