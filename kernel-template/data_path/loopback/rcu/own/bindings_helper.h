#include "rcu_helpers.h"
