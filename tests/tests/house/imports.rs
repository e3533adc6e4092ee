// SPDX-License-Identifier: GPL-2.0-only

//! The imports between the modules of a crate, from its sources.

use std::collections::{BTreeMap, BTreeSet};

use syn::UseTree;
use syn::visit::{self, Visit};

/// A module's path from the root of its crate; empty for the root.
pub(crate) type Module = Vec<String>;

/// The module of a file with this path in its crate. Files of a data path are modules of the root.
fn module_of(path: &str) -> Module {
    let path = path.trim_end_matches(".rs").trim_end_matches("/mod");
    let path = match path.strip_prefix("data_path/") {
        Some(path) => path.split_once('/').map_or(path, |(_, path)| path),
        None => path,
    };
    if ["lib", "main"].contains(&path) {
        return Vec::new();
    }
    path.split('/').map(ToOwned::to_owned).collect()
}

/// A path in a file, and the name that it has there if it is imported.
struct Used {
    path: Vec<String>,
    name: Option<String>,
}

/// Collects the paths of a file, except those of its unit tests.
#[derive(Default)]
struct Uses(Vec<Used>);

impl Uses {
    /// Adds every path of an import below `prefix`.
    fn add(&mut self, prefix: &[String], tree: &UseTree) {
        let joined = |ident: &syn::Ident| [prefix, &[ident.to_string()]].concat();
        match tree {
            UseTree::Path(path) => self.add(&joined(&path.ident), &path.tree),
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.add(prefix, tree)),
            UseTree::Name(name) if name.ident == "self" => self.push(prefix.to_vec(), None),
            UseTree::Name(name) => self.push(joined(&name.ident), Some(name.ident.to_string())),
            UseTree::Rename(rename) => {
                self.push(joined(&rename.ident), Some(rename.rename.to_string()));
            }
            UseTree::Glob(_) => self.push(prefix.to_vec(), None),
        }
    }

    fn push(&mut self, path: Vec<String>, name: Option<String>) {
        self.0.push(Used { path, name });
    }
}

impl<'ast> Visit<'ast> for Uses {
    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        if item.ident != "tests" {
            visit::visit_item_mod(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.add(&[], &item.tree);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let names = path
            .segments
            .iter()
            .map(|segment| segment.ident.to_string());
        self.push(names.collect(), None);
        visit::visit_path(self, path);
    }
}

/// The imports between the modules of a crate.
#[derive(Default)]
pub(crate) struct Imports {
    modules: BTreeSet<Module>,
    /// Names that a module imports, with the path of each.
    names: BTreeMap<(Module, String), Module>,
    /// Modules that a module imports from. Its ancestors are left out: their items belong to all of
    /// their submodules.
    pub(crate) edges: BTreeMap<Module, BTreeSet<Module>>,
}

impl Imports {
    /// Reads the files of a crate: path from its root, and text.
    pub(crate) fn read(files: Vec<(String, String)>) -> Self {
        let files: Vec<_> = files
            .into_iter()
            .map(|(path, text)| {
                let mut uses = Uses::default();
                uses.visit_file(&syn::parse_file(&text).unwrap());
                (module_of(&path), uses.0)
            })
            .collect();
        let mut imports = Self {
            modules: files.iter().map(|(module, _)| module.clone()).collect(),
            ..Self::default()
        };
        let uses = || {
            files
                .iter()
                .flat_map(|(module, uses)| uses.iter().map(move |used| (module, used)))
        };
        for (module, used) in uses() {
            if let (Some(path), Some(name)) = (imports.absolute(module, &used.path), &used.name) {
                imports.names.insert((module.clone(), name.clone()), path);
            }
        }
        for (module, used) in uses() {
            let Some(path) = imports.absolute(module, &used.path) else {
                continue;
            };
            let target = imports.owner(&path);
            if !module.starts_with(&target) {
                imports
                    .edges
                    .entry(module.clone())
                    .or_default()
                    .insert(target);
            }
        }
        imports
    }

    /// The path from the root of the crate; `None` for a path that does not name a module.
    fn absolute(&self, module: &Module, path: &[String]) -> Option<Module> {
        let (first, rest) = path.split_first()?;
        let supers = path.iter().take_while(|name| *name == "super").count();
        match first.as_str() {
            "crate" => Some(rest.to_vec()),
            "self" => Some([module, rest].concat()),
            "super" => Some(
                [
                    &module[..module.len().checked_sub(supers)?],
                    &path[supers..],
                ]
                .concat(),
            ),
            _ => {
                let path = [module, path].concat();
                let is_child = self.modules.contains(&path[..=module.len()]);
                is_child.then_some(path)
            }
        }
    }

    /// The module that defines the item at a path. Re-exports are followed.
    fn owner(&self, path: &[String]) -> Module {
        let is_module = |len: &usize| self.modules.contains(&path[..*len]);
        let len = (0..=path.len()).rev().find(is_module).unwrap_or(0);
        let module = path[..len].to_vec();
        let name = path.get(len).map(|name| (module.clone(), name.clone()));
        match name.and_then(|name| self.names.get(&name)) {
            Some(to) if to[..] != path[..=len] => self.owner(to),
            _ => module,
        }
    }

    /// A circle of imports: its modules in order, the first again at the end.
    pub(crate) fn circle(&self) -> Option<Vec<String>> {
        fn visit(
            imports: &Imports,
            module: &Module,
            open: &mut Vec<Module>,
            done: &mut BTreeSet<Module>,
        ) -> Option<Vec<String>> {
            if let Some(at) = open.iter().position(|other| other == module) {
                let circle = open[at..].iter().chain([module]);
                return Some(circle.map(|module| module.join("::")).collect());
            }
            if done.contains(module) {
                return None;
            }
            open.push(module.clone());
            let mut next = imports.edges.get(module).into_iter().flatten();
            let found = next.find_map(|next| visit(imports, next, open, done));
            open.pop();
            done.insert(module.clone());
            found
        }
        let (mut open, mut done) = (Vec::new(), BTreeSet::new());
        let mut modules = self.modules.iter();
        modules.find_map(|module| visit(self, module, &mut open, &mut done))
    }
}
