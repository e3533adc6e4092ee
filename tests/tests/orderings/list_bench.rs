// SPDX-License-Identifier: GPL-2.0-only

//! Scenarios of the intrusive list: threads that add, take and close.

use std::ptr;
use std::sync::Arc;

use loom::cell::UnsafeCell;
use loom::thread;

use super::list::{Linked, List};
use crate::memory::Memory;
use crate::target::atomic::Atomic;

struct Node {
    link: UnsafeCell<*mut Node>,
    /// Data of its owner.
    data: Memory,
}

impl Node {
    fn new() -> Self {
        Self {
            link: UnsafeCell::new(ptr::null_mut()),
            data: Memory::new(),
        }
    }
}

// SAFETY: Both methods access the same cell, which checks that they do not race.
unsafe impl Linked for Node {
    unsafe fn link(this: *mut Self) -> *mut Self {
        // SAFETY: The node is alive, by the requirements of this function.
        let link = unsafe { (*this).link.with(|link| *link) };
        assert!(link.is_null() || link as usize >= 4096, "no node");
        link
    }

    unsafe fn set_link(this: *mut Self, to: *mut Self) {
        // SAFETY: As for `link`.
        unsafe { (*this).link.with_mut(|link| *link = to) };
    }
}

/// A list and the nodes that threads add.
struct Bench {
    list: List<Node>,
    nodes: [Node; 3],
}

// SAFETY: Threads share nodes through the list alone; the cells check that.
unsafe impl Sync for Bench {}

// SAFETY: As above.
unsafe impl Send for Bench {}

impl Bench {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            list: List::new(Atomic::new(ptr::null_mut())),
            nodes: [(); 3].map(|()| Node::new()),
        })
    }

    /// Adds a node, after a write to its data.
    fn push(&self, index: usize) -> bool {
        let node = &self.nodes[index];
        node.data.written();
        // SAFETY: The nodes live as long as the list, and each is pushed by one thread.
        unsafe { self.list.push(ptr::from_ref(node).cast_mut()) }
    }

    /// The indices of the nodes that the list gave up, in order, after a write to their data.
    fn indices(&self, mut node: *mut Node) -> Vec<usize> {
        let mut found = Vec::new();
        while !node.is_null() {
            let is_node = |other: &Node| ptr::eq(other, node);
            found.push(self.nodes.iter().position(is_node).unwrap());
            assert!(found.len() <= self.nodes.len(), "a circle");
            // SAFETY: The list gave the node up.
            unsafe {
                (*node).data.written();
                node = Node::link(node);
            }
        }
        found
    }
}

/// Each node is taken once, and those of a thread in their order.
fn nodes_are_taken_once() {
    let bench = Bench::new();
    let (one, two) = (bench.clone(), bench.clone());
    let one = thread::spawn(move || assert!(one.push(0) && one.push(1)));
    let two = thread::spawn(move || assert!(two.push(2)));
    let mut found = bench.indices(bench.list.take());
    one.join().unwrap();
    two.join().unwrap();
    found.extend(bench.indices(bench.list.take()));
    let place = |index| found.iter().position(|other| *other == index).unwrap();
    assert!(place(0) < place(1), "{found:?}");
    found.sort_unstable();
    assert_eq!(found, [0, 1, 2]);
}

/// A node is taken whole, with the data of its thread. loom runs the thread that was spawned first
/// before the other one, and main last.
fn taken_node_is_whole() {
    let bench = Bench::new();
    let (adder, taker) = (bench.clone(), bench.clone());
    let adder = thread::spawn(move || assert!(adder.push(0)));
    let taker = thread::spawn(move || taker.indices(taker.list.take()));
    adder.join().unwrap();
    let mut found = taker.join().unwrap();
    found.extend(bench.indices(bench.list.take()));
    assert_eq!(found, [0]);
}

/// A node belongs to the list or to its thread, whichever comes first: the thread or the end.
fn closed_list_gives_nodes_back() {
    let bench = Bench::new();
    let adder = bench.clone();
    let adder = thread::spawn(move || {
        let is_taken = [0, 1].map(|index| adder.push(index));
        for (index, is_taken) in is_taken.into_iter().enumerate() {
            if !is_taken {
                adder.nodes[index].data.written();
            }
        }
        is_taken
    });
    let found = bench.indices(bench.list.close());
    let is_taken = adder.join().unwrap();
    assert!(bench.list.take().is_null() && bench.list.close().is_null());
    for (index, is_taken) in is_taken.into_iter().enumerate() {
        assert_eq!(found.contains(&index), is_taken, "{index} of {found:?}");
    }
}

pub(crate) const SCENARIOS: [(&str, fn()); 3] = [
    ("taken node is whole", taken_node_is_whole),
    ("nodes are taken once", nodes_are_taken_once),
    ("closed list gives nodes back", closed_list_gives_nodes_back),
];
