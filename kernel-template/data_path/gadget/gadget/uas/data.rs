// SPDX-License-Identifier: GPL-2.0-only

//! Data and status of commands.

#![forbid(unsafe_code)]

use super::{
    iu::Reply,
    lane::{Active, Lane, Passage, Phase, Which},
    Step,
    Task, //
};
use crate::{
    gadget::{
        sense::{Reason, Sense},
        verify, Context, Moved, Storage,
    },
    target::{Completed, Direction, Pending, Reference, Response},
    usb_function::{Data, Request},
    Fabric, //
};

/// Status, SAM-5 section 5.3.1.
const CHECK_CONDITION: u8 = 0x02;

/// Sends the last unit of a command. The host may use its tag again when it has the unit, which may
/// be before the command has ended here.
pub(super) fn send(task: Task, reply: &Reply<'_>) {
    let tag = task.uas().state.with(|state| {
        let active = state.lane(task.lane())?.active.as_mut()?;
        if active.phase != Phase::Open {
            return None;
        }
        active.phase = Phase::Answered;
        Some(active.tag)
    });
    if let Some(tag) = tag {
        send_unit(task, tag, reply, Step::Last);
    }
}

/// Sends a unit.
fn send_unit(task: Task, tag: u16, reply: &Reply<'_>, step: impl FnOnce(Task) -> Step) {
    let (share, lane) = (task.clone(), task.lane());
    let uas = share.uas();
    let Some(mut request) = uas.take(lane, Which::Status) else {
        return;
    };
    let length = reply.write(tag, request.buffer_mut());
    if uas.has_streams() {
        request.set_stream(tag);
    }
    match request.queue(length, Context::Uas(step(task))) {
        Ok(()) => uas.queued(lane),
        Err(refused) => uas.put(lane, Which::Status, refused.request),
    }
}

/// Receives the data of a write.
pub(in crate::gadget) fn receive(task: Task, pending: Pending<Fabric>) {
    start(task, Data::Write(pending), Direction::OUT);
}

/// Sends the response to a command: its data, and then the status.
pub(in crate::gadget) fn respond(task: &Task, response: Response<'_, Fabric>) {
    if response.payload().is_empty() {
        return send_status(task.clone(), &response);
    }
    let is_verify = |active: Active| active.is_verify;
    let is_verify = task.uas().active(task.lane()).is_some_and(is_verify);
    let direction = if is_verify {
        Direction::OUT
    } else {
        Direction::IN
    };
    start(task.clone(), Data::Read(response.keep()), direction);
}

/// Receives data, and compares them with those of a read from `offset` on.
fn compare(
    task: Task,
    read: Reference<Completed<Fabric>>,
    offset: u32,
    is_other: bool,
    passage: Passage,
) {
    let (share, lane) = (task.clone(), task.lane());
    let uas = share.uas();
    let Some(active) = uas.active(lane) else {
        return;
    };
    let Some(mut request) = uas.take_verifier(lane) else {
        return;
    };
    if uas.has_streams() {
        request.set_stream(active.tag);
    }
    let left = read.payload().len().saturating_sub(offset);
    let length = left.min(request.buffer().len() as u32);
    let step = Step::Compare(task, read, offset, is_other, passage);
    match request.queue(length, Context::Uas(step)) {
        Ok(()) => uas.queued(lane),
        Err(refused) => uas.put_verifier(refused.request),
    }
}

/// A part of the data to be compared was received.
fn compared(
    task: Task,
    read: Reference<Completed<Fabric>>,
    from: u32,
    is_other: bool,
    passage: Passage,
    moved: &Moved,
) {
    let offset = from.saturating_add(moved.bytes());
    if moved.is_whole() && offset < read.payload().len() {
        return compare(task, read, offset, is_other, passage);
    }
    drop(passage);
    let reason = match (moved.is_whole(), is_other) {
        (true, false) => return send_status(task, &read),
        (true, true) => Reason::Miscompare,
        (false, _) => Reason::Aborted,
    };
    fail(task, reason);
}

/// Fails a command whose data were not transferred, or differ.
fn fail(task: Task, reason: Reason) {
    let sense = Sense::new(reason);
    let (status, sense) = (CHECK_CONDITION, sense.as_bytes());
    send(task, &Reply::Status { status, sense });
}

/// Sends the status of a command.
fn send_status(task: Task, completed: &Completed<Fabric>) {
    let sense = completed.sense().map(Sense::of);
    let sense = sense.as_ref().map_or(&[][..], |sense| sense.as_bytes());
    let status = completed.status();
    send(task, &Reply::Status { status, sense });
}

/// Moves the data of a command, now or when its turn comes.
fn start(task: Task, data: Data<Fabric>, direction: Direction) {
    let (uas, lane) = (task.uas().clone(), task.lane());
    // Commands that compare share a request.
    let is_shared =
        !uas.has_streams() || matches!((&data, direction), (Data::Read(_), Direction::OUT));
    if !is_shared {
        let passage = Passage {
            uas: None,
            direction,
        };
        return transfer(task, data, 0, passage);
    }
    // The data wait in the lane before it asks for its turn.
    let back = uas.state.with(|state| {
        let is_active = |lane: &&mut Lane| lane.active.is_some_and(|it| it.phase == Phase::Open);
        let Some(place) = state.lane(lane).filter(is_active) else {
            return Some((task, data, false));
        };
        place.waiting = Some((task, data, direction));
        if state.turns(direction).ask(lane) {
            let (task, data) = state.lane(lane)?.take(direction)?;
            return Some((task, data, true));
        }
        None
    });
    // A use that was granted ends with its passage, even if the host has given the command up.
    if let Some((task, data, true)) = back {
        announce(task, data, direction);
    }
}

/// Announces the data of a command whose turn it is.
pub(super) fn announce(task: Task, data: Data<Fabric>, direction: Direction) {
    let passage = Passage {
        uas: Some(task.uas().clone()),
        direction,
    };
    if task.uas().has_streams() {
        return transfer(task, data, 0, passage);
    }
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
    let (share, lane) = (task.clone(), task.lane());
    let uas = share.uas();
    let data = match data {
        Data::Read(read) if passage.direction == Direction::OUT => {
            return compare(task, read, offset, false, passage);
        }
        data => data,
    };
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
    if uas.has_streams() {
        request.set_stream(active.tag);
    }
    let context = Context::Uas(Step::Payload(task, offset, passage));
    match request.queue_data(data, offset, context) {
        Ok(()) => uas.queued(lane),
        Err(refused) => uas.put(lane, which, refused.request),
    }
}

impl Step {
    /// A request is complete.
    pub(in crate::gadget) fn complete(
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
                        if moved.result.is_err() {
                            return fail(task, Reason::Aborted);
                        }
                        send_status(task, &completed);
                    }
                    None => {}
                }
            }
            Self::Compare(task, read, from, was_other, passage) => {
                let is_other = was_other || verify::differs(&read, from, moved.received(&request));
                task.uas().put_verifier(request);
                compared(task, read, from, is_other, passage, &moved);
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
