// SPDX-License-Identifier: GPL-2.0-only

//! USB Attached SCSI: many commands at a time, over four endpoints.
//!
//! UAS section 6. The host sends commands and task management functions, each with a tag. With
//! streams, the data and the status of a command go over the stream of its tag. Without streams, the
//! device asks for the data of a command, or announces them, by a ready unit; one command at a time
//! does so in each direction.

use kernel::{
    prelude::*,
    sync::Arc, //
};

use super::{
    direction,
    endpoint,
    iu::{self, function, Code, Received, Reply},
    lane::{Active, Lane, Passage, Turns, Which, LANES},
    sense::Sense,
    Context, Group, Io, Moved, Storage, //
};
use crate::{
    irq_lock::IrqLock,
    target::{
        atomic::Atomic, Completed, Direction, Pending, Refusal, Request as Command, Response,
        TmrFunction, TmrStatus,
    },
    usb_function::{Canceller, Data, Pipes, Request},
    Fabric, //
};

pub(crate) use super::lane::Task;

/// Length of the buffers for commands: the packets that hold the longest, at any speed.
const COMMAND_ROOM: usize = iu::COMMAND_MAX.next_multiple_of(1024);

/// Statuses, SAM-5 section 5.3.1.
const BUSY: u8 = 0x08;
const TASK_SET_FULL: u8 = 0x28;
const CHECK_CONDITION: u8 = 0x02;

/// A link of UAS.
#[pin_data]
pub(crate) struct Uas {
    group: Arc<Group>,
    has_streams: bool,
    /// Number of [`Task`]s of each lane.
    pub(super) shares: [Atomic<u32>; LANES],
    /// Cancels the transfers of the data of each lane.
    cancellers: KVec<[Canceller<Storage>; 2]>,
    #[pin]
    state: IrqLock<State>,
    _pipes: Pipes<Storage>,
}

/// The state of a link.
struct State {
    lanes: KVec<Lane>,
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
        let state = State {
            lanes,
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
        for number in 0..LANES {
            self.cancel(number as u8);
        }
    }

    /// Cancels the transfers of the data of a lane.
    fn cancel(&self, lane: u8) {
        for canceller in self.cancellers.get(usize::from(lane)).into_iter().flatten() {
            canceller.cancel();
        }
    }

    /// Takes an idle request of a lane.
    fn take(&self, lane: u8, which: Which) -> Option<Request<Storage>> {
        self.state.with(|state| state.lane(lane)?.place(which).take())
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

    /// Gives up the commands that `which` names. Returns their number.
    fn abandon(&self, which: impl Fn(&Active) -> bool) -> u32 {
        let mut count = 0;
        for number in 0..LANES as u8 {
            let dropped = self.state.with(|state| {
                let lane = state.lane(number)?;
                let is_named = lane.active.is_some_and(|it| !it.is_void && which(&it));
                is_named.then(|| lane.abandon())
            });
            if dropped.is_some() {
                count += 1;
                drop(dropped);
                self.cancel(number);
            }
        }
        count
    }

    /// Returns true if there is a command that `which` names.
    fn knows(&self, which: impl Fn(&Active) -> bool) -> bool {
        let is_named = |lane: &Lane| lane.active.is_some_and(|it| !it.is_void && which(&it));
        self.state.with(|state| state.lanes.iter().any(is_named))
    }

    /// A unit was received.
    fn unit(self: &Arc<Self>, lane: u8, request: Request<Storage>, moved: &Moved) {
        let bytes = request.buffer().get(..moved.bytes() as usize);
        let bytes = bytes.filter(|_| moved.result.is_ok()).unwrap_or(&[]);
        let Some(received) = Received::parse(bytes) else {
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
            self.abandon_others(lane, tag);
            send(task, &Reply::Response(Code::OverlappedTag));
        } else {
            handle(task, received);
        }
        self.put(lane, Which::Command, request);
        // The command may have ended meanwhile, without this request.
        if self.state.with(|state| Some(state.lane(lane)?.active.is_none())) == Some(true) {
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
                is_void: state.is_stopped,
            };
            state.lane(number)?.active = Some(active);
            Some(is_overlapped)
        });
        is_overlapped.unwrap_or(false)
    }

    /// Gives up the commands with this tag in other lanes.
    fn abandon_others(&self, own: u8, tag: u16) {
        for number in (0..LANES as u8).filter(|number| *number != own) {
            let dropped = self.state.with(|state| {
                let lane = state.lane(number)?;
                lane.has(tag).then(|| lane.abandon())
            });
            if dropped.is_some() {
                drop(dropped);
                self.cancel(number);
            }
        }
    }

    /// Ends a use of a data endpoint: the next command announces its data.
    pub(super) fn next(self: &Arc<Self>, direction: Direction) {
        loop {
            let next = self.state.with(|state| {
                let lane = state.turns(direction).next()?;
                Some(state.lane(lane).and_then(|lane| lane.waiting.take()))
            });
            match next {
                None => return,
                // The host has given this command up.
                Some(None) => continue,
                Some(Some((task, data))) => return announce(task, data, direction),
            }
        }
    }
}

