# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
"""
The fabric nab5000 for rtslib: what its targets have, and how rtslib and the kernel
write their names. __init__.py loads it as a module of rtslib's own package.

Where ports are hardware, a property `wwns` lists the names that there are.

For rtslib's own source, rtslib/fabric.py: add `import re` to its imports, the class
above `fabric_modules`, and the row below to `fabric_modules`.
"""

import re

from .fabric import _BaseFabricModule
from .utils import RTSLibError
