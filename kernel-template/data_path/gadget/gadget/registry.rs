// SPDX-License-Identifier: GPL-2.0-only

//! The functions of gadgets, and the portal groups that have them.
//!
//! An enabled portal group has one function, and a function one group. Groups that are enabled get
//! functions in the order in which the directories of these were made.

#![forbid(unsafe_code)]

use kernel::{
    prelude::*,
    rbtree::RBTree,
    sync::{new_mutex, Arc, Mutex}, //
};

use super::{Group, Storage};
use crate::{
    target::atomic::{Atomic, Relaxed},
    usb_function::{Gadget, Registration}, //
};

/// The data of the fabric.
pub(crate) struct Module {
    pub(super) registry: Arc<Registry>,
    _function: Registration<Storage>,
}

impl Module {
    /// Registers the function for gadgets.
    pub(crate) fn new() -> Result<Self> {
        let registry = Registry::new()?;
        Ok(Self {
            registry: registry.clone(),
            _function: Registration::new(registry)?,
        })
    }
}

/// The functions and the enabled portal groups.
#[pin_data]
pub(crate) struct Registry {
    next: Atomic<u32>,
    #[pin]
    lists: Mutex<Lists>,
}

struct Lists {
    places: RBTree<u32, Place>,
    /// Enabled groups without a function.
    waiting: RBTree<u32, Arc<Group>>,
}

/// A function in the registry.
#[derive(Default)]
struct Place {
    group: Option<Arc<Group>>,
    /// The gadget, while it is bound to a controller.
    gadget: Option<Gadget>,
}

/// The data of a function's instance.
#[pin_data]
pub(crate) struct Port {
    number: u32,
    registry: Arc<Registry>,
    /// The portal group while the function is bound to a controller.
    #[pin]
    bound: Mutex<Option<Arc<Group>>>,
}

impl Lists {
    /// Gives functions to groups that wait for one.
    fn pair(&mut self) {
        for (_, place) in self.places.iter_mut() {
            if place.group.is_some() {
                continue;
            }
            let first = self.waiting.keys().next().copied();
            let Some(group) = first.and_then(|first| self.waiting.remove(&first)) else {
                return;
            };
            place.group = Some(group);
        }
    }
}

impl Registry {
    fn new() -> Result<Arc<Self>> {
        Arc::pin_init(
            pin_init!(Self {
                next: Atomic::new(0),
                lists <- new_mutex!(Lists {
                    places: RBTree::new(),
                    waiting: RBTree::new(),
                }),
            }),
            GFP_KERNEL,
        )
    }

    /// Returns a number that no other function or group has.
    fn number(&self) -> u32 {
        self.next.fetch_add(1, Relaxed)
    }

    /// Adds a function.
    pub(super) fn add_port(self: &Arc<Self>) -> Result<Arc<Port>> {
        let number = self.number();
        let port = Arc::pin_init(
            pin_init!(Port {
                number,
                registry: self.clone(),
                bound <- new_mutex!(None),
            }),
            GFP_KERNEL,
        )?;
        let mut lists = self.lists.lock();
        let place = Place::default();
        lists
            .places
            .try_create_and_insert(number, place, GFP_KERNEL)?;
        lists.pair();
        Ok(port)
    }

    /// Adds a group, which gets a function now or when there is one.
    pub(super) fn add_group(&self, group: &Arc<Group>) -> Result {
        let number = self.number();
        let mut lists = self.lists.lock();
        let group = group.clone();
        lists
            .waiting
            .try_create_and_insert(number, group, GFP_KERNEL)?;
        lists.pair();
        Ok(())
    }

    /// Takes a group from its function, and unbinds the gadget from its controller.
    pub(super) fn remove_group(&self, group: &Arc<Group>) {
        let gadget = self.lists.lock().remove_group(group);
        if let Some(gadget) = gadget {
            gadget.unregister();
        }
    }
}

impl Lists {
    /// Takes a group from the lists. Returns the gadget that is bound to a controller with it.
    fn remove_group(&mut self, group: &Arc<Group>) -> Option<Gadget> {
        let waiting = self
            .waiting
            .iter()
            .find(|(_, other)| Arc::ptr_eq(other, group));
        if let Some(number) = waiting.map(|(number, _)| *number) {
            self.waiting.remove(&number);
            return None;
        }
        let is_its = |place: &Place| {
            place
                .group
                .as_ref()
                .is_some_and(|it| Arc::ptr_eq(it, group))
        };
        let (_, place) = self.places.iter_mut().find(|(_, place)| is_its(place))?;
        place.group = None;
        let gadget = place.gadget.clone();
        self.pair();
        gadget
    }
}

impl Port {
    /// Removes the function. Its group waits for another one.
    pub(super) fn remove(&self) {
        let place = self.registry.lists.lock().places.remove(&self.number);
        if let Some(group) = place.and_then(|place| place.group) {
            // Without memory, the group has to be enabled again.
            let _ = self.registry.add_group(&group);
        }
    }

    /// The gadget is bound to a controller.
    pub(super) fn bind(&self, gadget: Gadget) -> Result {
        let mut lists = self.registry.lists.lock();
        let place = lists.places.get_mut(&self.number).ok_or(ENODEV)?;
        if place.gadget.is_some() {
            return Err(EBUSY);
        }
        let Some(group) = place.group.clone() else {
            pr_err!("cannot bind the function: enable a portal group first\n");
            return Err(ENODEV);
        };
        place.gadget = Some(gadget);
        *self.bound.lock() = Some(group);
        Ok(())
    }

    /// The gadget is unbound.
    pub(super) fn unbind(&self) {
        let mut lists = self.registry.lists.lock();
        let place = lists.places.get_mut(&self.number);
        let gadget = place.and_then(|place| place.gadget.take());
        drop(lists);
        drop(gadget);
        let group = self.bound.lock().take();
        drop(group);
    }

    /// Returns the portal group while the function is bound.
    pub(super) fn group(&self) -> Option<Arc<Group>> {
        self.bound.lock().clone()
    }
}
