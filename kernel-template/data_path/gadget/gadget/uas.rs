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
use lane::{Active, Lane, Passage, Turns, Which, LANES};

pub(super) use data::{receive, respond};
pub(crate) use lane::Task;
pub(crate) use unit::Management;

/// Length of the buffers for commands: the packets that hold the longest, at any speed.
const COMMAND_ROOM: usize = iu::COMMAND_MAX.next_multiple_of(1024);

/// A link of UAS.
#[pin_data]
pub(crate) struct Uas {
    group: Arc<Group>,
    has_streams: bool,
    /// Number of [`Task`]s of each lane.
    shares: [Atomic<u32>; LANES],
    /// Cancels the transfers of the data of each lane.
    cancellers: KVec<[Canceller<Storage>; 2]>,
    verifier: Canceller<Storage>,
    #[pin]
    state: IrqLock<State>,
    _pipes: Pipes<Storage>,
}

/// The state of a link.
struct State {
    lanes: KVec<Lane>,
    /// Receives data to be compared.
    verifier: Option<Request<Storage>>,
    /// Turns on the data endpoints, without streams.
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

/// The use of a request that the controller has.
pub(crate) enum Step {
    /// Receives a unit from the host.
    Command(Arc<Uas>, u8),
    /// Announces data.
    Ready(Task, Data<Fabric>, Passage),
    /// Moves the payload of a command, from this offset.
    Payload(Task, u32, Passage),
    /// Receives data to be compared with those of a read, at this offset. True after a difference.
    Compare(Task, Reference<Completed<Fabric>>, u32, bool, Passage),
    /// Sends the last unit of a command.
    Last(Task),
}

impl Uas {
    /// Starts a link.
    pub(super) fn start(group: Arc<Group>, pipes: Pipes<Storage>) -> Result<Arc<Self>> {
        let (mut lanes, mut cancellers) = (KVec::new(), KVec::new());
        for _ in 0..LANES {
            let input = pipes.request(endpoint::IN, 0)?;
            let output = pipes.request(endpoint::OUT, 0)?;
            cancellers.push([input.canceller(), output.canceller()], GFP_KERNEL)?;
            let lane = Lane::new([
                Some(pipes.request(endpoint::COMMAND, COMMAND_ROOM)?),
                Some(pipes.request(endpoint::STATUS, iu::REPLY_MAX)?),
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
            input: Turns::FREE,
            output: Turns::FREE,
            is_stopped: false,
        };
        let uas = Arc::pin_init(
            pin_init!(Self {
                group,
                has_streams: pipes.has_streams(endpoint::STATUS),
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

    /// Ends the link.
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

    /// Cancels the transfers of the data of a lane.
    fn cancel(&self, lane: u8) {
        for canceller in self.cancellers.get(usize::from(lane)).into_iter().flatten() {
            canceller.cancel();
        }
        let active = self.state.with(|state| state.lane(lane)?.active);
        if active.is_some_and(|active| active.is_verify) {
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

    /// Keeps the request that receives data to be compared, or drops it if the link has ended.
    fn put_verifier(&self, request: Request<Storage>) {
        let dropped = self.state.with(|state| {
            if state.is_stopped {
                return Some(request);
            }
            state.verifier.replace(request)
        });
        drop(dropped);
    }

    /// Receives a unit from the host.
    fn receive_unit(self: &Arc<Self>, lane: u8) {
        if let Some(request) = self.take(lane, Which::Command) {
            let context = Context::Uas(Step::Command(self.clone(), lane));
            if let Err(refused) = request.queue(COMMAND_ROOM as u32, context) {
                self.put(lane, Which::Command, refused.request);
            }
        }
    }

    /// The command of a lane has ended.
    pub(super) fn end(self: &Arc<Self>, lane: u8) {
        self.state.with(|state| {
            if let Some(lane) = state.lane(lane) {
                lane.active = None;
            }
        });
        self.receive_unit(lane);
    }

    /// Returns the command of a lane, unless the host has given it up.
    fn active(&self, lane: u8) -> Option<Active> {
        let active = self.state.with(|state| state.lane(lane)?.active);
        active.filter(|active| !active.is_void)
    }

    /// Gives up the commands that `which` names by lane and command.
    fn abandon(&self, which: impl Fn(u8, &Active) -> bool) {
        for number in 0..LANES as u8 {
            let dropped = self.state.with(|state| {
                let lane = state.lane(number)?;
                let is_named = |it: Active| !it.is_void && which(number, &it);
                lane.active.is_some_and(is_named).then(|| lane.abandon())
            });
            if dropped.is_some() {
                drop(dropped);
                self.cancel(number);
            }
        }
    }

    /// Returns true if there is a command that `which` names by lane and command.
    fn knows(&self, which: impl Fn(u8, &Active) -> bool) -> bool {
        let is_named = |(number, lane): (u8, &Lane)| {
            let is_named = |it: Active| !it.is_void && which(number, &it);
            lane.active.is_some_and(is_named)
        };
        self.state
            .with(|state| (0..).zip(state.lanes.iter()).any(is_named))
    }

    /// A unit was received.
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
        let is_overlapped = self.begin(lane, tag, lun);
        let task = Task::new(self.clone(), lane);
        if is_overlapped {
            self.abandon(|other, active| other != lane && active.tag == tag);
            data::send(task, &Reply::Response(Code::OverlappedTag));
        } else {
            unit::handle(task, received);
        }
        self.put(lane, Which::Command, request);
        // The command may have ended meanwhile, without this request.
        if self
            .state
            .with(|state| Some(state.lane(lane)?.active.is_none()))
            == Some(true)
        {
            self.receive_unit(lane);
        }
    }

    /// Begins a command. Returns true if another one has its tag.
    fn begin(&self, number: u8, tag: u16, lun: u64) -> bool {
        let is_overlapped = self.state.with(|state| {
            let is_overlapped = state.lanes.iter().any(|lane| lane.has(tag));
            let active = Active {
                tag,
                lun,
                is_verify: false,
                is_void: state.is_stopped,
            };
            state.lane(number)?.active = Some(active);
            Some(is_overlapped)
        });
        is_overlapped.unwrap_or(false)
    }

    /// Ends a use of a data endpoint: the next command announces its data.
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
                // The host has given this command up.
                Some(None) => continue,
                Some(Some((task, waiting))) => data::announce(task, waiting, direction),
            }
            if !self.state.with(|state| state.turns(direction).leave()) {
                return;
            }
        }
    }
}
