/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the fabric header takes from the headers it includes: just enough of
 * it to be parsed. Nothing here has the kernel's layout, and nothing needs
 * it: signatures are read from this, layouts never.
 */
#ifndef TCM_STANDIN_TYPES_H
#define TCM_STANDIN_TYPES_H

typedef _Bool bool;
typedef signed char s8;
typedef unsigned char u8;
typedef short s16;
typedef unsigned short u16;
typedef int s32;
typedef unsigned int u32;
typedef long long s64;
typedef unsigned long long u64;
typedef u8 __u8;
typedef u16 __u16;
typedef u32 __u32;
typedef u64 __u64;
typedef u16 __be16;
typedef u32 __be32;
typedef u64 __be64;
typedef unsigned long size_t;
typedef long ssize_t;
typedef unsigned int gfp_t;
typedef u32 sense_reason_t;

enum dma_data_direction {
	DMA_BIDIRECTIONAL,
	DMA_TO_DEVICE,
	DMA_FROM_DEVICE,
	DMA_NONE,
};

enum target_prot_op { TARGET_PROT_NORMAL };
enum transport_state_table { TRANSPORT_NO_STATE };
enum tcm_tmreq_table { TMR_UNKNOWN };

#define SCF_BIDI 1

struct config_group;
struct config_item;
struct config_item_type;
struct configfs_attribute;
struct configfs_subsystem;
struct module;
struct scatterlist;
struct se_device;
struct se_lun;
struct se_node_acl;
struct se_portal_group;
struct se_session;
struct se_tmr_req;
struct se_tpg_np;
struct se_wwn;
struct t10_pr_registration;
struct target_cmd_counter;
struct target_fabric_configfs;

struct se_cmd {
	u32 se_cmd_flags;
	enum dma_data_direction data_direction;
};

#endif
