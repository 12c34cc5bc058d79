//! Takes out of the production module what no caller is left for, after wasm-bindgen and before wasm-opt.
//!
//! - Exports that the glue never names.
//! - Entries of the function table: wasm-bindgen's macros put a way to run a closure of each shape there, js-sys the
//!   waker of its futures, `core::fmt` its formatters. The linker keeps them all, since it cannot tell which address is
//!   taken; with them stay their bodies and a function type each. wasm-bindgen exports the ways that JavaScript uses;
//!   the entries of the others, which only its own descriptions named, are pointed at a trap, and wasm-opt removes the rest.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, bail, ensure};
use wasm_encoder::{ConstExpr, ElementSection, Elements, ExportKind, ExportSection, Module, RawSection};
use wasmparser::{
    ElementItems, ElementKind, ElementSectionReader, ExportSectionReader, ExternalKind, KnownCustom, Name,
    Operator, Parser, Payload, TypeRef,
};

use crate::snip;

/// The module without them. `glue` is what wasm-bindgen wrote beside it. Fails when the table is not as rustc makes it.
pub fn prune(wasm: &[u8], glue: &str) -> Result<Vec<u8>> {
    let functions = Functions::of(wasm, glue)?;
    let mut out = Module::new();
    for payload in Parser::new(0).parse_all(wasm) {
        match payload? {
            Payload::ExportSection(section) => {
                out.section(&exports(section, glue)?);
            }
            Payload::ElementSection(section) => {
                out.section(&functions.table(section)?);
            }
            other => {
                if let Some((id, range)) = other.as_section() {
                    out.section(&RawSection { id, data: &wasm[range.start as usize..range.end as usize] });
                }
            }
        }
    }
    Ok(out.finish())
}

/// Whether the glue, or through it the face, uses an export.
fn used(glue: &str, name: &str) -> bool {
    let dotted = format!("wasm.{name}");
    glue.match_indices(&dotted).any(|(at, _)| {
        let next = glue[at + dotted.len()..].chars().next();
        !next.is_some_and(|c| c.is_ascii_alphanumeric() || "_$".contains(c))
    })
}

fn exports(section: ExportSectionReader<'_>, glue: &str) -> Result<ExportSection> {
    let mut exports = ExportSection::new();
    for export in section {
        let export = export?;
        if used(glue, export.name) {
            exports.export(export.name, kind(export.kind)?, export.index);
        }
    }
    Ok(exports)
}

/// The same kind in the writer's words.
pub fn kind(kind: ExternalKind) -> Result<ExportKind> {
    Ok(match kind {
        ExternalKind::Func => ExportKind::Func,
        ExternalKind::Table => ExportKind::Table,
        ExternalKind::Memory => ExportKind::Memory,
        ExternalKind::Global => ExportKind::Global,
        other => bail!("an export that is {other:?} was not expected"),
    })
}

/// What is known about functions, by their indices.
#[derive(Default)]
struct Functions<'a> {
    names: BTreeMap<u32, &'a str>,
    exported: BTreeSet<u32>,
    /// One that does nothing but trap.
    trap: Option<u32>,
}

impl<'a> Functions<'a> {
    fn of(wasm: &'a [u8], glue: &str) -> Result<Self> {
        let (mut functions, mut index) = (Self::default(), 0);
        for payload in Parser::new(0).parse_all(wasm) {
            match payload? {
                Payload::ImportSection(imports) => {
                    for import in imports.into_imports() {
                        index += u32::from(matches!(import?.ty, TypeRef::Func(_) | TypeRef::FuncExact(_)));
                    }
                }
                Payload::ExportSection(exports) => {
                    for export in exports {
                        let export = export?;
                        if export.kind == ExternalKind::Func && used(glue, export.name) {
                            functions.exported.insert(export.index);
                        }
                    }
                }
                Payload::CodeSectionEntry(body) => {
                    if functions.trap.is_none() && body.as_bytes() == snip::TRAP {
                        functions.trap = Some(index);
                    }
                    index += 1;
                }
                Payload::CustomSection(custom) => {
                    if let KnownCustom::Name(names) = custom.as_known() {
                        for name in names {
                            if let Name::Function(list) = name? {
                                for function in list {
                                    let function = function?;
                                    functions.names.insert(function.index, function.name);
                                }
                            }
                        }
                    }
                }
                _ => {}
            }
        }
        Ok(functions)
    }

