//! Replaces the bodies of functions that only ever end in a panic by `unreachable`.
//!
//! The production build aborts on a panic, so a message that nobody can read is dead weight: with the body go the
//! texts and the formatting code that only it used (wasm-opt removes them afterwards; about 3 kB of brotli). Stable
//! rustc cannot leave them out by itself while a dependency links std. Must run before wasm-bindgen, on a module with
//! a name section. The name alone cuts nothing: a body from which control can come back is left as it is.

use std::collections::BTreeSet;

use anyhow::{Context, Result, ensure};
use rustc_demangle::demangle;
use wasm_encoder::{CodeSection, Function, Module, RawSection};
use wasmparser::{FunctionBody, KnownCustom, Name, NameSectionReader, Operator, Parser, Payload, TypeRef};

/// Last parts of the paths of the standard library's functions that end in a panic.
const ENDS: [&str; 8] = [
    "unwrap_failed",
    "expect_failed",
    "handle_alloc_error",
    "handle_error",
    "capacity_overflow",
    "rust_begin_unwind",
    "rust_oom",
    "default_alloc_error_hook",
];

/// The module with those bodies cut, and how many were cut. Fails on bytes that are no module, and on a module in
/// which nothing is found, because then the names were stripped and the saving would silently be lost.
pub fn snip(wasm: &[u8]) -> Result<(Vec<u8>, usize)> {
    let (mut index, doomed) = survey(wasm)?;
    let mut out = Module::new();
    let mut code = CodeSection::new();
    let (mut left, mut cut) = (0, 0);
    for payload in Parser::new(0).parse_all(wasm) {
        match payload? {
            Payload::CodeSectionStart { count, .. } => left = count,
            Payload::CodeSectionEntry(body) => {
                if doomed.contains(&index) && never_returns(&body)? {
                    code.function(&unreachable());
                    cut += 1;
                } else {
                    code.raw(body.as_bytes());
                }
                index += 1;
                left -= 1;
                if left == 0 {
                    out.section(&code);
                }
            }
            other => {
                if let Some((id, range)) = other.as_section() {
                    let data = wasm
                        .get(range.start as usize..range.end as usize)
                        .context("section out of bounds")?;
                    out.section(&RawSection { id, data });
                }
            }
        }
    }
    ensure!(
        cut > 0,
        "no panic function found: was the module stripped of its names?"
    );
    Ok((out.finish(), cut))
}

/// How many functions are imported (their indices come first), and the indices of those named like a panic.
fn survey(wasm: &[u8]) -> Result<(u32, BTreeSet<u32>)> {
    let (mut imported, mut named) = (0, BTreeSet::new());
    for payload in Parser::new(0).parse_all(wasm) {
        match payload? {
            Payload::ImportSection(imports) => {
                for import in imports.into_imports() {
                    imported += u32::from(matches!(import?.ty, TypeRef::Func(_) | TypeRef::FuncExact(_)));
                }
            }
            Payload::CustomSection(custom) => {
                if let KnownCustom::Name(names) = custom.as_known() {
                    named = panics(names)?;
                }
            }
            _ => {}
        }
    }
    Ok((imported, named))
}

fn panics(names: NameSectionReader<'_>) -> Result<BTreeSet<u32>> {
    let mut found = BTreeSet::new();
    for name in names {
        if let Name::Function(functions) = name? {
            for function in functions {
                let function = function?;
                if is_panic(function.name) {
                    found.insert(function.index);
                }
            }
        }
    }
    Ok(found)
}

/// Whether a symbol is one of the standard library's ways to panic.
fn is_panic(symbol: &str) -> bool {
    let path = format!("{:#}", demangle(symbol));
    // Generic instances end in their arguments.
    let plain = path.split("::<").next().unwrap_or(&path);
    let (room, last) = plain.rsplit_once("::").unwrap_or(("", plain));
    let library = ["core", "alloc", "std", "__rustc"]
        .iter()
        .any(|name| room.split("::").next() == Some(name));
    let word = last.starts_with("panic") || last.starts_with("assert_failed") || last.contains("_fail");
    library && (word || room == "core::panicking" || ENDS.contains(&last))
}

/// True when control can leave this body neither by its end, nor by `return`, nor by a branch to its outermost block.
fn never_returns(body: &FunctionBody<'_>) -> Result<bool> {
    let (mut depth, mut last_is_trap, mut trapped) = (0u32, false, false);
    for operator in body.get_operators_reader()? {
        trapped = last_is_trap;
        last_is_trap = false;
        match operator? {
            Operator::Block { .. } | Operator::Loop { .. } | Operator::If { .. } => depth += 1,
            Operator::TryTable { .. } | Operator::Try { .. } => depth += 1,
            Operator::End => depth = depth.saturating_sub(1),
            Operator::Unreachable => last_is_trap = true,
            Operator::Return | Operator::ReturnCall { .. } | Operator::ReturnCallIndirect { .. } => {
                return Ok(false);
            }
            Operator::Br { relative_depth } | Operator::BrIf { relative_depth }
                if relative_depth >= depth =>
            {
                return Ok(false);
            }
            Operator::BrTable { targets } => {
                for target in targets.targets().chain([Ok(targets.default())]) {
                    if target? >= depth {
                        return Ok(false);
                    }
                }
            }
            _ => {}
        }
    }
    Ok(trapped)
}

