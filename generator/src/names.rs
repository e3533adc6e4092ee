// SPDX-License-Identifier: GPL-2.0-only

//! The names of a module, made and checked. The emitter checks clashes with the module's own files.
//!
//! | role | from `-m tcm_nab5000` |
//! | --- | --- |
//! | module, directory, file, crate | `tcm_nab5000` |
//! | Kconfig symbol | `TCM_NAB5000` |
//! | configfs name | `nab5000`, or `--fabric-name` |
//! | class for rtslib | `TcmNab5000FabricModule` |
//! | callback of an op | `write_pending_callback` |
//! | constant: the driver implements an op | `HAS_WRITE_PENDING` |
//! | `cfg`: the kernel's ops have a field | `ops_has_direct_compl_supp` |
//! | attributes of a group | `TFC_WWN_ATTRS`, in a `WwnAttrs` |

mod replace;

use proc_macro2::{Ident, Span};
use thiserror::Error;

pub use replace::renamed;

/// Maximum length of a module name: `MODULE_NAME_LEN` of a 64-bit kernel, without the NUL.
const MODULE_NAME_MAX: usize = 64 - 8 - 1;

/// Maximum length of a configfs name: `TARGET_FABRIC_NAME_SIZE`, without the NUL.
const FABRIC_NAME_MAX: usize = 32 - 1;

/// Entries of `/sys/kernel/config/target` without any fabric.
const TAKEN_FABRIC_NAMES: [&str; 3] = ["core", "dbroot", "version"];

/// Configfs names of the kernel's own fabrics, of Linux 6.12 to 7.3.
const FABRICS_OF_KERNEL: &str = "\
    efct efct_npiv fc ibmvscsis iscsi loopback qla2xxx qla2xxx_npiv remote sbp srpt \
    usb_gadget vhost xen-pvscsi";

/// Keywords of C that are not keywords of Rust, which syn has.
const C_KEYWORDS: &str = "\
    auto bool case char default double float goto inline int long register restrict short \
    signed sizeof switch typedef union unsigned void volatile asm typeof alignof complex \
    imaginary";

/// An invalid name, with the reason and the remedy.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("cannot use {kind} name `{name}`: {fault}")]
pub struct NameError {
    kind: &'static str,
    name: String,
    fault: String,
}

impl NameError {
    /// A fault of a module's name.
    #[must_use]
    pub fn module(name: &str, fault: impl Into<String>) -> Self {
        Self {
            kind: "module",
            name: name.to_owned(),
            fault: fault.into(),
        }
    }

    /// A fault of a name in configfs.
    fn fabric(name: &str, fault: impl Into<String>) -> Self {
        Self {
            kind: "configfs",
            ..Self::module(name, fault)
        }
    }
}

/// The valid names of a module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Names {
    module: String,
    fabric: String,
}

/// The default configfs name of a module's fabric: the module's name without a leading `tcm_`.
#[must_use]
pub fn default_fabric(module: &str) -> &str {
    module.strip_prefix("tcm_").unwrap_or(module)
}

/// Refuses the configfs name of a fabric of the kernel's own. `--fabric-name` overrides this check.
///
/// # Errors
///
/// The name, if it is one.
pub fn refuse_fabric_of_kernel(fabric: &str) -> Result<(), NameError> {
    if FABRICS_OF_KERNEL.split(' ').any(|own| own == fabric) {
        let fault = format!(
            "the kernel's {fabric} fabric uses it, and only one of them can be loaded; choose another -m, \
             or pass --fabric-name {fabric} to use it nevertheless"
        );
        return Err(NameError::fabric(fabric, fault));
    }
    Ok(())
}

impl Names {
    /// Checks the names of a module. Without `fabric_name`, the configfs name is the default.
    ///
    /// # Errors
    ///
    /// All faults of the names.
    pub fn new(module: &str, fabric_name: Option<&str>) -> Result<Self, Vec<NameError>> {
        let fabric = fabric_name.unwrap_or(default_fabric(module));
        let errors: Vec<_> = [check_module(module), check_fabric(fabric)]
            .into_iter()
            .filter_map(Result::err)
            .collect();
        if !errors.is_empty() {
            return Err(errors);
        }
        Ok(Self {
            module: module.to_owned(),
            fabric: fabric.to_owned(),
        })
    }

