// SPDX-License-Identifier: GPL-2.0-only

//! Lanes: what a command of UAS needs while it is in progress, made before the first one.
//!
//! A lane receives a unit from the host, and no further one before its command has ended. Whoever
//! works for the command has a [`Task`].

#![forbid(unsafe_code)]

use kernel::sync::Arc;

use super::Uas;
use crate::{
    gadget::Storage,
    target::{
        atomic::{Full, Relaxed},
        Direction,
    },
    usb_function::{Data, Request},
    Fabric, //
};

/// Number of lanes, and so of commands at a time.
pub(super) const LANES: usize = 34;

/// A request of a lane.
#[derive(Clone, Copy)]
pub(super) enum Which {
    Command,
    Status,
    Input,
    Output,
}

/// The state of a lane.
pub(super) struct Lane {
    /// Idle requests, in the order of [`Which`].
    requests: [Option<Request<Storage>>; 4],
    /// The command in progress.
    pub(super) active: Option<Active>,
    /// The data that wait for their turn on an endpoint without streams.
    pub(super) waiting: Option<(Task, Data<Fabric>, Direction)>,
}

/// A command in progress.
#[derive(Clone, Copy)]
pub(super) struct Active {
    /// The host's tag.
    pub(super) tag: u16,
    /// Logical unit number.
    pub(super) lun: u64,
    /// True if the data are compared with those of a read.
    pub(super) is_verify: bool,
    pub(super) phase: Phase,
}

/// The state of a command, as the host sees it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// In progress.
    Open,
    /// Its last unit is being sent.
    Answered,
    /// Aborted by the host, which gets no status.
    Abandoned,
}

impl Lane {
    /// Makes a lane of its requests, in the order of [`Which`].
    pub(super) fn new(requests: [Option<Request<Storage>>; 4]) -> Self {
        Self {
            requests,
            active: None,
            waiting: None,
        }
    }

    /// Returns the place of a request.
    pub(super) fn place(&mut self, which: Which) -> &mut Option<Request<Storage>> {
        &mut self.requests[which as usize]
    }

    /// Takes all requests and data.
    pub(super) fn empty(&mut self) -> impl Sized {
        (
            self.requests.each_mut().map(Option::take),
            self.waiting.take(),
        )
    }

    /// Returns true if the lane has a command with this tag that is not answered.
    pub(super) fn has(&self, tag: u16) -> bool {
        self.active
            .is_some_and(|active| active.tag == tag && active.phase == Phase::Open)
    }

    /// Gives the command up. Returns its data, if they wait.
    pub(super) fn abandon(&mut self) -> impl Sized {
        if let Some(active) = &mut self.active {
            active.phase = Phase::Abandoned;
        }
        self.waiting.take()
    }

    /// Takes the data that wait for an endpoint of this direction.
    pub(super) fn take(&mut self, direction: Direction) -> Option<(Task, Data<Fabric>)> {
        match self.waiting.take()? {
            (task, data, of) if of == direction => Some((task, data)),
            other => {
                self.waiting = Some(other);
                None
            }
        }
    }
}

/// A share in the command of a lane. Dropped in any context.
pub(crate) struct Task {
    uas: Arc<Uas>,
    lane: u8,
}

impl Task {
    /// Counts a share in the command of a lane.
    pub(super) fn new(uas: Arc<Uas>, lane: u8) -> Self {
        uas.shares[usize::from(lane) % LANES].fetch_add(1, Relaxed);
        Self { uas, lane }
    }

    /// Counts a share in the command of a lane, unless the command is ending or has no share yet.
    pub(super) fn existing(uas: &Arc<Uas>, lane: u8) -> Option<Self> {
        let shares = &uas.shares[usize::from(lane) % LANES];
        let mut count = shares.load(Relaxed);
        while count > 0 {
            match shares.cmpxchg(count, count + 1, Full) {
                Ok(_) => {
                    let uas = uas.clone();
                    return Some(Self { uas, lane });
                }
                Err(now) => count = now,
            }
        }
        None
    }

    /// Returns the link.
    pub(super) fn uas(&self) -> &Arc<Uas> {
        &self.uas
    }

    /// Returns the number of the lane.
    pub(super) fn lane(&self) -> u8 {
        self.lane
    }
}

impl Clone for Task {
    fn clone(&self) -> Self {
        Self::new(self.uas.clone(), self.lane)
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        let shares = &self.uas.shares[usize::from(self.lane) % LANES];
        if shares.fetch_sub(1, Full) == 1 {
            self.uas.end(self.lane);
        }
    }
}

/// The use of an endpoint that commands share: without streams, the host expects the data in the
/// order in which it was asked for them.
pub(super) struct Turns {
    is_busy: bool,
    /// True while [`Uas::next`] announces data.
    is_announcing: bool,
    /// True if the announced use has ended meanwhile.
    has_ended: bool,
    lanes: [u8; LANES],
    first: usize,
    count: usize,
}

impl Turns {
    /// Nobody uses the endpoint.
    pub(super) const FREE: Self = Self {
        is_busy: false,
        is_announcing: false,
        has_ended: false,
        lanes: [0; LANES],
        first: 0,
        count: 0,
    };

    /// Returns true if the lane may use the endpoint now. Otherwise its turn comes later.
    pub(super) fn ask(&mut self, lane: u8) -> bool {
        if !self.is_busy {
            self.is_busy = true;
            return true;
        }
        // An earlier command of the lane, which was given up, may have left its turn.
        let is_listed = (0..self.count).any(|i| self.lanes[(self.first + i) % LANES] == lane);
        if !is_listed {
            self.lanes[(self.first + self.count) % LANES] = lane;
            self.count += 1;
        }
        false
    }

    /// Begins to announce data. Returns false if a caller of [`Uas::next`] does: it goes on with
    /// the next command, so that refused announcements do not recurse.
    pub(super) fn enter(&mut self) -> bool {
        if self.is_announcing {
            self.has_ended = true;
            return false;
        }
        self.is_announcing = true;
        true
    }

    /// Data are announced. Returns true if their use of the endpoint has already ended.
    pub(super) fn leave(&mut self) -> bool {
        self.is_announcing = self.has_ended;
        self.has_ended = false;
        self.is_announcing
    }

    /// Ends a use of the endpoint. Returns the lane whose turn it is.
    pub(super) fn next(&mut self) -> Option<u8> {
        if self.count == 0 {
            self.is_busy = false;
            self.is_announcing = false;
            return None;
        }
        let lane = self.lanes[self.first % LANES];
        self.first = (self.first + 1) % LANES;
        self.count -= 1;
        Some(lane)
    }
}

/// The use of a data endpoint, until it is dropped: when the data of a command are transferred.
///
/// Without streams a host may give a command up and say nothing, as Linux does after a timeout. Its
/// data then stay in the controller. If another command had been announced, the host would take
/// them for the data of that one.
pub(crate) struct Passage {
    /// The link, unless each command has a stream.
    pub(super) uas: Option<Arc<Uas>>,
    pub(super) direction: Direction,
}

impl Drop for Passage {
    fn drop(&mut self) {
        if let Some(uas) = self.uas.take() {
            uas.next(self.direction);
        }
    }
}
