// SPDX-License-Identifier: GPL-2.0-only
/*
 * The driver of USB functions for the framework, and wrappers of inline functions and
 * macros.
 */
#include <linux/configfs.h>
#include <linux/mm.h>
#include <linux/module.h>
#include "usb_helpers.h"

static struct usb_function_driver driver = {
	.name = "nab5000",
	.mod = THIS_MODULE,
};
MODULE_ALIAS("usbfunc:nab5000");

/* Must be called once. */
int tcm_nab5000_function_register(struct usb_function_instance *(*alloc_inst)(void),
				  struct usb_function *(*alloc_func)(struct usb_function_instance *fi))
{
	driver.alloc_inst = alloc_inst;
	driver.alloc_func = alloc_func;
	return usb_function_register(&driver);
}

void tcm_nab5000_function_unregister(void)
{
	usb_function_unregister(&driver);
}

/* False while the module is loaded, which may yet fail. */
bool tcm_nab5000_is_loaded(void)
{
#ifdef MODULE
	return READ_ONCE(THIS_MODULE->state) == MODULE_STATE_LIVE;
#else
	return true;
#endif
}

static void release(struct config_item *item)
{
	struct config_group *group = to_config_group(item);

	usb_put_function_instance(container_of(group, struct usb_function_instance, group));
}

static struct configfs_item_operations item_ops = {
	.release = release,
};

static const struct config_item_type instance_type = {
	.ct_item_ops = &item_ops,
	.ct_owner = THIS_MODULE,
};

void tcm_nab5000_instance_init(struct usb_function_instance *fi)
{
	config_group_init_type_name(&fi->group, "", &instance_type);
}

/*
 * Ends a control request, unless it is void. The framework calls set_alt and disable,
 * which change the generation, under the lock of the device.
 */
bool tcm_nab5000_status_stage(struct usb_composite_dev *cdev,
			      const struct tcm_status_stage *stage)
{
	struct usb_request *req = cdev->req;
	struct usb_ep *ep0 = cdev->gadget->ep0;
	bool is_last;
	unsigned long flags;

	spin_lock_irqsave(&cdev->lock, flags);
	if (READ_ONCE(*stage->generation) != stage->expected) {
		spin_unlock_irqrestore(&cdev->lock, flags);
		return false;
	}
	WRITE_ONCE(*stage->pending, 0);
	is_last = cdev->delayed_status && !--cdev->delayed_status;
	if (is_last && stage->is_ok) {
		req->length = 0;
		req->zero = 0;
		req->context = cdev;
		if (usb_ep_queue(ep0, req, GFP_ATOMIC))
			req->status = 0;
		else
			cdev->setup_pending = true;
	} else if (is_last) {
		usb_ep_set_halt(ep0);
	}
	spin_unlock_irqrestore(&cdev->lock, flags);
	return true;
}

void tcm_nab5000_work_init(struct work_struct *work, work_func_t call)
{
	INIT_WORK(work, call);
}

void tcm_nab5000_work_queue(struct work_struct *work)
{
	queue_work(system_dfl_wq, work);
}

void *tcm_nab5000_page_address(struct page *page)
{
	return page_address(page);
}

void tcm_nab5000_lock_init(spinlock_t *lock)
{
	spin_lock_init(lock);
}

unsigned long tcm_nab5000_lock(spinlock_t *lock)
{
	unsigned long flags;

	spin_lock_irqsave(lock, flags);
	return flags;
}

void tcm_nab5000_unlock(spinlock_t *lock, unsigned long flags)
{
	spin_unlock_irqrestore(lock, flags);
}