    /// The module's name.
    #[must_use]
    pub fn module(&self) -> &str {
        &self.module
    }

    /// The fabric's name below `/sys/kernel/config/target`.
    #[must_use]
    pub fn fabric(&self) -> &str {
        &self.fabric
    }

    /// The Kconfig symbol, without `CONFIG_`.
    #[must_use]
    pub fn kconfig(&self) -> String {
        self.module.to_ascii_uppercase()
    }

    /// The fabric's class for rtslib, as rtslib calls its own.
    #[must_use]
    pub fn rtslib_class(&self) -> String {
        format!("{}FabricModule", camel_case(&self.module))
    }

    /// The names in the templates and their replacements, for [`renamed`].
    #[must_use]
    pub fn placeholders(&self) -> Vec<(&'static str, String)> {
        let (module, kconfig) = (self.module(), self.kconfig());
        vec![
            ("tcm_nab5000", module.to_owned()),
            ("tcm_nab5000_", format!("{module}_")),
            ("rtslib_tcm_nab5000", format!("rtslib_{module}")),
            ("TCM_NAB5000", kconfig.clone()),
            ("TCM_NAB5000_", format!("{kconfig}_")),
            ("CONFIG_TCM_NAB5000", format!("CONFIG_{kconfig}")),
            ("nab5000", self.fabric.clone()),
            ("TcmNab5000FabricModule", self.rtslib_class()),
        ]
    }
}

/// Returns the Rust identifier `name`.
///
/// # Panics
///
/// If `name` is not an identifier. Names of the header go through [`c_ident`].
#[must_use]
pub fn ident(name: &str) -> Ident {
    Ident::new(name, Span::call_site())
}

/// Names that bindgen mangles with an underscore, besides the keywords that syn knows: words that Rust
/// reserves for later, and names of its types.
const MANGLED: [&str; 23] = [
    "_", "alignof", "bool", "f32", "f64", "gen", "i128", "i16", "i32", "i64", "i8", "isize",
    "offsetof", "proc", "pure", "sizeof", "str", "u128", "u16", "u32", "u64", "u8", "usize",
];

/// Returns bindgen's identifier for a name of the header: with a trailing underscore if Rust reserves
/// the name.
#[must_use]
pub fn c_ident(name: &str) -> Ident {
    if MANGLED.contains(&name) || is_rust_keyword(name) {
        ident(&format!("{name}_"))
    } else {
        ident(name)
    }
}

/// Returns true if a name, which has the characters of an identifier, is reserved in Rust.
fn is_rust_keyword(name: &str) -> bool {
    syn::parse_str::<Ident>(name).is_err()
}

/// The function that target core calls for an op.
#[must_use]
pub fn callback(op: &str) -> Ident {
    ident(&format!("{op}_callback"))
}

/// The constant of `#[vtable]` that is true if the driver implements an op.
#[must_use]
pub fn has(op: &str) -> Ident {
    ident(&format!("HAS_{}", op.to_ascii_uppercase()))
}

/// The `cfg` that is set if the kernel's ops have a field.
#[must_use]
pub fn ops_has(field: &str) -> Ident {
    ident(&format!("ops_has_{field}"))
}

/// The constant for a field of the struct.
#[must_use]
pub fn constant(field: &str) -> Ident {
    ident(&field.to_ascii_uppercase())
}

/// The type for the directory of an attribute group such as `tfc_wwn_attrs`.
#[must_use]
pub fn directory(group: &str) -> Ident {
    ident(&camel_case(group.strip_prefix("tfc_").unwrap_or(group)))
}

fn camel_case(name: &str) -> String {
    let words = name.split('_').filter(|word| !word.is_empty());
    words
        .map(|word| {
            let (first, rest) = word.split_at(1);
            first.to_ascii_uppercase() + rest
        })
        .collect()
}