fn unreachable() -> Function {
    let mut body = Function::new([]);
    body.instructions().unreachable().end();
    body
}

#[cfg(test)]
mod tests {
    use wasm_encoder::{EntityType, FunctionSection, ImportSection, InstructionSink};
    use wasm_encoder::{NameMap, NameSection, TypeSection};

    use super::*;

    #[test]
    fn a_named_panic_that_cannot_return_is_cut_and_its_neighbours_stay() {
        let wasm = module(&[
            ("app::work", &|i| i.i32_const(1).drop().end()),
            ("_RNvNtCsgXGp5Oqx2Ny_4core9panicking9panic_fmt", &|i| {
                i.i32_const(2).drop().unreachable().end()
            }),
            ("app::panic_button", &|i| {
                i.i32_const(3).drop().unreachable().end()
            }),
        ]);
        let (out, cut) = snip(&wasm).unwrap();
        assert_eq!(cut, 1);
        let after = bodies(&out);
        assert_eq!(after[1], [0, 0x00, 0x0b], "no locals, unreachable, end");
        let before = bodies(&wasm);
        assert_eq!((&after[0], &after[2]), (&before[0], &before[2]));
    }

    #[test]
    fn a_body_from_which_control_comes_back_is_never_cut() {
        let leaves: [Body<'_>; 4] = [
            &|i| i.i32_const(2).drop().end(),
            &|i| i.return_().unreachable().end(),
            &|i| i.br(0).unreachable().end(),
            &|i| i.i32_const(0).br_table([], 0).unreachable().end(),
        ];
        for leave in leaves {
            let wasm = module(&[("core::panicking::panic", leave)]);
            assert!(snip(&wasm).is_err(), "nothing was left to cut");
        }
    }

    #[test]
    fn a_branch_inside_the_body_does_not_save_it() {
        let wasm = module(&[("core::panicking::panic", &|i| {
            i.block(wasm_encoder::BlockType::Empty)
                .br(0)
                .end()
                .unreachable()
                .end()
        })]);
        assert_eq!(snip(&wasm).unwrap().1, 1);
    }

    #[test]
    fn both_manglings_are_recognised_and_other_crates_are_left_alone() {
        for symbol in [
            "_RNvNtCsgXGp5Oqx2Ny_4core3str16slice_error_fail",
            "_RNvNtCsgXGp5Oqx2Ny_4core6option13unwrap_failed",
            "_RNvCsfLfy6EI15iL_7___rustc17rust_begin_unwind",
            "_ZN4core9panicking13assert_failed17h5740ade8f67fd61dE",
            "_RNvNtCs5cOc02OMXlo_5alloc7raw_vec17capacity_overflow",
        ] {
            assert!(is_panic(symbol), "{symbol}");
        }
        for symbol in [
            "_ZN8tidegate3web3say17h3ee04e2dc3193c41E",
            "_ZN8tidegate4gate9panicking5panic17h3ee04e2dc3193c41E",
        ] {
            assert!(!is_panic(symbol), "{symbol}");
        }
    }

    #[test]
    fn a_module_without_names_and_bytes_that_are_no_module_are_errors() {
        assert!(snip(&Module::new().finish()).is_err());
        assert!(snip(b"not a module").is_err());
    }

    type Body<'a> = &'a dyn for<'b, 'c> Fn(&'b mut InstructionSink<'c>) -> &'b mut InstructionSink<'c>;

    /// One imported function before all others, so that indices and places differ.
    fn module(functions: &[(&str, Body<'_>)]) -> Vec<u8> {
        let (mut types, mut imports, mut list) =
            (TypeSection::new(), ImportSection::new(), FunctionSection::new());
        let (mut code, mut names, mut map) = (CodeSection::new(), NameSection::new(), NameMap::new());
        types.ty().function([], []);
        imports.import("page", "now", EntityType::Function(0));
        map.append(0, "page::now");
        for (at, (name, fill)) in functions.iter().enumerate() {
            let mut body = Function::new([]);
            fill(&mut body.instructions());
            list.function(0);
            code.function(&body);
            map.append(at as u32 + 1, name);
        }
        names.functions(&map);
        let mut module = Module::new();
        module
            .section(&types)
            .section(&imports)
            .section(&list)
            .section(&code)
            .section(&names);
        module.finish()
    }

    fn bodies(wasm: &[u8]) -> Vec<Vec<u8>> {
        Parser::new(0)
            .parse_all(wasm)
            .filter_map(|payload| match payload.unwrap() {
                Payload::CodeSectionEntry(body) => Some(body.as_bytes().to_vec()),
                _ => None,
            })
            .collect()
    }
}