/// Executes a unit from the host.
fn handle(task: Task, received: Received<'_>) {
    match received {
        Received::Command {
            tag,
            lun,
            attribute,
            cdb,
        } => {
            let request = Command {
                tag: tag.into(),
                lun,
                cdb,
                attribute,
            };
            if let Err(failure) = submit(&task, &request) {
                let sense = failure.sense.map(Sense::new);
                let sense = sense.as_ref().map_or(&[][..], |sense| sense.as_bytes());
                send(
                    task,
                    &Reply::Status {
                        status: failure.status,
                        sense,
                    },
                );
            }
        }
        Received::Management {
            lun,
            function,
            task: other,
            ..
        } => manage(task, lun, function, other),
        Received::Invalid { .. } => send(task, &Reply::Response(Code::InvalidUnit)),
    }
}

/// The status of a command that target core did not get.
struct Failure {
    status: u8,
    sense: Option<super::sense::Reason>,
}

/// Submits a command to target core.
fn submit(task: &Task, request: &Command<'_>) -> Result<(), Failure> {
    let plain = |status| Failure {
        status,
        sense: None,
    };
    let handle = task.uas().group.session().ok_or(plain(BUSY))?;
    let session = handle.get().ok_or(plain(BUSY))?;
    let tag = session.tag().ok_or(plain(TASK_SET_FULL))?;
    // Target core refuses what is not in the table.
    let direction = direction::of(request.cdb).unwrap_or(Direction::NONE);
    let result = tag.submit(None, direction, Io::Uas(task.clone()), request);
    result.map_err(|refused| match refused.reason {
        Refusal::ShortCdb => Failure {
            status: CHECK_CONDITION,
            sense: Some(super::sense::Reason::InvalidField),
        },
        Refusal::Stopped => plain(BUSY),
    })
}

/// The driver's data of a task management function.
pub(crate) struct Management(Task);

impl Management {
    /// Sends the response.
    pub(super) fn respond(self, status: TmrStatus) {
        send(self.0, &Reply::Response(status.into()));
    }

    /// Ends the function without a response.
    pub(super) fn drop_unanswered(self) {}
}

/// Executes a task management function.
fn manage(task: Task, lun: u64, code: u8, other: u16) {
    let uas = task.uas().clone();
    let is_other = |active: &Active| active.tag == other && active.lun == lun;
    let own = task.lane();
    let tag = uas.active(own).map(|active| active.tag);
    let is_on_lun = |active: &Active| active.lun == lun && Some(active.tag) != tag;
    let function = match code {
        function::ABORT_TASK => {
            uas.abandon(is_other);
            TmrFunction::AbortTask(other.into())
        }
        function::LOGICAL_UNIT_RESET => {
            uas.abandon(is_on_lun);
            TmrFunction::LunReset
        }
        function::ABORT_TASK_SET => TmrFunction::AbortTaskSet,
        function::CLEAR_TASK_SET => TmrFunction::ClearTaskSet,
        function::CLEAR_ACA => TmrFunction::ClearAca,
        function::QUERY_TASK => return answer(task, uas.knows(is_other)),
        function::QUERY_TASK_SET => return answer(task, uas.knows(is_on_lun)),
        _ => return send(task, &Reply::Response(Code::NotSupported)),
    };
    let Some(handle) = uas.group.session() else {
        return send(task, &Reply::Response(Code::Failed));
    };
    let result = match handle.get() {
        Some(session) => session.submit_tmr(lun, function, Management(task)),
        None => return send(task, &Reply::Response(Code::Failed)),
    };
    if let Err((_, management)) = result {
        send(management.0, &Reply::Response(Code::Failed));
    }
}

/// Answers a query.
fn answer(task: Task, is_known: bool) {
    let code = if is_known {
        Code::Succeeded
    } else {
        Code::Complete
    };
    send(task, &Reply::Response(code));
}

/// Sends the last unit of a command. The host may use its tag again when it has the unit, which may
/// be before the command has ended here.
fn send(task: Task, reply: &Reply<'_>) {
    let active = task.uas().active(task.lane());
    task.uas().state.with(|state| {
        if let Some(active) = state.lane(task.lane()).and_then(|lane| lane.active.as_mut()) {
            active.is_void = true;
        }
    });
    if let Some(active) = active {
        send_unit(task, active.tag, reply, Step::Last);
    }
}

/// Sends a unit.
fn send_unit(task: Task, tag: u16, reply: &Reply<'_>, step: impl FnOnce(Task) -> Step) {
    let (uas, lane) = (task.uas().clone(), task.lane());
    let Some(mut request) = uas.take(lane, Which::Status) else {
        return;
    };
    let length = reply.write(tag, request.buffer_mut());
    if uas.has_streams {
        request.set_stream(tag);
    }
    if let Err(refused) = request.queue(length, Context::Uas(step(task))) {
        uas.put(lane, Which::Status, refused.request);
    }
}