fn check_module(name: &str) -> Result<(), NameError> {
    let valid = name.starts_with(|c: char| c.is_ascii_lowercase())
        && name
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    if !valid {
        let fault = "it must begin with a lower-case letter and contain only lower-case letters, digits \
                     and underscores; choose another, such as tcm_nab5000";
        return Err(NameError::module(name, fault));
    }
    let is_c_keyword = C_KEYWORDS.split(' ').any(|word| word == name);
    if is_rust_keyword(name) || is_c_keyword {
        let language = if is_c_keyword { "C" } else { "Rust" };
        let fault =
            format!("it is a keyword of {language}; choose another, such as tcm_{name}_rust");
        return Err(NameError::module(name, fault));
    }
    let len = name.len();
    if len > MODULE_NAME_MAX {
        let fault = format!(
            "it has {len} characters, and the kernel allows {MODULE_NAME_MAX}; choose a shorter one"
        );
        return Err(NameError::module(name, fault));
    }
    Ok(())
}

fn check_fabric(name: &str) -> Result<(), NameError> {
    let valid = name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'));
    if !valid {
        let fault = "it must begin with a letter or digit, and contain only letters, digits, `_`, `-` \
                     and `.`; set another with --fabric-name";
        return Err(NameError::fabric(name, fault));
    }
    let len = name.len();
    if len > FABRIC_NAME_MAX {
        let fault = format!(
            "it has {len} characters, and target core allows {FABRIC_NAME_MAX}; set a shorter one with \
             --fabric-name"
        );
        return Err(NameError::fabric(name, fault));
    }
    if TAKEN_FABRIC_NAMES.contains(&name) {
        let fault = format!(
            "target core has its own `{name}` in /sys/kernel/config/target; set another with \
             --fabric-name"
        );
        return Err(NameError::fabric(name, fault));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn errors(module: &str, fabric: Option<&str>) -> Vec<NameError> {
        Names::new(module, fabric).unwrap_err()
    }

    #[test]
    fn default_configfs_name_is_module_name_without_tcm() {
        let names = Names::new("tcm_nab5000", None).unwrap();
        assert_eq!(names.fabric(), "nab5000");
        assert_eq!(names.kconfig(), "TCM_NAB5000");
        assert_eq!(names.rtslib_class(), "TcmNab5000FabricModule");
        assert_eq!(Names::new("srpt9", None).unwrap().fabric(), "srpt9");
        assert_eq!(Names::new("a", Some("x.y")).unwrap().fabric(), "x.y");
    }

    #[test]
    fn error_names_the_invalid_name() {
        for name in [
            "", "9tcm", "tcm-nab", "Tcm", "tcm nab", "../x", "_tcm", "tcm_é",
        ] {
            let error = errors(name, Some("x"))[0].to_string();
            let expected = format!("cannot use module name `{name}`: it must begin with");
            assert!(error.starts_with(&expected), "{error}");
        }
        for (name, fault) in [
            ("loop", "keyword"),
            ("int", "keyword"),
            ("tcm_core", "target core has its own"),
        ] {
            let error = errors(name, None)[0].to_string();
            assert!(error.contains(fault), "{error}");
        }
    }

    #[test]
    fn length_limits_are_those_of_the_kernel() {
        let long = |len| "m".repeat(len);
        assert!(Names::new(&long(55), Some("m")).is_ok());
        assert!(
            errors(&long(56), Some("m"))[0]
                .to_string()
                .contains("allows 55")
        );
        assert!(Names::new("m", Some(&long(31))).is_ok());
        assert!(
            errors("m", Some(&long(32)))[0]
                .to_string()
                .contains("allows 31")
        );
    }

    #[test]
    fn placeholders_are_the_names_of_tcm_nab5000() {
        let names = Names::new("tcm_nab5000", None).unwrap();
        for (placeholder, name) in names.placeholders() {
            assert_eq!(placeholder, name);
        }
    }

    #[test]
    fn reserved_identifier_gets_underscore() {
        for name in [
            "type", "proc", "pure", "gen", "str", "u8", "usize", "abstract", "dyn",
        ] {
            assert_eq!(c_ident(name), format!("{name}_"));
        }
        assert_eq!(c_ident("lun"), "lun");
        assert_eq!(directory("tfc_tpg_nacl_base_attrs"), "TpgNaclBaseAttrs");
    }
}
