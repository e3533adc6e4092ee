// SPDX-License-Identifier: GPL-2.0

#include <linux/cpumask.h>
#include <linux/module.h>
#include <scsi/scsi_cmnd.h>

__rust_helper unsigned int rust_helper_scsi_transfer_length(struct scsi_cmnd *cmd)
{
	return scsi_transfer_length(cmd);
}

__rust_helper unsigned int rust_helper_num_online_cpus(void)
{
	return num_online_cpus();
}

__rust_helper void rust_helper_module_get(struct module *module)
{
	__module_get(module);
}

__rust_helper void rust_helper_module_put(struct module *module)
{
	module_put(module);
}
