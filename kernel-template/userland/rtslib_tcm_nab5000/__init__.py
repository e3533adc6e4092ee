# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
"""
Adds the fabric of tcm_nab5000 to rtslib's table of fabrics, which has no place
for others: targetcli, targetctl at boot, and whatever else uses rtslib see it.

rtslib_tcm_nab5000.pth has each Python import this when it starts, so it imports
nothing itself. It does its work when rtslib imports its table, and where rtslib
knows the fabric already, it leaves it as it is.
"""

import sys

# rtslib's own package has two names.
TABLES = ("rtslib_fb.fabric", "rtslib.fabric")


class Finder:
    """Stands before the finders of Python, to see a table be imported."""

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
    """Adds what fabric_class.py has, as a module of rtslib's package, to a table."""
    from importlib.util import module_from_spec, spec_from_file_location

    name = table.__package__ + "." + __name__
    try:
        spec = spec_from_file_location(name, __path__[0] + "/fabric_class.py")
        module = module_from_spec(spec)
        spec.loader.exec_module(module)
        for fabric, fabric_class in module.fabric_modules.items():
            table.fabric_modules.setdefault(fabric, fabric_class)
    except Exception as error:  # The other fabrics are to work, whatever rtslib has become.
        sys.stderr.write(f"{__name__}: rtslib does not take its fabric: {error!r}\n")


sys.meta_path.insert(0, Finder())
