/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * C headers of USB functions, and wrappers of what bindgen cannot bind. Rust imports
 * the wrappers without the prefix, so that the formatting of its lines does not depend
 * on the name of the module.
 */
#include <linux/atomic.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/usb/ch9.h>
#include <linux/usb/composite.h>
#include <linux/usb/gadget.h>
#include <linux/workqueue.h>

/* The answer to a control request that waits for its status stage. */
struct tcm_status_stage {
	u32 *generation;	/* changes when the request is void */
	u32 expected;		/* the generation of the request */
	u32 *pending;		/* cleared before the host may go on */
	bool is_ok;		/* false: the endpoint is to stall */
};

/* The framework exports it, for functions of its own alone. */
void unregister_gadget_item(struct config_item *item);

int tcm_nab5000_function_register(struct usb_function_instance *(*alloc_inst)(void),
				  struct usb_function *(*alloc_func)(struct usb_function_instance *fi));
void tcm_nab5000_function_unregister(void);
bool tcm_nab5000_is_loaded(void);
void tcm_nab5000_instance_init(struct usb_function_instance *fi);
bool tcm_nab5000_status_stage(struct usb_composite_dev *cdev,
			      const struct tcm_status_stage *stage);
void tcm_nab5000_work_init(struct work_struct *work, work_func_t call);
void tcm_nab5000_work_queue(struct work_struct *work);
void *tcm_nab5000_page_address(struct page *page);
void tcm_nab5000_lock_init(spinlock_t *lock);
unsigned long tcm_nab5000_lock(spinlock_t *lock);
void tcm_nab5000_unlock(spinlock_t *lock, unsigned long flags);
