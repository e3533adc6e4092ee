/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Wrappers of inline functions for the layer, which bindgen cannot bind.
 */
#include <linux/configfs.h>
#include <linux/scatterlist.h>
#include <scsi/scsi_common.h>

void tcm_nab5000_configfs_add_default_group(void *new, void *to);
struct page *tcm_nab5000_sg_page(struct scatterlist *sg);
struct scatterlist *tcm_nab5000_sg_next(struct scatterlist *sg);
void tcm_nab5000_sg_set_page(void *sg, void *page, u32 len, u32 offset);
unsigned int tcm_nab5000_scsi_command_size(const unsigned char *cdb);
