// SPDX-License-Identifier: GPL-2.0

#include <linux/configfs.h>
#include <linux/scatterlist.h>
#include <scsi/scsi_common.h>

__rust_helper struct page *rust_helper_sg_page(struct scatterlist *sg)
{
	return sg_page(sg);
}

__rust_helper void rust_helper_configfs_add_default_group(struct config_group *new_group,
							  struct config_group *group)
{
	configfs_add_default_group(new_group, group);
}

__rust_helper void rust_helper_sg_set_page(struct scatterlist *sg, struct page *page,
					   unsigned int len, unsigned int offset)
{
	sg_set_page(sg, page, len, offset);
}

__rust_helper unsigned int rust_helper_scsi_command_size(const unsigned char *cdb)
{
	return scsi_command_size(cdb);
}
