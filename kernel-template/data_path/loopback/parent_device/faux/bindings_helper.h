#include <linux/device/faux.h>
