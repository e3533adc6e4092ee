// SPDX-License-Identifier: GPL-2.0-only

//! USB Attached SCSI: many commands at a time, over four endpoints.
//!
//! UAS section 6. The host sends commands and task management functions, each with a tag. With
//! streams, data and status of a command go over the stream of its tag. Without streams, the
//! device asks for the data of a command, or announces them, by a ready unit; one command at a time
//! does so in each direction.

#![forbid(unsafe_code)]

use kernel::{
    prelude::*,
    sync::Arc, //
};

mod data;
mod iu;
mod lane;
mod unit;

use super::{endpoint, Context, Group, Moved, Storage};
use crate::{
    irq_lock::IrqLock,
    target::{atomic::Atomic, Completed, Direction, Reference},
    usb_function::{Canceller, Data, Pipes, Request},
    Fabric, //
};
use iu::{Code, Received, Reply};
use lane::{Active, Lane, Passage, Phase, Turns, Which, LANES};

pub(super) use data::{receive, respond};
pub(crate) use lane::Task;
pub(crate) use unit::Management;

/// Length of a buffer for a COMMAND IU, in bytes: that of the longest, rounded up to the packets of
/// SuperSpeed.
const COMMAND_ROOM: usize = iu::COMMAND_MAX.next_multiple_of(1024);

/// An interface with the alternate setting of UAS.
#[pin_data]
pub(crate) struct Uas {
    group: Arc<Group>,
    /// Number of streams of an endpoint, or 0.
    streams: u32,
    /// Number of [`Task`]s of each lane.
    shares: [Atomic<u32>; LANES],
    /// Cancel the transfers of each lane to the host, and of its data.
    cancellers: KVec<[Canceller<Storage>; 3]>,
    verifier: Canceller<Storage>,
    #[pin]
    state: IrqLock<State>,
    /// Keeps the next setting from starting before all requests are dropped.
    _pipes: Pipes<Storage>,
}

/// The state of the interface.
struct State {
    lanes: KVec<Lane>,
    /// Receives data to be compared.
    verifier: Option<Request<Storage>>,
    /// The lane that has `verifier`.
    verifying: Option<u8>,
    /// Queues for the data endpoints. Without streams.
    input: Turns,
    output: Turns,
    is_stopped: bool,
}

impl State {
    fn lane(&mut self, number: u8) -> Option<&mut Lane> {
        self.lanes.get_mut(usize::from(number))
    }

    fn turns(&mut self, direction: Direction) -> &mut Turns {
        if direction == Direction::IN {
            &mut self.input
        } else {
            &mut self.output
        }
    }
}

/// Purpose of a queued request.
pub(crate) enum Step {
    /// Receives a COMMAND or TASK MANAGEMENT IU.
    Command(Arc<Uas>, u8),
    /// Sends a READ READY or WRITE READY IU.
    Ready(Task, Data<Fabric>, Passage),
    /// Transfers the payload of a command, from this offset.
    Payload(Task, u32, Passage),
    /// Receives data, and compares them with those of a read at this offset. The flag is true if an
    /// earlier part differed.
    Compare(Task, Reference<Completed<Fabric>>, u32, bool, Passage),
    /// Sends the SENSE or RESPONSE IU, which ends the command.
    Last(Task),
}

