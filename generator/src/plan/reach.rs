// SPDX-License-Identifier: GPL-2.0-only

//! How far the layer reaches, where it grows patch by patch: an op has its method as soon as the
//! layer has all that the method takes.

use super::{Content, Method, Object, Passed, Plan, Return, Right, Shape, Slot, Wrapper};

/// How much of the layer there is, each with all that comes before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    /// The fabric and its target ports.
    Ports,
    /// Portal groups, their logical units and network portals.
    Groups,
    /// Node ACLs.
    NodeAcls,
    /// Sessions of initiators.
    Sessions,
    /// Commands and task management functions, from their submission to their release.
    Commands,
    /// Responses to commands.
    Responses,
    /// Writes that wait for their data.
    Writes,
}

impl Reach {
    /// The whole layer.
    pub const ALL: Self = Self::Writes;

    /// What an op needs that has such an argument.
    fn of_argument(passed: &Passed<'_>) -> Self {
        match passed {
            Passed::Wrapper { wrapper, .. } => match wrapper {
                Wrapper::Wwn => Self::Ports,
                Wrapper::Tpg | Wrapper::Lun | Wrapper::Np => Self::Groups,
                Wrapper::NodeAcl => Self::NodeAcls,
                Wrapper::Session => Self::Sessions,
                Wrapper::Task => Self::Commands,
            },
            Passed::Right { right, .. } => match right {
                Right::Memory | Right::TmrResponse => Self::Commands,
                Right::Response => Self::Responses,
                Right::Pending => Self::Writes,
            },
            Passed::Login(_) => Self::Sessions,
            Passed::Aborted(_) => Self::Commands,
            Passed::Not
            | Passed::Name(_)
            | Passed::Data
            | Passed::Value { .. }
            | Passed::Buffer(_)
            | Passed::Length(_) => Self::Ports,
        }
    }

    /// What an op of this shape needs, whatever its arguments.
    fn of_shape(shape: Shape) -> Self {
        match shape {
            // Their helpers come with the portal groups.
            Shape::Make(Object::Tpg | Object::Np) | Shape::Call(Return::Errno | Return::Text) => {
                Self::Groups
            }
            _ => Self::Ports,
        }
    }

    /// What the attributes in a group need.
    fn of_group(group: &str) -> Self {
        match group {
            "tfc_discovery_attrs" | "tfc_wwn_attrs" => Self::Ports,
            _ if group.starts_with("tfc_tpg_nacl") => Self::NodeAcls,
            _ => Self::Groups,
        }
    }

    fn of_method(method: &Method<'_>) -> Self {
        let arguments = method.args.iter().map(Self::of_argument);
        let needed = arguments.max().unwrap_or(Self::Ports);
        needed.max(Self::of_shape(method.shape))
    }

    fn of_content(content: &Content<'_>) -> Self {
        match content {
            Content::Null => Self::Ports,
            Content::Method(method) => Self::of_method(method),
            Content::Stop => Self::Commands,
        }
    }
}

impl<'a> Plan<'a> {
    /// The plan for a layer that reaches no further: what it has no method for is an empty slot.
    #[must_use]
    pub fn up_to(&self, reach: Reach) -> Plan<'a> {
        let slots = self.slots.iter().map(|slot| Slot {
            op: slot.op,
            content: if Reach::of_content(&slot.content) <= reach {
                slot.content.clone()
            } else {
                Content::Null
            },
        });
        let (groups, unknown_groups) = self
            .all_groups
            .iter()
            .partition(|group| self.groups.contains(group) && Reach::of_group(group) <= reach);
        Plan {
            slots: slots.collect(),
            groups,
            unknown_groups,
            all_groups: self.all_groups.clone(),
            fields: self.fields.clone(),
            is_flat: self.is_flat,
            warnings: Vec::new(),
            reach,
        }
    }
}
