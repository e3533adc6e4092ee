#include "net_helpers.h"
