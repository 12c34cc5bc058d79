//! Replaces the bodies of functions that only a panic needs by `unreachable`.
//!
//! The production build aborts on a panic, so a message that nobody can read is dead weight: with the bodies go the
//! texts and the formatting code (wasm-opt removes what they alone used). Stable rustc cannot leave them out by itself
//! while a dependency links std. Must run before wasm-bindgen, on a module with a name section. Two kinds are cut:
//!
//! - the standard library's ways to panic, when control cannot come back from the body;
//! - formatting (`core::fmt` and what implements its traits) and the futures of js-sys: vtables keep them alive when
//!   nothing is left to call them. Each is cut only when no function that stays calls any of it.
//!
//! A name alone cuts nothing. The paths of source files, which only messages name, are overwritten with zeros, and so
//! are the texts of panics once formatting is gone.

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
/// which no panic is found, because then the names were stripped and the saving would silently be lost.
pub fn snip(wasm: &[u8]) -> Result<(Vec<u8>, usize)> {
    let survey = Survey::of(wasm)?;
    let doomed = survey.doomed()?;
    ensure!(!doomed.is_empty(), "no panic function found: was the module stripped?");
    let mut out = Module::new();
    let mut code = CodeSection::new();
    for (index, body) in &survey.bodies {
        if doomed.contains(index) {
            code.function(&unreachable());
        } else {
            code.raw(body.as_bytes());
        }
    }
    for payload in Parser::new(0).parse_all(wasm) {
        match payload? {
            Payload::CodeSectionStart { .. } => {
                out.section(&code);
            }
            other => {
                if let Some((id, range)) = other.as_section() {
                    let data = wasm.get(range.start as usize..range.end as usize);
                    let mut data = data.context("section out of bounds")?.to_vec();
                    if matches!(other, Payload::DataSection(_)) {
                        blank_paths(&mut data);
                        if survey.is_mute(&doomed) {
                            blank_texts(&mut data);
                        }
                    }
                    out.section(&RawSection { id, data: &data });
                }
            }
        }
    }
    Ok((out.finish(), doomed.len()))
}

/// What a module's sections say about its functions, by their indices (imported ones come first).
#[derive(Default)]
struct Survey<'a> {
    bodies: Vec<(u32, FunctionBody<'a>)>,
    /// Named like a panic.
    panics: BTreeSet<u32>,
    /// Named like one of [`KEPT_BY_TABLES`], the families one by one.
    kept: [BTreeSet<u32>; KEPT_BY_TABLES.len()],
}

impl<'a> Survey<'a> {
    fn of(wasm: &'a [u8]) -> Result<Self> {
        let (mut survey, mut index) = (Self::default(), 0);
        for payload in Parser::new(0).parse_all(wasm) {
            match payload? {
                Payload::ImportSection(imports) => {
                    for import in imports.into_imports() {
                        index += u32::from(matches!(import?.ty, TypeRef::Func(_) | TypeRef::FuncExact(_)));
                    }
                }
                Payload::CodeSectionEntry(body) => {
                    survey.bodies.push((index, body));
                    index += 1;
                }
                Payload::CustomSection(custom) => {
                    if let KnownCustom::Name(names) = custom.as_known() {
                        survey.read(names)?;
                    }
                }
                _ => {}
            }
        }
        Ok(survey)
    }

    fn read(&mut self, names: NameSectionReader<'_>) -> Result<()> {
        for name in names {
            if let Name::Function(functions) = name? {
                for function in functions {
                    let function = function?;
                    let path = format!("{:#}", demangle(function.name));
                    if is_panic(&path) {
                        self.panics.insert(function.index);
                    }
                    for (family, kept) in KEPT_BY_TABLES.iter().zip(&mut self.kept) {
                        if family.has(&path) {
                            kept.insert(function.index);
                        }
                    }
                }
            }
        }
        Ok(())
    }

    /// The functions to cut.
    fn doomed(&self) -> Result<BTreeSet<u32>> {
        let mut doomed = BTreeSet::new();
        for (index, body) in &self.bodies {
            if self.panics.contains(index) && never_returns(body)? {
                doomed.insert(*index);
            }
        }
        if doomed.is_empty() {
            return Ok(doomed);
        }
        for kept in &self.kept {
            if !self.needed(&doomed, kept)? {
                let here = self.bodies.iter().map(|(index, _)| *index);
                doomed.extend(here.filter(|index| kept.contains(index)));
            }
        }
        Ok(doomed)
    }

    /// Whether formatting is gone: then nothing is left that could show a text.
    fn is_mute(&self, doomed: &BTreeSet<u32>) -> bool {
        let [formatting, ..] = &self.kept;
        self.bodies.iter().all(|(index, _)| doomed.contains(index) || !formatting.contains(index))
    }

