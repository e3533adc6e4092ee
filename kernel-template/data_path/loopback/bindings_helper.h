#include "scsi_helpers.h"
#include <linux/device.h>
#if __has_include("linux/device/faux.h")
#include <linux/device/faux.h>
#endif
#include "rcu_helpers.h"
