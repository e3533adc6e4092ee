#include "scsi_helpers.h"
