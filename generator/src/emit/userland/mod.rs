// SPDX-License-Identifier: GPL-2.0-only

//! What LIO's userland has of a module: the fabric's class for rtslib, how it gets there, and the
//! patch for rtslib's own source.
//!
//! Only a module with a directory of its own has these: the kernel's tree takes no files of rtslib's.
//! The class is the same wherever the module lies.

mod names;

use super::Input;
use super::build_files::renamed;
use crate::output::files::{Files, Owner};
use crate::protocol::NameForm;

/// The path of each template, with the module's name in it, too.
const TEMPLATES: [(&str, &str); 2] = [
    (
        "userland/rtslib_tcm_template.pth",
        include_str!("../../../../kernel-template/userland/rtslib_tcm_template.pth"),
    ),
    (
        "userland/rtslib_tcm_template/__init__.py",
        include_str!("../../../../kernel-template/userland/rtslib_tcm_template/__init__.py"),
    ),
];

/// The types of names that rtslib can make up.
const RANDOM_TYPES: [&str; 3] = ["eui", "iqn", "naa"];

/// The feature that has rtslib make up an initiator for each portal group.
const NEXUS: &str = "nexus";

/// Adds the files.
pub(super) fn add(files: &mut Files, input: &Input<'_>) {
    let own = Owner::GeneratorUntilEdited;
    for (path, text) in TEMPLATES {
        let path = renamed(path, input.names);
        files.add(&path, own, renamed(text, input.names));
    }
    let path = renamed("userland/rtslib_tcm_template/fabric_class.py", input.names);
    files.add(&path, own, module(input));
    files.add("userland/rtslib-fb.patch", own, patch(input));
}

/// The Python module of the class.
fn module(input: &Input<'_>) -> String {
    let names = input.names;
    let (module, fabric, class_name) = (names.module(), names.fabric(), names.rtslib_class());
    let helper = match input.protocol.name_form {
        NameForm::Bytes(_) => ", colonize",
        _ => "",
    };
    format!(
        "# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0\n\
         \"\"\"\n\
         The fabric {fabric} for rtslib: what its targets have, and how rtslib and the kernel\n\
         write their names. __init__.py loads it as a module of rtslib's own package.\n\
         \n\
         Where ports are hardware, a property `wwns` lists the names that there are.\n\
         \"\"\"\n\
         \n\
         from .fabric import _BaseFabricModule\n\
         from .utils import RTSLibError{helper}\n\
         \n\
         \n\
         {}\
         \n\
         \n\
         # Of {module}, which has one fabric.\n\
         fabric_modules = {{\n    \
             \"{fabric}\": {class_name},\n\
         }}\n",
        class(input)
    )
}

/// The class.
fn class(input: &Input<'_>) -> String {
    let protocol = input.protocol;
    let rtslib = &input.data_path.rtslib;
    // Without a name to give it, rtslib would not get beyond the portal group: somebody else is to
    // write the nexus.
    let has_names = protocol
        .rtslib_types
        .first()
        .is_some_and(|name| RANDOM_TYPES.contains(name));
    let features: Vec<_> = rtslib
        .features
        .iter()
        .filter(|feature| **feature != NEXUS || has_names)
        .collect();
    let types: Vec<_> = protocol.rtslib_types.iter().chain(&["free"]).collect();
    let (module, fabric) = (input.names.module(), input.names.fabric());
    format!(
        "class {}(_BaseFabricModule):\n    \
             def __init__(self):\n        \
                 super().__init__(\"{fabric}\")\n        \
                 self.features = {}\n        \
                 # Free: rtslib knows not all names that the kernel takes. to_fabric_wwn does.\n        \
                 self.wwn_types = {}\n        \
                 self.kernel_module = \"{module}\"\n\
         \n{}{}",
        input.names.rtslib_class(),
        tuple(&features),
        tuple(&types),
        names::methods(protocol),
        rtslib.methods,
    )
}

/// A tuple of strings, in Python.
fn tuple(words: &[&&str]) -> String {
    let quoted: Vec<_> = words.iter().map(|word| format!("\"{word}\"")).collect();
    match quoted.as_slice() {
        [word] => format!("({word},)"),
        words => format!("({})", words.join(", ")),
    }
}

/// A patch to rtslib's source, with the words of a commit before it. Who sends it is its author, and
/// signs it off, so it is no mail for `git am`.
fn patch(input: &Input<'_>) -> String {
    let names = input.names;
    let (module, fabric, class_name) = (names.module(), names.fabric(), names.rtslib_class());
    let class: String = class(input)
        .lines()
        .map(|line| format!("+{line}\n"))
        .collect();
    let added = class.lines().count() + 2;
    let title = input.protocol.title;
    format!(
        "Add support of the {fabric} fabric driver\n\
         \n\
         {title} targets of {fabric} are supported in LIO by the kernel module {module}.\n\
         \n\
         In a clone of rtslib-fb: git apply rtslib-fb.patch && git commit --signoff --all\n\
         \n\
         diff --git a/rtslib/fabric.py b/rtslib/fabric.py\n\
         --- a/rtslib/fabric.py\n\
         +++ b/rtslib/fabric.py\n\
         @@ -518,6 +518,{} @@\n             \
                      yield name[name.find(\"@\") + 1:]\n \n \n\
         {class}\
         +\n\
         +\n \
          fabric_modules = {{\n     \
              \"srpt\": SRPTFabricModule,\n     \
              \"iscsi\": ISCSIFabricModule,\n\
         @@ -531,6 +{},7 @@\n     \
              \"vhost\": VhostFabricModule,\n     \
              \"xen-pvscsi\": XenPvScsiFabricModule,\n     \
              \"ibmvscsis\": IbmvscsisFabricModule,\n\
         +    \"{fabric}\": {class_name},\n     \
              }}\n \n \
          #\n",
        6 + added,
        531 + added,
    )
}
