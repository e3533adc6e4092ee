#include "usb_helpers.h"
