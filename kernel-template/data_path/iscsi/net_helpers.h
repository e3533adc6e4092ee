/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * C headers of sockets, threads and digests, and wrappers of their inline functions
 * and macros, which bindgen cannot bind. Rust imports the wrappers without the prefix,
 * so that the formatting of its lines does not depend on the name of the module.
 */
#include <crypto/md5.h>
#include <crypto/sha1.h>
#include <crypto/sha2.h>
#include <crypto/utils.h>
#include <linux/atomic.h>
#include <linux/bvec.h>
#include <linux/crc32.h>
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/jiffies.h>
#include <linux/net.h>
#include <linux/random.h>
#include <linux/tcp.h>
#include <linux/types.h>
#include <linux/uio.h>
#include <net/ip.h>
#include <net/sock.h>

/* Events for tcm_nab5000_wait(), to be combined: data, room to send. */
static const u32 TCM_SOCKET_DATA __maybe_unused = 1;
static const u32 TCM_SOCKET_SPACE __maybe_unused = 2;

bool tcm_nab5000_can_splice(const struct bio_vec *pages, u32 count);
u32 tcm_nab5000_crc32c(u32 crc, struct page *page, u32 offset, u32 length);
u32 tcm_nab5000_interface(const char *name);
bool tcm_nab5000_is_in_this_namespace(struct socket *sock);
bool tcm_nab5000_has_data(struct socket *sock);
bool tcm_nab5000_may_log(void);
u32 tcm_nab5000_wait(struct socket *sock, atomic_t *kick, u32 set, u32 ms);
void tcm_nab5000_kick(struct socket *sock, atomic_t *kick);
int tcm_nab5000_spawn(int (*run)(void *data), void *data, const char *name);
u64 tcm_nab5000_sleeps(void);
void tcm_nab5000_thread_exit(void) __noreturn;