    /// Whether a function that stays calls one of the family.
    fn needed(&self, doomed: &BTreeSet<u32>, family: &BTreeSet<u32>) -> Result<bool> {
        for (index, body) in &self.bodies {
            if !doomed.contains(index) && !family.contains(index) && calls(body, family)? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// Whether a path is one of the standard library's ways to panic.
fn is_panic(path: &str) -> bool {
    // Generic instances end in their arguments.
    let plain = path.split("::<").next().unwrap_or(path);
    let (room, last) = plain.rsplit_once("::").unwrap_or(("", plain));
    let library = ["core", "alloc", "std", "__rustc"].contains(&room.split("::").next().unwrap_or(""));
    let word = last.starts_with("panic") || last.starts_with("assert_failed") || last.contains("_fail");
    // Throws a text through the glue: with nobody to read it, a trap does the same.
    plain == "wasm_bindgen::throw_str"
        || library && (word || room == "core::panicking" || ENDS.contains(&last))
}

/// Functions that only tables name once nothing calls them.
struct Family {
    /// How their paths begin,
    begin: &'static [&'static str],
    /// or what stands inside them.
    inside: &'static [&'static str],
}

const KEPT_BY_TABLES: [Family; 2] = [
    // Formatting, and the payload of a panic that formatting fills.
    Family {
        begin: &["core::fmt::", "<core::fmt::"],
        inside: &[" as core::fmt::", " as core::panic::PanicPayload>"],
    },
    // Futures of js-sys, with the door that it keeps open for its own glue.
    Family { begin: &["__wbg_jspi_task_poll"], inside: &["js_sys::futures::"] },
];

impl Family {
    fn has(&self, path: &str) -> bool {
        self.begin.iter().any(|part| path.starts_with(part))
            || self.inside.iter().any(|part| path.contains(part))
    }
}

/// Whether an entry of the function table is one that nothing calls, by its symbol: of the families above, or a way to
/// run a closure from JavaScript, which needs to be exported for that.
pub fn is_unused(symbol: &str) -> bool {
    let path = format!("{:#}", demangle(symbol));
    let a_way = path.starts_with("wasm_bindgen::convert::closures::_::invoke");
    a_way || KEPT_BY_TABLES.iter().any(|family| family.has(&path))
}

/// Whether a body calls one of the functions, by its index.
fn calls(body: &FunctionBody<'_>, functions: &BTreeSet<u32>) -> Result<bool> {
    for operator in body.get_operators_reader()? {
        if let Operator::Call { function_index } | Operator::ReturnCall { function_index } = operator?
            && functions.contains(&function_index)
        {
            return Ok(true);
        }
    }
    Ok(false)
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

/// Where the path of a Rust source file begins: the standard library's, a dependency's (as wasm.rs renames them), ours.
const PATHS: [&[u8]; 3] = [b"/rustc/", b"cargo/", b"src/"];

/// Overwrites the paths of source files. Strings stand side by side without an end mark, so a path is what begins
/// with one of [`PATHS`], ends with `.rs`, and has nothing but a path's characters between.
fn blank_paths(data: &mut [u8]) {
    let in_path = |c: &u8| c.is_ascii_alphanumeric() || b"/._-".contains(c);
    let mut at = 0;
    while let Some(found) = data[at..].windows(3).position(|three| three == b".rs") {
        let end = at + found + 3;
        let run = data[at..end].iter().rev().take_while(|c| in_path(c)).count();
        let begin = (end - run..end).find(|&i| PATHS.iter().any(|path| data[i..end].starts_with(path)));
        if let Some(begin) = begin {
            data[begin..end].fill(0);
        }
        at = end;
    }
}

/// What the standard library and wasm-bindgen have to say when they panic, and the digits that numbers are shown with.
/// Others of theirs may stand in a module; these are those of ours.
const TEXTS: [&[u8]; 13] = [
    b"FnOnce called more than once",
    b"cannot access a Thread Local Storage value during or after destruction: ",
    b"removal index (is \xc0\x16) should be < len (is \xc0\x01)",
    b"internal error: entered unreachable code",
    b"mid > len",
    b"called `Result::unwrap_throw()` on an `Err` value",
    b"capacity overflow",
    b"LazyCell instance has previously been poisoned",
    b"RefCell already mutably borrowed",
    b"RefCell already borrowed",
    b"closure invoked recursively or after being dropped",
    b"AccessError",
    b"0001020304050607080910111213141516171819202122232425262728293031323334353637383940414243444546474849\
5051525354555657585960616263646566676869707172737475767778798081828384858687888990919293949596979899",
];

/// Overwrites those texts.
fn blank_texts(data: &mut [u8]) {
    for text in TEXTS {
        while let Some(at) = data.windows(text.len()).position(|part| part == text) {
            data[at..at + text.len()].fill(0);
        }
    }
}

/// A cut body: no locals, `unreachable`, `end`.
pub const TRAP: [u8; 3] = [0, 0x00, 0x0b];

fn unreachable() -> Function {
    let mut body = Function::new([]);
    body.instructions().unreachable().end();
    body
}

#[cfg(test)]
mod tests {
    use wasm_encoder::{DataSection, EntityType, FunctionSection, ImportSection, InstructionSink};
    use wasm_encoder::{NameMap, NameSection, TypeSection};

    use super::*;

    #[test]
    fn a_named_panic_that_cannot_return_is_cut_and_its_neighbours_stay() {
        let wasm = module(&[
            ("app::work", &|i| i.i32_const(1).drop().end()),
            ("_RNvNtCsgXGp5Oqx2Ny_4core9panicking9panic_fmt", &|i| i.i32_const(2).drop().unreachable().end()),
            ("app::panic_button", &|i| i.i32_const(3).drop().unreachable().end()),
        ]);
        let (out, cut) = snip(&wasm).unwrap();
        assert_eq!(cut, 1);
        let after = bodies(&out);
        assert_eq!(after[1], TRAP);
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
    fn texts_of_panics_go_with_formatting_and_stay_with_it() {
        let texts = |work: Body<'_>| {
            let mut wasm = module(&[
                ("core::panicking::panic_fmt", &|i| i.i32_const(2).drop().unreachable().end()),
                ("<u32 as core::fmt::Display>::fmt", &|i| i.i32_const(7).drop().end()),
                ("app::work", work),
            ]);
            let mut data = Module::new();
            data.section(DataSection::new().passive(*b"x-limitmid > lenx-left"));
            wasm.extend(&data.finish()[8..]);
            snip(&wasm).unwrap().0
        };
        let holds = |wasm: &[u8], text: &[u8]| wasm.windows(text.len()).any(|part| part == text);
        let (gone, there) = (texts(&|i| i.end()), texts(&|i| i.call(2).end()));
        assert!(holds(&gone, b"x-limit\0\0\0\0\0\0\0\0\0x-left"));
        assert!(holds(&there, b"x-limitmid > lenx-left"));
    }

    #[test]
    fn a_branch_inside_the_body_does_not_save_it() {
        let wasm = module(&[("core::panicking::panic", &|i| {
            i.block(wasm_encoder::BlockType::Empty).br(0).end().unreachable().end()
        })]);
        assert_eq!(snip(&wasm).unwrap().1, 1);
    }

    #[test]
    fn formatting_is_cut_when_only_panics_called_it() {
        let text: Body<'_> = &|i| i.i32_const(7).drop().end();
        let wasm = module(&[
            ("core::panicking::panic_fmt", &|i| i.call(2).unreachable().end()),
            ("core::fmt::write", text),
            ("<u32 as core::fmt::Display>::fmt", &|i| i.call(2).end()),
        ]);
        assert_eq!(snip(&wasm).unwrap().1, 3);
    }

    #[test]
    fn formatting_that_a_function_calls_stays_whole() {
        let text: Body<'_> = &|i| i.i32_const(7).drop().end();
        let wasm = module(&[
            ("core::panicking::panic_fmt", &|i| i.call(2).unreachable().end()),
            ("core::fmt::write", text),
            ("<u32 as core::fmt::Display>::fmt", &|i| i.call(2).end()),
            ("app::label", &|i| i.call(3).end()),
        ]);
        let (out, cut) = snip(&wasm).unwrap();
        assert_eq!(cut, 1, "only the panic");
        assert_eq!(bodies(&out)[1..], bodies(&wasm)[1..]);
    }

    #[test]
    fn source_paths_are_blanked_and_their_neighbours_are_not() {
        let mut data =
            *b"malformedsrc/gate/mod.rs/rustc/5980/library/core/src/cell.rsretry-after.rs: src/x.js";
        blank_paths(&mut data);
        let rest: Vec<u8> = data.iter().copied().filter(|&c| c != 0).collect();
        assert_eq!(rest, b"malformedretry-after.rs: src/x.js");
        assert_eq!(data.len() - rest.len(), 51);
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
            assert!(is_panic(&format!("{:#}", demangle(symbol))), "{symbol}");
        }
        for symbol in [
            "_ZN8tidegate3web3say17h3ee04e2dc3193c41E",
            "_ZN8tidegate4gate9panicking5panic17h3ee04e2dc3193c41E",
        ] {
            assert!(!is_panic(&format!("{:#}", demangle(symbol))), "{symbol}");
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
        module.section(&types).section(&imports).section(&list).section(&code).section(&names);
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
