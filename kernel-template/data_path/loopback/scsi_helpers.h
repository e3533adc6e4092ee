/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * C headers of the SCSI host, and wrappers of their inline functions, which
 * bindgen cannot bind.
 */
#include <linux/blk-mq.h>
#include <linux/delay.h>
#include <linux/types.h>
#include <scsi/scsi_cmnd.h>
#include <scsi/scsi_device.h>
#include <scsi/scsi_host.h>

unsigned int tcm_nab5000_scsi_transfer_length(struct scsi_cmnd *cmd);
unsigned int tcm_nab5000_num_online_cpus(void);
void tcm_nab5000_module_get(struct module *module);
void tcm_nab5000_module_put(struct module *module);
