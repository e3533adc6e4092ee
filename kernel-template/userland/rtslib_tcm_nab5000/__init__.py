# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
"""
Adds the fabric of tcm_nab5000 to the table of fabrics of rtslib, for all programs
that use rtslib, such as targetcli, and targetctl at boot. rtslib has no interface
for this.

rtslib_tcm_nab5000.pth makes each Python import this module at its start, so it
imports nothing else. It acts when rtslib imports its table. A fabric that rtslib
already has is not replaced.
"""

import sys

# The package of rtslib has two names.
TABLES = ("rtslib_fb.fabric", "rtslib.fabric")


class Finder:
    """Precedes the finders of Python, to intercept the import of a table."""

    def find_spec(self, name, path=None, target=None):
        if name not in TABLES:
            return None
        others = sys.meta_path[sys.meta_path.index(self) + 1:]
        specs = (finder.find_spec(name, path, target) for finder in others)
        spec = next(filter(None, specs), None)
        if spec is not None:
            load = spec.loader.exec_module

            def load_and_add(table):
                load(table)
                add(table)

            spec.loader.exec_module = load_and_add
        return spec


def add(table):
    """Adds the fabrics in fabric_class.py, loaded as a module of rtslib, to a table."""
    from importlib.util import module_from_spec, spec_from_file_location

    name = table.__package__ + "." + __name__
    try:
        spec = spec_from_file_location(name, __path__[0] + "/fabric_class.py")
        module = module_from_spec(spec)
        spec.loader.exec_module(module)
        for fabric, fabric_class in module.fabric_modules.items():
            table.fabric_modules.setdefault(fabric, fabric_class)
    except Exception as error:  # The other fabrics must work with any version of rtslib.
        sys.stderr.write(f"{__name__}: rtslib does not take its fabric: {error!r}\n")


sys.meta_path.insert(0, Finder())
