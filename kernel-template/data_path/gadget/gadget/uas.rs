// SPDX-License-Identifier: GPL-2.0-only

//! USB Attached SCSI. To come.

use kernel::{prelude::*, sync::Arc};

use super::{Group, Moved, Storage};
use crate::{
    target::{Pending, Response, TmrStatus},
    usb_function::{Data, Pipes, Request},
    Fabric,
};

pub(crate) struct Uas;

#[derive(Clone)]
pub(crate) struct Task;

pub(crate) struct Step;

pub(crate) struct Management;

impl Uas {
    pub(super) fn start(_group: Arc<Group>, _pipes: Pipes<Storage>) -> Result<Arc<Self>> {
        Err(EOPNOTSUPP)
    }

    pub(super) fn stop(&self) {}
}

impl Step {
    pub(super) fn complete(
        self,
        _request: Request<Storage>,
        _data: Option<Data<Fabric>>,
        _moved: Moved,
    ) {
    }
}

impl Management {
    pub(super) fn respond(self, _status: TmrStatus) {}

    pub(super) fn drop_unanswered(self) {}
}

pub(super) fn receive(_task: Task, _pending: Pending<Fabric>) {}

pub(super) fn respond(_task: &Task, _response: Response<'_, Fabric>) {}
