// SPDX-License-Identifier: GPL-2.0-only

//! Units from the host: commands and task management functions.

#![forbid(unsafe_code)]

use super::{
    data::send,
    iu::{function, Code, Received, Reply},
    lane::Active,
    Task, //
};
use crate::{
    gadget::{
        direction,
        sense::{Reason, Sense},
        verify, Io,
    },
    target::{Direction, Refusal, Request as Command, TmrFunction, TmrStatus}, //
};

/// Statuses, SAM-5 section 5.3.1.
const CHECK_CONDITION: u8 = 0x02;
const BUSY: u8 = 0x08;
const TASK_SET_FULL: u8 = 0x28;

/// Executes a unit from the host.
pub(super) fn handle(task: Task, received: Received<'_>) {
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
    sense: Option<Reason>,
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
    let read = verify::read_of(request.cdb);
    if read.is_some() {
        task.uas().state.with(|state| {
            if let Some(active) = state
                .lane(task.lane())
                .and_then(|lane| lane.active.as_mut())
            {
                active.is_verify = true;
            }
        });
    }
    let request = &Command {
        cdb: read.as_ref().map_or(request.cdb, |read| &read[..]),
        ..*request
    };
    // Target core refuses what is not in the table.
    let direction = direction::of(request.cdb).unwrap_or(Direction::NONE);
    let result = tag.submit(None, direction, Io::Uas(task.clone()), request);
    result.map_err(|refused| match refused.reason {
        Refusal::ShortCdb => Failure {
            status: CHECK_CONDITION,
            sense: Some(Reason::InvalidField),
        },
        Refusal::Stopped => plain(BUSY),
    })
}

/// The driver's data of a task management function.
pub(crate) struct Management(Task);

impl Management {
    /// Sends the response.
    pub(in crate::gadget) fn respond(self, status: TmrStatus) {
        send(self.0, &Reply::Response(status.into()));
    }

    /// Ends the function without a response.
    pub(in crate::gadget) fn drop_unanswered(self) {}
}

/// Executes a task management function.
fn manage(task: Task, lun: u64, code: u8, other: u16) {
    let uas = task.uas().clone();
    let own = task.lane();
    let is_on_lun = |lane: u8, active: &Active| active.lun == lun && lane != own;
    let is_other = |lane: u8, active: &Active| active.tag == other && is_on_lun(lane, active);
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
