// SPDX-License-Identifier: GPL-2.0-only

//! Task management functions: submission to target core, and responses.

#![forbid(unsafe_code)]

use kernel::{prelude::*, sync::Arc};

use super::Session;
use crate::{
    iscsi::{
        link::Link,
        pdu::{self, function_response, Reply, Request, TaskManagement},
        receiver::End,
        sender::Sender, //
    },
    target::{
        atomic::{Acquire, Atomic, Release},
        TmrFunction, TmrStatus,
    }, //
};

/// Maximum number of task management functions of a session.
const FUNCTIONS_MAX: usize = 32;

/// The driver's data for a task management function.
pub(crate) struct Tmf {
    request: Request,
    link: Arc<Link>,
    /// An [`Outcome`]: a response code, `PENDING` or `ABORTED`.
    outcome: Atomic<u32>,
}

impl Tmf {
    const PENDING: u32 = 0x100;
    const ABORTED: u32 = 0x101;

    /// Records the response to the function.
    pub(in crate::iscsi) fn answer(&self, status: TmrStatus) {
        let code = match status {
            TmrStatus::Complete => function_response::COMPLETE,
            TmrStatus::NoTask => function_response::NO_TASK,
            TmrStatus::NoLun => function_response::NO_LUN,
            TmrStatus::NotSupported => function_response::NOT_SUPPORTED,
            TmrStatus::Rejected | TmrStatus::Failed => function_response::REJECTED,
        };
        self.end(Outcome::Answered(code));
    }

    /// Records that another function has aborted this one.
    pub(in crate::iscsi) fn abort(&self) {
        self.end(Outcome::Aborted);
    }

    fn end(&self, outcome: Outcome) {
        let code = match outcome {
            Outcome::Pending => Self::PENDING,
            Outcome::Aborted => Self::ABORTED,
            Outcome::Answered(code) => code.into(),
        };
        self.outcome.store(code, Release);
        self.link.socket.kick();
    }

    fn outcome(&self) -> Outcome {
        match self.outcome.load(Acquire) {
            Self::PENDING => Outcome::Pending,
            Self::ABORTED => Outcome::Aborted,
            code => Outcome::Answered(code as u8),
        }
    }
}

/// Outcome of a task management function.
#[derive(Clone, Copy)]
enum Outcome {
    /// The function is outstanding.
    Pending,
    /// Another function has aborted it; it gets no response.
    Aborted,
    /// The function ended with this response code.
    Answered(u8),
}

impl Session {
    /// Submits a task management function.
    pub(super) fn begin_function(
        &mut self,
        sender: &mut Sender,
        request: &Request,
    ) -> Result<(), End> {
        let Some(normal) = &self.normal else {
            return Ok(());
        };
        if self.functions.len() >= FUNCTIONS_MAX {
            return answer(sender, request, function_response::REJECTED);
        }
        let management = TaskManagement(request);
        let function = match management.function() {
            Some(pdu::Function::AbortTask) => {
                TmrFunction::AbortTask(management.referenced_tag().into())
            }
            Some(pdu::Function::AbortTaskSet) => TmrFunction::AbortTaskSet,
            Some(pdu::Function::ClearAca) => TmrFunction::ClearAca,
            Some(pdu::Function::ClearTaskSet) => TmrFunction::ClearTaskSet,
            Some(pdu::Function::LunReset) => TmrFunction::LunReset,
            Some(pdu::Function::TargetWarmReset) => TmrFunction::TargetWarmReset,
            Some(pdu::Function::TargetColdReset) | None => {
                return answer(sender, request, function_response::NOT_SUPPORTED);
            }
            Some(pdu::Function::TaskReassign) => {
                return answer(sender, request, function_response::NO_REASSIGNMENT);
            }
        };
        let noted = Tmf {
            request: *request,
            link: sender.link.clone(),
            outcome: Atomic::new(Tmf::PENDING),
        };
        let noted = Arc::new(noted, GFP_KERNEL)?;
        self.functions.push(noted.clone(), GFP_KERNEL)?;
        let submitted = normal.nexus.submit_tmr(request.lun(), function, noted);
        if submitted.is_err() {
            self.functions.pop();
            return answer(sender, request, function_response::REJECTED);
        }
        Ok(())
    }

    /// Sends the responses of task management functions that have ended.
    ///
    /// # Errors
    ///
    /// Returns [`End::Failed`] if memory is short.
    pub(in crate::iscsi) fn answer_functions(&mut self, sender: &mut Sender) -> Result<(), End> {
        let mut index = 0;
        while let Some(function) = self.functions.get(index) {
            let request = function.request;
            match function.outcome() {
                Outcome::Pending => {
                    index += 1;
                    continue;
                }
                Outcome::Aborted => {}
                Outcome::Answered(code) => {
                    let code = self.abort_awaited(sender, &request, code)?;
                    answer(sender, &request, code)?;
                }
            }
            drop(self.functions.remove(index));
        }
        Ok(())
    }
}

/// Sends the response to a task management function.
fn answer(sender: &mut Sender, request: &Request, response: u8) -> Result<(), End> {
    sender.answer(Reply::function_response(request.task_tag(), response))?;
    Ok(())
}