impl Uas {
    /// Starts the setting.
    pub(super) fn start(group: Arc<Group>, pipes: Pipes<Storage>) -> Result<Arc<Self>> {
        let (mut lanes, mut cancellers) = (KVec::new(), KVec::new());
        for _ in 0..LANES {
            let input = pipes.request(endpoint::IN, 0)?;
            let output = pipes.request(endpoint::OUT, 0)?;
            let status = pipes.request(endpoint::STATUS, iu::REPLY_MAX)?;
            cancellers.push(
                [&status, &input, &output].map(Request::canceller),
                GFP_KERNEL,
            )?;
            let lane = Lane::new([
                Some(pipes.request(endpoint::COMMAND, COMMAND_ROOM)?),
                Some(status),
                Some(input),
                Some(output),
            ]);
            lanes.push(lane, GFP_KERNEL)?;
        }
        let verifier = pipes.request(endpoint::OUT, COMMAND_ROOM)?;
        let verifier_canceller = verifier.canceller();
        let state = State {
            lanes,
            verifier: Some(verifier),
            verifying: None,
            input: Turns::FREE,
            output: Turns::FREE,
            is_stopped: false,
        };
        let uas = Arc::pin_init(
            pin_init!(Self {
                group,
                streams: pipes.streams(endpoint::STATUS),
                shares: [const { Atomic::new(0) }; LANES],
                cancellers,
                verifier: verifier_canceller,
                state <- IrqLock::new(state),
                _pipes: pipes,
            }),
            GFP_KERNEL,
        )?;
        for lane in 0..LANES {
            uas.receive_unit(lane as u8);
        }
        Ok(uas)
    }

    /// Ends the setting.
    pub(super) fn stop(&self) {
        self.state.with(|state| state.is_stopped = true);
        for number in 0..LANES {
            let dropped = self.state.with(|state| {
                let lane = state.lane(number as u8)?;
                Some((lane.abandon(), lane.empty()))
            });
            drop(dropped);
        }
        drop(self.state.with(|state| state.verifier.take()));
        for number in 0..LANES {
            self.cancel(number as u8);
        }
        self.verifier.cancel();
    }

    /// Returns true if data and status of a command go over the stream of its tag.
    fn has_streams(&self) -> bool {
        self.streams != 0
    }

    /// Cancels the transfers of the command of a lane.
    fn cancel(&self, lane: u8) {
        // Some controllers cancel all requests of an endpoint that several commands share.
        let skipped = usize::from(!self.has_streams());
        let cancellers = self.cancellers.get(usize::from(lane)).into_iter().flatten();
        cancellers.skip(skipped).for_each(Canceller::cancel);
        if self.state.with(|state| state.verifying == Some(lane)) {
            self.verifier.cancel();
        }
    }

    /// Takes an idle request of a lane.
    fn take(&self, lane: u8, which: Which) -> Option<Request<Storage>> {
        self.state
            .with(|state| state.lane(lane)?.place(which).take())
    }

    /// Keeps an idle request of a lane, or drops it if the link has ended.
    fn put(&self, lane: u8, which: Which, request: Request<Storage>) {
        let dropped = self.state.with(|state| {
            if state.is_stopped {
                return Some(request);
            }
            match state.lane(lane) {
                Some(lane) => lane.place(which).replace(request),
                None => Some(request),
            }
        });
        drop(dropped);
    }

    /// Takes the request that receives data to be compared.
    fn take_verifier(&self, lane: u8) -> Option<Request<Storage>> {
        self.state.with(|state| {
            let request = state.verifier.take()?;
            state.verifying = Some(lane);
            Some(request)
        })
    }

    /// Keeps the request that receives data to be compared, or drops it if the link has ended.
    fn put_verifier(&self, request: Request<Storage>) {
        let dropped = self.state.with(|state| {
            state.verifying = None;
            if state.is_stopped {
                return Some(request);
            }
            state.verifier.replace(request)
        });
        drop(dropped);
    }

    /// Queues the request of a lane that receives an IU.
    fn receive_unit(self: &Arc<Self>, lane: u8) {
        if let Some(request) = self.take(lane, Which::Command) {
            let context = Context::Uas(Step::Command(self.clone(), lane));
            if let Err(refused) = request.queue(COMMAND_ROOM as u32, context) {
                self.put(lane, Which::Command, refused.request);
            }
        }
    }

    /// Ends the command of a lane, and receives the next IU.
    pub(super) fn end(self: &Arc<Self>, lane: u8) {
        self.state.with(|state| {
            if let Some(lane) = state.lane(lane) {
                lane.active = None;
            }
        });
        self.receive_unit(lane);
    }

    /// Returns the command of a lane, unless it is answered.
    fn active(&self, lane: u8) -> Option<Active> {
        let active = self.state.with(|state| state.lane(lane)?.active);
        active.filter(|active| active.phase == Phase::Open)
    }

