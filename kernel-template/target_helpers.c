// SPDX-License-Identifier: GPL-2.0-only
/*
 * Wrappers of inline functions, for the layer.
 */
#include "target_helpers.h"

struct page *tcm_nab5000_sg_page(struct scatterlist *sg)
{
	return sg_page(sg);
}

void tcm_nab5000_configfs_add_default_group(void *new, void *to)
{
	configfs_add_default_group(new, to);
}

struct scatterlist *tcm_nab5000_sg_next(struct scatterlist *sg)
{
	return sg_next(sg);
}

void tcm_nab5000_sg_set_page(void *sg, void *page, u32 len, u32 offset)
{
	sg_set_page(sg, page, len, offset);
}

unsigned int tcm_nab5000_scsi_command_size(const unsigned char *cdb)
{
	return scsi_command_size(cdb);
}
