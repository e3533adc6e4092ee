// SPDX-License-Identifier: GPL-2.0-only

//! Text requests: SendTargets, and texts that span several PDUs.

#![forbid(unsafe_code)]

use kernel::prelude::*;

use super::{reject, Session};
use crate::{
    iscsi::{
        discovery,
        keys::{self, Value, Writer},
        offer,
        pdu::{Reject, Reply, Request, NO_TAG},
        receiver::End,
        registry::Portal,
        sender::{copied, After, Sender},
        target_name, //
    },
    transport_id::PortName, //
};

/// Maximum length of a text request, which may span several PDUs, in bytes.
pub(super) const TEXT_MAX: u32 = 8192;

impl Session {
    /// Answers a text request, or continues an answer that spans several PDUs.
    pub(super) fn answer_text(
        &mut self,
        portal: &Portal,
        sender: &mut Sender,
        request: &Request,
        text: &[u8],
    ) -> Result<(), End> {
        if request.transfer_tag() == NO_TAG {
            // A new request: it ends an unfinished one.
            (self.said, self.text) = (KVVec::new(), KVVec::new());
            self.text_sent = 0;
        }
        if self.text.is_empty() {
            if self.said.len() + text.len() > TEXT_MAX as usize {
                return Err(End::Rejected(Reject::Protocol, *request));
            }
            self.said.extend_from_slice(text, GFP_KERNEL)?;
            if !request.is_final() {
                sender.reply(Reply::text_goes_on(request.task_tag()))?;
                return Ok(());
            }
            let said = core::mem::replace(&mut self.said, KVVec::new());
            let Some(text) = self.text_for(portal, sender, &said)? else {
                reject(sender, Reject::Protocol, request)?;
                return Ok(());
            };
            self.text = text;
        }
        let rest = self.text.get(self.text_sent..).unwrap_or_default();
        let length = rest
            .len()
            .min(sender.agreed.max_xmit_data_segment_length as usize);
        let data = copied(rest.get(..length).unwrap_or_default())?;
        self.text_sent += length;
        let is_last = self.text_sent == self.text.len();
        if is_last {
            self.text = KVVec::new();
            self.text_sent = 0;
        }
        let transfer_tag = if is_last { NO_TAG } else { 1 };
        let reply = Reply::text(request.task_tag(), transfer_tag);
        sender.reply_with(reply, data, After::Nothing)?;
        Ok(())
    }

    /// Returns the answer to a text. Returns `None` if the text must be rejected, since it has an
    /// unknown key, or a value of SendTargets that is neither `All` nor a name.
    ///
    /// RFC 7143, section 6.2, requires the answer `NotUnderstood` to an unknown key, but libiscsi
    /// drops its connection on that answer. iscsi_target_mod rejects such a text, too.
    fn text_for(
        &self,
        portal: &Portal,
        sender: &mut Sender,
        text: &[u8],
    ) -> Result<Option<KVVec<u8>>, End> {
        let mut answer = KVVec::new();
        let mut has_targets = false;
        for (key, value) in keys::pairs(text).flatten() {
            let value = match key {
                // Answered once: a list for each occurrence would take much memory for a short
                // request.
                b"SendTargets" if !has_targets => {
                    if !is_send_targets_value(value) {
                        return Ok(None);
                    }
                    has_targets = true;
                    let targets = self.targets(portal, sender, value)?;
                    answer.extend_from_slice(&targets, GFP_KERNEL)?;
                    continue;
                }
                b"SendTargets" => Value::REJECT,
                b"MaxRecvDataSegmentLength" => {
                    let offer = offer(self.normal.as_ref().map(|normal| &*normal.group));
                    match keys::negotiate(key, value, &offer, &mut sender.agreed) {
                        Some(Value::Nothing) => continue,
                        _ => Value::REJECT,
                    }
                }
                _ => return Ok(None),
            };
            let mut place = [0; 128];
            let mut writer = Writer::new(&mut place);
            if writer.pair(key, value) {
                let length = writer.length();
                answer.extend_from_slice(place.get(..length).unwrap_or_default(), GFP_KERNEL)?;
            }
        }
        Ok(Some(answer))
    }

    /// Returns the targets that SendTargets asks for: `All`, or one by its name. In a normal
    /// session this is only the target of the session.
    fn targets(&self, portal: &Portal, sender: &Sender, value: &[u8]) -> Result<KVVec<u8>, End> {
        // Names are case-insensitive, as in a login.
        let name = PortName::parse(value);
        let value = name.as_ref().map_or(value, PortName::as_bytes);
        let own = self
            .normal
            .as_ref()
            .map(|normal| target_name(&normal.group));
        let only = match (own, value) {
            (None, b"All") => None,
            (None, name) => Some(name),
            (Some(own), b"") => Some(own),
            (Some(own), name) if own == name => Some(name),
            (Some(_), _) => return Ok(KVVec::new()),
        };
        let local = sender.link.socket.local_address();
        let targets =
            portal.with_registry(|registry| discovery::targets(registry, &self.name, local, only));
        Ok(targets.unwrap_or_else(|| Ok(KVVec::new()))?)
    }
}

/// Returns true if this is a valid value of SendTargets, RFC 7143, appendix C.
fn is_send_targets_value(value: &[u8]) -> bool {
    value.is_empty() || value == b"All" || PortName::parse(value).is_some()
}
