// SPDX-License-Identifier: GPL-2.0-only
/*
 * Wrappers of inline functions of the SCSI midlayer, for Rust.
 */
#include <linux/cpumask.h>
#include <linux/module.h>

#include "scsi_helpers.h"

unsigned int tcm_nab5000_scsi_transfer_length(struct scsi_cmnd *cmd)
{
	return scsi_transfer_length(cmd);
}

unsigned int tcm_nab5000_num_online_cpus(void)
{
	return num_online_cpus();
}

void tcm_nab5000_module_get(struct module *module)
{
	__module_get(module);
}

void tcm_nab5000_module_put(struct module *module)
{
	module_put(module);
}