/// Receives the data of a write.
pub(super) fn receive(task: Task, pending: Pending<Fabric>) {
    start(task, Data::Write(pending), Direction::OUT);
}

/// Sends the response to a command: its data, and then the status.
pub(super) fn respond(task: &Task, response: Response<'_, Fabric>) {
    if response.payload().is_empty() {
        return send_status(task.clone(), &response);
    }
    start(task.clone(), Data::Read(response.keep()), Direction::IN);
}

/// Sends the status of a command.
fn send_status(task: Task, completed: &Completed<Fabric>) {
    let sense = completed.sense().map(|sense| Sense::of(sense));
    let sense = sense.as_ref().map_or(&[][..], |sense| sense.as_bytes());
    let status = completed.status();
    send(task, &Reply::Status { status, sense });
}

/// Moves the data of a command, now or when its turn comes.
fn start(task: Task, data: Data<Fabric>, direction: Direction) {
    let (uas, lane) = (task.uas().clone(), task.lane());
    if uas.has_streams {
        let passage = Passage {
            uas: None,
            direction,
        };
        return transfer(task, data, 0, passage);
    }
    // The data wait in the lane before it asks for its turn.
    let refused = uas.state.with(|state| {
        let is_active = |lane: &&mut Lane| lane.active.is_some_and(|active| !active.is_void);
        let Some(place) = state.lane(lane).filter(is_active) else {
            return Some((task, data));
        };
        place.waiting = Some((task, data));
        if state.turns(direction).ask(lane) {
            return state.lane(lane).and_then(|lane| lane.waiting.take());
        }
        None
    });
    if let Some((task, data)) = refused {
        if uas.active(lane).is_some() {
            announce(task, data, direction);
        }
    }
}

/// Announces the data of a command whose turn it is.
fn announce(task: Task, data: Data<Fabric>, direction: Direction) {
    let passage = Passage {
        uas: Some(task.uas().clone()),
        direction,
    };
    let reply = if direction == Direction::IN {
        Reply::ReadReady
    } else {
        Reply::WriteReady
    };
    if let Some(active) = task.uas().active(task.lane()) {
        send_unit(task, active.tag, &reply, |task| {
            Step::Ready(task, data, passage)
        });
    }
}

/// Moves the payload of a command, from `offset` on.
fn transfer(task: Task, data: Data<Fabric>, offset: u32, passage: Passage) {
    let (uas, lane) = (task.uas().clone(), task.lane());
    let which = match data {
        Data::Read(_) => Which::Input,
        Data::Write(_) => Which::Output,
    };
    let Some(active) = uas.active(lane) else {
        return;
    };
    let Some(mut request) = uas.take(lane, which) else {
        return;
    };
    if uas.has_streams {
        request.set_stream(active.tag);
    }
    let context = Context::Uas(Step::Payload(task, offset, passage));
    if let Err(refused) = request.queue_data(data, offset, context) {
        uas.put(lane, which, refused.request);
    }
}

impl Step {
    /// A request is complete.
    pub(super) fn complete(
        self,
        request: Request<Storage>,
        data: Option<Data<Fabric>>,
        moved: Moved,
    ) {
        match self {
            Self::Command(uas, lane) => uas.unit(lane, request, &moved),
            Self::Ready(task, data, passage) => {
                task.uas().put(task.lane(), Which::Status, request);
                if moved.result.is_ok() {
                    transfer(task, data, 0, passage);
                }
            }
            Self::Payload(task, offset, passage) => {
                let offset = offset.saturating_add(moved.bytes());
                match data {
                    Some(Data::Write(pending)) => {
                        task.uas().put(task.lane(), Which::Output, request);
                        received(task, pending, offset, &moved, passage);
                    }
                    Some(Data::Read(completed)) => {
                        task.uas().put(task.lane(), Which::Input, request);
                        if moved.is_whole() && offset < completed.payload().len() {
                            return transfer(task, Data::Read(completed), offset, passage);
                        }
                        drop(passage);
                        send_status(task, &completed);
                    }
                    None => {}
                }
            }
            Self::Last(task) => task.uas().put(task.lane(), Which::Status, request),
        }
    }
}

/// A part of the data of a write was received.
fn received(
    task: Task,
    mut pending: Pending<Fabric>,
    offset: u32,
    moved: &Moved,
    passage: Passage,
) {
    if !moved.is_whole() || task.uas().active(task.lane()).is_none() {
        // Dropping it makes target core respond with a failure.
        return drop(pending);
    }
    if offset < pending.payload().len() {
        return transfer(task, Data::Write(pending), offset, passage);
    }
    drop(passage);
    pending.execute_later();
}
