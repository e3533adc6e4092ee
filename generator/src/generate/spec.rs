// SPDX-License-Identifier: GPL-2.0-only

//! Makes a module in memory: the files and the manifest, from a request and a kernel's tree.
//!
//! `generate` and `sync` share this.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Result, anyhow, bail};
use tcm_bindings::{FabricOps, Header};

use crate::data_path::{self, DataPath};
use crate::emit::{self, Destination, Input};
use crate::kernel::header;
use crate::module::Contents;
use crate::module::manifest::{Manifest, Request};
use crate::names::Names;
use crate::plan::{self, Plan};
use crate::protocol::{self, Protocol};

/// A request that has been checked.
#[derive(Debug)]
pub struct ModuleSpec {
    protocol: &'static Protocol,
    registered: &'static Protocol,
    names: Names,
    destination: Destination,
    data_path: &'static DataPath,
}

/// A module, and the warnings about it.
#[derive(Debug)]
pub struct Generated {
    /// The files and the manifest.
    pub contents: Contents,
    /// Parts of the header that the module leaves out, and limits of the protocol.
    pub warnings: Vec<String>,
    /// Steps that are left to the author of a new driver.
    pub steps: Vec<String>,
    /// The methods of `Operations`, by the name of the op.
    pub methods: BTreeMap<String, Method>,
}

/// A method of `Operations`.
#[derive(Debug)]
pub struct Method {
    /// The signature, as an author writes it.
    pub signature: String,
    /// True if the trait has no default for it.
    pub required: bool,
}

impl ModuleSpec {
    /// Checks a request.
    ///
    /// # Errors
    ///
    /// All faults of the request, together.
    pub fn new(request: &Request) -> Result<Self> {
        let protocol = protocol::find(&request.protocol).and_then(|protocol| {
            let registered = protocol.registered(request.register_as.as_deref())?;
            Ok((protocol, registered))
        });
        let names = Names::new(&request.module, Some(&request.fabric_name));
        let data_path = data_path::find(&request.data_path).ok_or_else(|| {
            format!(
                "cannot use data path `{}`: it does not exist in this tcm-mod-builder",
                request.data_path
            )
        });
        match (protocol, names, data_path) {
            (Ok((protocol, registered)), Ok(names), Ok(data_path)) => Ok(Self {
                protocol,
                registered,
                names,
                destination: if request.in_tree {
                    Destination::InTree
                } else {
                    Destination::OutOfTree
                },
                data_path,
            }),
            (protocol, names, data_path) => {
                let names = names.err().into_iter().flatten();
                let names = names.map(|error| error.to_string());
                let faults = protocol.err().into_iter().chain(names);
                let faults: Vec<_> = faults.chain(data_path.err()).collect();
                bail!(faults.join("\nError: "))
            }
        }
    }

    /// The names of the module.
    #[must_use]
    pub fn names(&self) -> &Names {
        &self.names
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
            in_tree: self.destination == Destination::InTree,
        }
    }

    /// The input of the emitters.
    fn input<'a>(&'a self, plan: &'a Plan<'a>) -> Input<'a> {
        Input {
            plan,
            protocol: self.protocol,
            registered: self.registered,
            names: &self.names,
            destination: self.destination,
            data_path: self.data_path,
        }
    }

    /// Generates the module for the kernel in `tree`.
    ///
    /// # Errors
    ///
    /// If the data path does not fit the protocol or the kernel, or the header cannot be used.
    pub fn generate(&self, tree: &Path) -> Result<Generated> {
        if let Some(reason) = self.data_path.refusal(self.protocol.name, tree) {
            bail!(reason);
        }
        let model = header::read(&Header::in_tree(tree)?)?;
        let plan = planned(&model)?;
        let mut warnings = plan.warnings.clone();
        warnings.extend(self.registered.warning());
        let input = self.input(&plan);
        let files = emit::module(&input)?;
        let manifest = Manifest::new(self.request(), plan::declarations(&model), &files);
        Ok(Generated {
            contents: Contents { files, manifest },
            warnings,
            steps: emit::signature_mismatches(&input),
            methods: methods(&plan),
        })
    }
}

/// The plan for a header's ops.
fn planned(model: &FabricOps) -> Result<Plan<'_>> {
    plan::plan(model).map_err(|faults| {
        let faults: Vec<_> = faults.iter().map(ToString::to_string).collect();
        let (header, faults) = (model.header.display(), faults.join("\n  "));
        anyhow!("cannot generate from {header}:\n  {faults}")
    })
}

fn methods(plan: &Plan<'_>) -> BTreeMap<String, Method> {
    let methods = plan.slots.iter().filter_map(|slot| {
        let method = Method {
            signature: emit::method_signature(slot.op, slot.method()?),
            required: slot.op.required,
        };
        Some((slot.op.name.clone(), method))
    });
    methods.collect()
}
