# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
"""
The fabric nab5000 for rtslib: what its targets have, and how rtslib and the kernel
write their names. __init__.py loads it as a module of rtslib's own package.

Where ports are hardware, a property `wwns` lists the names that there are.
"""

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
        kind, name = wwn[:4], wwn[4:]
        is_hex = not set(name) - set("0123456789abcdef")
        is_iqn = not set(name) - set("abcdefghijklmnopqrstuvwxyz0123456789-.:")
        is_name = (
            (kind == "iqn." and is_iqn and len(wwn) in range(5, 224))
            or (kind in ("eui.", "naa.") and is_hex and len(name) == len("0123456789abcdef"))
            or (kind == "naa." and is_hex and len(name) == len("0123456789abcdef" * 2))
        )
        if not is_name:
            raise RTSLibError(
                f"{wwn} is no port name of iSCSI: want "
                "an iqn., eui. or naa. name in lower case, of at most 223 bytes, as in iqn.foo")
        return wwn


# Of tcm_nab5000, which has one fabric.
fabric_modules = {
    "nab5000": TcmNab5000FabricModule,
}