    /// The table's entries, the dead ones pointed at the trap. Names are all that tells the dead from the living.
    fn table(&self, section: ElementSectionReader<'_>) -> Result<ElementSection> {
        let trap = self.trap.context("no function was cut that could stand for the dead ones")?;
        ensure!(!self.names.is_empty(), "no names: was the module stripped?");
        let mut table = ElementSection::new();
        for segment in section {
            let segment = segment?;
            let (ElementKind::Active { table_index, offset_expr }, ElementItems::Functions(items)) =
                (segment.kind, segment.items)
            else {
                bail!("only a table that is filled with functions at the start was expected");
            };
            let Operator::I32Const { value } = offset_expr.get_operators_reader().read()? else {
                bail!("only a table that is filled from a constant place was expected");
            };
            let mut entries = vec![];
            for index in items {
                let index = index?;
                entries.push(if self.is_dead(index) { trap } else { index });
            }
            table.active(table_index, &ConstExpr::i32_const(value), Elements::Functions(entries.into()));
        }
        Ok(table)
    }

    fn is_dead(&self, index: u32) -> bool {
        let name = self.names.get(&index).copied().unwrap_or("");
        !self.exported.contains(&index) && snip::is_unused(name)
    }
}

#[cfg(test)]
mod tests {
    use wasm_encoder::{
        CodeSection, Function, FunctionSection, NameMap, NameSection, RefType, TableSection, TableType,
        TypeSection,
    };

    use super::*;

    const WAY: &str = "_ZN12wasm_bindgen7convert8closures1_6invoke17h0870b031fa34dff6E";
    const OTHER_WAY: &str = "_ZN12wasm_bindgen7convert8closures1_6invoke17h1577c42b660c3a21E";
    const WAKER: &str = "_ZN6js_sys7futures4jspi10task_waker8raw_drop17h88a7ec9b6395dad0E";

    #[test]
    fn entries_that_nothing_calls_become_the_trap_and_others_stay() {
        let wasm = module(&["cut", WAY, "app::work", OTHER_WAY, WAKER], &[("way", 1), ("unused", 3)]);
        assert_eq!(entries(&prune(&wasm, "wasm.way(a, b)").unwrap()), [0, 1, 2, 0, 0]);
    }

    #[test]
    fn exports_that_the_glue_does_not_name_are_gone() {
        let wasm = module(&["cut", "app::work"], &[("at", 1), ("atom", 1)]);
        let exported = |glue| {
            let mut names = vec![];
            for payload in Parser::new(0).parse_all(&prune(&wasm, glue).unwrap()) {
                if let Payload::ExportSection(section) = payload.unwrap() {
                    names.extend(section.into_iter().map(|export| export.unwrap().name.to_owned()));
                }
            }
            names
        };
        assert_eq!(exported("wasm.atom(1)"), ["atom"]);
        assert_eq!(exported("(wasm.at(1), wasm.atom)"), ["at", "atom"]);
    }

    #[test]
    fn a_module_without_a_trap_or_without_names_is_refused() {
        assert!(prune(&module(&["app::work"], &[]), "").is_ok(), "its first function traps");
        let wasm = module(&[], &[]);
        assert!(prune(&wasm, "").is_err());
    }

    fn entries(wasm: &[u8]) -> Vec<u32> {
        let mut found = vec![];
        for payload in Parser::new(0).parse_all(wasm) {
            if let Payload::ElementSection(section) = payload.unwrap() {
                for segment in section {
                    if let ElementItems::Functions(items) = segment.unwrap().items {
                        found.extend(items.into_iter().map(|index| index.unwrap()));
                    }
                }
            }
        }
        found
    }

    /// Functions without arguments, all in the table; the first is a trap.
    fn module(symbols: &[&str], exported: &[(&str, u32)]) -> Vec<u8> {
        let (mut types, mut list, mut tables) =
            (TypeSection::new(), FunctionSection::new(), TableSection::new());
        let (mut exports, mut table, mut code) =
            (ExportSection::new(), ElementSection::new(), CodeSection::new());
        let (mut names, mut map) = (NameSection::new(), NameMap::new());
        types.ty().function([], []);
        for (index, symbol) in symbols.iter().enumerate() {
            let mut body = Function::new([]);
            match index {
                0 => body.instructions().unreachable().end(),
                _ => body.instructions().end(),
            };
            list.function(0);
            code.function(&body);
            map.append(index as u32, symbol);
        }
        tables.table(TableType {
            element_type: RefType::FUNCREF,
            table64: false,
            minimum: 8,
            maximum: None,
            shared: false,
        });
        exported.iter().for_each(|(name, index)| {
            exports.export(name, ExportKind::Func, *index);
        });
        let all: Vec<u32> = (0..symbols.len() as u32).collect();
        table.active(None, &ConstExpr::i32_const(1), Elements::Functions(all.into()));
        names.functions(&map);
        let mut module = Module::new();
        module.section(&types).section(&list).section(&tables).section(&exports);
        module.section(&table).section(&code).section(&names);
        module.finish()
    }
}
