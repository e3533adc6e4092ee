// SPDX-License-Identifier: GPL-2.0-only

//! Makes a module in memory: the files and the manifest, from a request and a kernel's tree.
//!
//! `generate` and `sync` share this.

use std::path::Path;

use anyhow::{Result, anyhow, bail};
use tcm_bindings::{FabricOps, Header};

use crate::data_path::{self, DataPath};
use crate::emit::{self, Input, Place};
use crate::kernel::header;
use crate::names::Names;
use crate::output::install::Contents;
use crate::output::manifest::{Manifest, Request};
use crate::output::print::List;
use crate::plan::{self, Plan};
use crate::protocol::{self, Protocol};

/// A request that has been checked.
#[derive(Debug)]
pub(super) struct Wanted {
    pub(super) protocol: &'static Protocol,
    pub(super) registered: &'static Protocol,
    pub(super) names: Names,
    pub(super) place: Place,
    pub(super) data_path: &'static DataPath,
}

/// A module, and the warnings about it.
#[derive(Debug)]
pub(super) struct Generated {
    pub(super) contents: Contents,
    pub(super) model: FabricOps,
    pub(super) warnings: Vec<String>,
    /// The changes that are left to the author of a new driver.
    pub(super) to_do: Vec<String>,
}

impl Wanted {
    /// Checks a request. All faults are reported together.
    pub(super) fn new(request: &Request) -> Result<Self> {
        let protocol = protocol::find(&request.protocol).and_then(|protocol| {
            let registered = protocol.registered(request.register_as.as_deref())?;
            Ok((protocol, registered))
        });
        let names = Names::new(&request.module, Some(&request.fabric_name));
        let data_path = data_path::find(&request.data_path).ok_or_else(|| {
            format!(
                "data path `{}` is unknown to this version; take the one that has generated the module",
                request.data_path
            )
        });
        match (protocol, names, data_path) {
            (Ok((protocol, registered)), Ok(names), Ok(data_path)) => Ok(Self {
                protocol,
                registered,
                names,
                place: if request.in_tree {
                    Place::InTree
                } else {
                    Place::OutOfTree
                },
                data_path,
            }),
            (protocol, names, data_path) => {
                let names = names.err().into_iter().flatten();
                let names = names.map(|error| error.to_string());
                let faults = protocol.err().into_iter().chain(names);
                bail!(List(faults.chain(data_path.err()).collect()))
            }
        }
    }

    /// The request, as a manifest records it.
    fn request(&self) -> Request {
        let registered = (self.registered != self.protocol).then_some(self.registered);
        Request {
            protocol: self.protocol.name.to_owned(),
            register_as: registered.map(|protocol| protocol.name.to_owned()),
            module: self.names.module().to_owned(),
            fabric_name: self.names.fabric().to_owned(),
            data_path: self.data_path.name.to_owned(),
            in_tree: self.place == Place::InTree,
        }
    }

    /// The input of the emitters.
    fn input<'a>(&'a self, plan: &'a Plan<'a>) -> Input<'a> {
        Input {
            plan,
            protocol: self.protocol,
            registered: self.registered,
            names: &self.names,
            place: self.place,
            data_path: self.data_path,
        }
    }

    /// Generates the module for the kernel in `tree`.
    pub(super) fn generate(&self, tree: &Path) -> Result<Generated> {
        if let Some(reason) = self.data_path.refusal(self.protocol.name, tree) {
            bail!(reason);
        }
        let model = header::read(&Header::in_tree(tree)?)?;
        let plan = planned(&model)?;
        let mut warnings = plan.warnings.clone();
        warnings.extend(self.registered.warning());
        let input = self.input(&plan);
        let files = emit::module(&input)?;
        let to_do = emit::misfits(&input);
        let declarations = plan::declarations(&model);
        let manifest = Manifest::new(self.request(), declarations, &files);
        Ok(Generated {
            contents: Contents { files, manifest },
            model,
            warnings,
            to_do,
        })
    }
}

/// The plan for a header's ops.
fn planned(model: &FabricOps) -> Result<Plan<'_>> {
    plan::plan(model).map_err(|faults| {
        let faults = faults.iter().map(ToString::to_string).collect();
        anyhow!(
            "cannot generate from {}:\n{}",
            model.header.display(),
            List(faults)
        )
    })
}
