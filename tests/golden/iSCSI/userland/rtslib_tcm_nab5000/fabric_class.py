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


class TcmNab5000FabricModule(_BaseFabricModule):
    def __init__(self):
        super().__init__("nab5000")
        self.kernel_module = "tcm_nab5000"
        self.features = ("acls", "tpgts")
        # Free: rtslib knows not all names that the kernel takes. to_fabric_wwn does.
        self.wwn_types = ("iqn", "naa", "eui", "free")

    def to_fabric_wwn(self, wwn):
        if not re.fullmatch(r"iqn\.[-.:0-9a-z]{1,219}|eui\.[0-9a-f]{16}|naa\.([0-9a-f]{16}){1,2}", wwn):
            raise RTSLibError(
                f"{wwn} is no port name of iSCSI: want "
                "an iqn., eui. or naa. name in lower case, of at most 223 bytes, as in iqn.foo")
        return wwn


# Of tcm_nab5000, which has one fabric.
fabric_modules = {
    "nab5000": TcmNab5000FabricModule,
}
