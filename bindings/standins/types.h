/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Declarations that the fabric header takes from the headers it includes:
 * just enough for it to be parsed. Nothing here has the kernel's layout, and
 * nothing needs it: signatures are read from this, layouts never.
 */
#ifndef TCM_STANDIN_TYPES_H
#define TCM_STANDIN_TYPES_H

#define __KERNEL__ 1

/* Marks for sparse, the compiler or the linker, without a meaning in C. */
#define __user
#define __kernel
#define __iomem
#define __percpu
#define __rcu
#define __force
#define __nocast
#define __private
#define __safe
#define __bitwise
#define __must_check
#define __always_inline inline
#define __always_unused
#define __maybe_unused
#define __used
#define __cold
#define __pure
#define __weak
#define __deprecated
#define __init
#define __exit
#define __packed
#define __designated_init
#define __randomize_layout
#define __no_randomize_layout
#define __cacheline_aligned
#define ____cacheline_aligned
#define ____cacheline_aligned_in_smp
#define __aligned(x)
#define __counted_by(x)
#define __printf(a, b)
#define __scanf(a, b)
#define __acquires(x)
#define __releases(x)
#define __must_hold(x)
#define __attribute_const__
#define __read_mostly
#define asmlinkage
#define noinline
#define notrace

/* No kernel is configured here, so nothing is enabled. */
#define IS_ENABLED(option) 0
#define IS_BUILTIN(option) 0
#define IS_MODULE(option) 0
#define IS_REACHABLE(option) 0

#define KERNEL_VERSION(a, b, c) (((a) << 16) + ((b) << 8) + (c))
#define BIT(nr) (1UL << (nr))
#define NULL ((void *)0)
#define likely(x) (x)
#define unlikely(x) (x)

typedef _Bool bool;
enum { false, true };

typedef signed char s8;
typedef unsigned char u8;
typedef short s16;
typedef unsigned short u16;
typedef int s32;
typedef unsigned int u32;
typedef long long s64;
typedef unsigned long long u64;
typedef s8 __s8;
typedef u8 __u8;
typedef s16 __s16;
typedef u16 __u16;
typedef s32 __s32;
typedef u32 __u32;
typedef s64 __s64;
typedef u64 __u64;
typedef u16 __le16;
typedef u16 __be16;
typedef u32 __le32;
typedef u32 __be32;
typedef u64 __le64;
typedef u64 __be64;
typedef s8 int8_t;
typedef u8 uint8_t;
typedef s16 int16_t;
typedef u16 uint16_t;
typedef s32 int32_t;
typedef u32 uint32_t;
typedef s64 int64_t;
typedef u64 uint64_t;
typedef unsigned char unchar;
typedef unsigned short ushort;
typedef unsigned int uint;
typedef unsigned long ulong;
typedef unsigned long size_t;
typedef long ssize_t;
typedef long ptrdiff_t;
typedef unsigned long uintptr_t;
typedef long long loff_t;
typedef u64 dma_addr_t;
typedef u64 phys_addr_t;
typedef u64 resource_size_t;
typedef u64 sector_t;
typedef s64 ktime_t;
typedef u32 dev_t;
typedef int pid_t;
typedef unsigned short umode_t;
typedef unsigned int fmode_t;
typedef unsigned int gfp_t;
typedef u32 sense_reason_t;
typedef struct atomic { int counter; } atomic_t;
typedef struct atomic64 { s64 counter; } atomic64_t;
typedef struct refcount { int refs; } refcount_t;
typedef struct spinlock { int raw; } spinlock_t;
typedef struct wait_queue_head { int raw; } wait_queue_head_t;
typedef struct guid { u8 b[16]; } guid_t;
typedef struct uuid { u8 b[16]; } uuid_t;

enum dma_data_direction {
	DMA_BIDIRECTIONAL,
	DMA_TO_DEVICE,
	DMA_FROM_DEVICE,
	DMA_NONE,
};

enum target_prot_op { TARGET_PROT_NORMAL };
enum transport_state_table { TRANSPORT_NO_STATE };
enum tcm_tmreq_table { TMR_UNKNOWN };

struct config_group;
struct config_item;
struct config_item_type;
struct configfs_attribute;
struct configfs_subsystem;
struct module;
struct scatterlist;
struct se_cmd;
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

#endif
