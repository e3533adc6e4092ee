// SPDX-License-Identifier: GPL-2.0-only
/*
 * Inline functions of the SCSI midlayer, for Rust to call.
 */
#include <linux/cpumask.h>

#include "scsi_helpers.h"

unsigned int tcm_template_scsi_transfer_length(struct scsi_cmnd *cmd)
{
	return scsi_transfer_length(cmd);
}

unsigned int tcm_template_num_online_cpus(void)
{
	return num_online_cpus();
}