    /// Cancels the request of a lane that was just queued, if the host has aborted the command
    /// meanwhile.
    fn queued(&self, lane: u8) {
        let active = self.state.with(|state| state.lane(lane)?.active);
        if active.is_some_and(|active| active.phase == Phase::Abandoned) {
            self.cancel(lane);
        }
    }

    /// Aborts the commands for which `which` returns true, those that are answered, too: on a
    /// stream, the host would take the answer for that of its next command with the tag.
    fn abandon(self: &Arc<Self>, which: impl Fn(u8, &Active) -> bool) {
        for number in 0..LANES as u8 {
            let dropped = self.state.with(|state| {
                let lane = state.lane(number)?;
                let is_named = lane.active.is_some_and(|active| which(number, &active));
                is_named.then(|| (lane.abandon(), Task::existing(self, number)))
            });
            // The share keeps the lane from its next command, which must not be cancelled.
            if let Some((_data, Some(_share))) = dropped {
                self.cancel(number);
            }
        }
    }

    /// Returns true if `which` returns true for a command that is not answered.
    fn knows(&self, which: impl Fn(u8, &Active) -> bool) -> bool {
        let is_named = |(number, lane): (u8, &Lane)| {
            let is_named = |it: Active| it.phase == Phase::Open && which(number, &it);
            lane.active.is_some_and(is_named)
        };
        self.state
            .with(|state| (0..).zip(state.lanes.iter()).any(is_named))
    }

    /// Handles a received IU.
    fn unit(self: &Arc<Self>, lane: u8, request: Request<Storage>, moved: &Moved) {
        let Some(received) = Received::parse(moved.received(&request)) else {
            self.put(lane, Which::Command, request);
            return self.receive_unit(lane);
        };
        let (tag, lun) = match received {
            Received::Command { tag, lun, .. } | Received::Management { tag, lun, .. } => {
                (tag, lun)
            }
            Received::Invalid { tag } => (tag, 0),
        };
        if self.has_streams() && !(1..=self.streams).contains(&tag.into()) {
            // There is no stream to answer on.
            self.put(lane, Which::Command, request);
            return self.receive_unit(lane);
        }
        let is_overlapped = self.begin(lane, tag, lun);
        let task = Task::new(self.clone(), lane);
        if is_overlapped {
            self.abandon(|other, active| other != lane && active.tag == tag);
            data::send(task, &Reply::Response(Code::OverlappedTag));
        } else {
            unit::handle(task, received);
        }
        self.put(lane, Which::Command, request);
        // If the command has already ended, `end` found no request to queue.
        if self
            .state
            .with(|state| Some(state.lane(lane)?.active.is_none()))
            == Some(true)
        {
            self.receive_unit(lane);
        }
    }

    /// Starts a command. Returns true if its tag is in use.
    fn begin(&self, number: u8, tag: u16, lun: u64) -> bool {
        let is_overlapped = self.state.with(|state| {
            let is_overlapped = state.lanes.iter().any(|lane| lane.has(tag));
            let active = Active {
                tag,
                lun,
                is_verify: false,
                phase: if state.is_stopped {
                    Phase::Abandoned
                } else {
                    Phase::Open
                },
            };
            state.lane(number)?.active = Some(active);
            Some(is_overlapped)
        });
        is_overlapped.unwrap_or(false)
    }

    /// Releases a data endpoint: the next command announces its data.
    pub(super) fn next(self: &Arc<Self>, direction: Direction) {
        if !self.state.with(|state| state.turns(direction).enter()) {
            return;
        }
        loop {
            let next = self.state.with(|state| {
                let lane = state.turns(direction).next()?;
                Some(state.lane(lane).and_then(|lane| lane.take(direction)))
            });
            match next {
                None => return,
                // The host has aborted this command.
                Some(None) => continue,
                Some(Some((task, waiting))) => data::announce(task, waiting, direction),
            }
            if !self.state.with(|state| state.turns(direction).leave()) {
                return;
            }
        }
    }
}
