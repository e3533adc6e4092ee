// SPDX-License-Identifier: GPL-2.0-only
/*
 * Wrappers of inline functions and macros of sockets, threads and pages, for Rust.
 */
#include <linux/bvec.h>
#include <linux/crc32.h>
#include <linux/err.h>
#include <linux/highmem.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/netdevice.h>
#include <linux/nsproxy.h>
#include <linux/poll.h>
#include <linux/ratelimit.h>
#include <linux/sched.h>
#include <linux/wait.h>

#include "net_helpers.h"

/* Returns true if the network may take references to the pages. */
bool tcm_nab5000_can_splice(const struct bio_vec *pages, u32 count)
{
	for (u32 i = 0; i < count; i++)
		if (!sendpages_ok(pages[i].bv_page,
				  pages[i].bv_len + offset_in_page(pages[i].bv_offset),
				  pages[i].bv_offset))
			return false;
	return true;
}

bool tcm_nab5000_is_in_this_namespace(struct socket *sock)
{
	return net_eq(sock_net(sock->sk), current->nsproxy->net_ns);
}

/* Returns the index of an interface in the namespace of the task, or 0. */
u32 tcm_nab5000_interface(const char *name)
{
	struct net_device *dev;
	u32 index = 0;

	rcu_read_lock();
	dev = dev_get_by_name_rcu(current->nsproxy->net_ns, name);
	if (dev)
		index = dev->ifindex;
	rcu_read_unlock();
	return index;
}

/* Returns true if data are queued: cheaper than a receive call that finds none. */
bool tcm_nab5000_has_data(struct socket *sock)
{
	return !skb_queue_empty_lockless(&sock->sk->sk_receive_queue);
}

/* Limits the rate of messages that other machines can cause. */
bool tcm_nab5000_may_log(void)
{
	static DEFINE_RATELIMIT_STATE(state, DEFAULT_RATELIMIT_INTERVAL,
				      DEFAULT_RATELIMIT_BURST);

	return __ratelimit(&state);
}

static bool is_ready(struct socket *sock, atomic_t *kick, __poll_t events)
{
	return atomic_read(kick) || sock->ops->poll(NULL, sock, NULL) & events;
}

/*
 * Waits on the wait queue of the socket, which the network and a kick wake.
 * Returns the time slept, in jiffies.
 */
u32 tcm_nab5000_wait(struct socket *sock, atomic_t *kick, u32 set, u32 ms)
{
	unsigned long timeout = msecs_to_jiffies(ms);
	__poll_t events = 0;
	long left;

	if (set & TCM_SOCKET_DATA)
		events |= EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR;
	if (set & TCM_SOCKET_SPACE)
		events |= EPOLLOUT | EPOLLHUP | EPOLLERR;
	left = wait_event_interruptible_timeout(sock->wq.wait,
						is_ready(sock, kick, events),
						timeout);
	return left < 0 ? 0 : timeout - left;
}

void tcm_nab5000_kick(struct socket *sock, atomic_t *kick)
{
	/* Release: the thread that clears the kick sees its cause. */
	atomic_set_release(kick, 1);
	if (wq_has_sleeper(&sock->wq.wait))
		wake_up_interruptible(&sock->wq.wait);
}

/* Adds bytes of physically contiguous pages to a CRC-32C. */
u32 tcm_nab5000_crc32c(u32 crc, struct page *page, u32 offset, u32 length)
{
	while (length) {
		u32 start = offset_in_page(offset);
		u32 count = min_t(u32, length, PAGE_SIZE - start);
		void *address = kmap_local_page(page + offset / PAGE_SIZE);

		crc = crc32c(crc, address + start, count);
		kunmap_local(address);
		offset += count;
		length -= count;
	}
	return crc;
}

/* Takes a reference to the module, unless it is being loaded or unloaded. */
static bool hold_module(void)
{
#ifdef MODULE
	/* A module in another state is freed in spite of references. */
	if (READ_ONCE(THIS_MODULE->state) != MODULE_STATE_LIVE)
		return false;
#endif
	return try_module_get(THIS_MODULE);
}

/* The thread pins the module until tcm_nab5000_thread_exit(). */
int tcm_nab5000_spawn(int (*run)(void *data), void *data, const char *name)
{
	struct task_struct *task;

	if (!hold_module())
		return -ENODEV;
	task = kthread_run(run, data, "%s", name);
	if (IS_ERR(task)) {
		module_put(THIS_MODULE);
		return PTR_ERR(task);
	}
	return 0;
}

/* In C, since bindgen gets the alignment of task_struct wrong. */
u64 tcm_nab5000_sleeps(void)
{
	return current->nvcsw;
}

void tcm_nab5000_thread_exit(void)
{
	module_put_and_kthread_exit(0);
}
