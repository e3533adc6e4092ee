// SPDX-License-Identifier: GPL-2.0-only

//! Timeouts of a session. They count the time that the connection waits for the initiator, not the
//! time that the target or the network takes.

#![forbid(unsafe_code)]

use kernel::{
    prelude::*,
    time::{msecs_to_jiffies, Jiffies}, //
};

use super::{PendingWrite, Session, Sink};
use crate::iscsi::{
    pdu::Reply,
    receiver::End,
    sender::Sender,
    settings::Timeouts, //
};

impl Session {
    /// Adds time that the connection has waited for the initiator.
    pub(in crate::iscsi) fn wait(&mut self, time: Jiffies) {
        self.waited = self.waited.wrapping_add(time);
    }

    /// Records that the initiator has sent something. `is_data` is true for data of a write.
    pub(in crate::iscsi) fn hear(&mut self, is_data: bool) {
        self.heard = self.waited;
        self.pinged = None;
        if is_data {
            self.moved = self.waited;
        }
    }

    /// Returns the current timeouts of the initiator.
    fn timeouts(&self) -> Timeouts {
        let normal = self.normal.as_ref();
        normal.map_or(Timeouts::DEFAULT, |normal| {
            normal.nexus.node_acl().lock().timeouts
        })
    }

    /// Enforces the timeouts, and drops aborted writes. Target core does not notify the driver of
    /// such writes.
    ///
    /// # Errors
    ///
    /// Returns [`End::Silent`] after a timeout.
    pub(in crate::iscsi) fn tick(
        &mut self,
        sender: &mut Sender,
        sink: &mut Sink,
    ) -> Result<(), End> {
        let timeouts = self.timeouts();
        if sender.is_stuck(seconds(timeouts.nopin_response_timeout)) {
            return Err(End::Silent(
                "the initiator has not received for nopin_response_timeout",
            ));
        }
        let mut index = 0;
        while let Some(write) = self.writes.get(index) {
            if write.pending.is_aborted() {
                drop(self.writes.remove(index));
                continue;
            }
            self.expect_data(write, &timeouts)?;
            index += 1;
        }
        if let Sink::Payload(write) = sink {
            if write.pending.is_aborted() {
                *sink = Sink::Discard;
            } else {
                self.expect_data(write, &timeouts)?;
            }
        }
        self.ping(sender, &timeouts)
    }

    /// Enforces `dataout_timeout` for a write. Data of other writes, which may come first, count as
    /// progress.
    fn expect_data(&self, write: &PendingWrite, timeouts: &Timeouts) -> Result<(), End> {
        let passed = |since: Jiffies| self.waited.wrapping_sub(since);
        if passed(write.since).min(passed(self.moved)) > seconds(timeouts.dataout_timeout) {
            return Err(End::Silent(
                "no data of a write have arrived for dataout_timeout",
            ));
        }
        Ok(())
    }

    /// Pings an idle initiator, and enforces the timeout of the answer.
    fn ping(&mut self, sender: &mut Sender, timeouts: &Timeouts) -> Result<(), End> {
        let since = |then: Jiffies| self.waited.wrapping_sub(then);
        match self.pinged {
            Some(pinged) if since(pinged) > seconds(timeouts.nopin_response_timeout) => Err(
                End::Silent("the initiator has not answered a ping for nopin_response_timeout"),
            ),
            Some(_) => Ok(()),
            None => {
                let silence = seconds(timeouts.nopin_timeout);
                if silence != 0 && since(self.heard) > silence {
                    self.pinged = Some(self.waited);
                    sender.reply(Reply::ping(0))?;
                }
                Ok(())
            }
        }
    }
}

/// Converts seconds to jiffies.
fn seconds(seconds: u32) -> Jiffies {
    msecs_to_jiffies(seconds.saturating_mul(1000))
}
