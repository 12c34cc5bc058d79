//! Gives what the production core imports and exports short names, in the module and in its glue alike, and takes out of
//! the glue what this module has no use for.
//!
//! wasm-bindgen names each import after the function and a hash, and both files carry the name: hashes do not
//! compress, and this project's text code keeps the two from sharing them. Saves about 0.7 kB of brotli.

use anyhow::{Context, Result, bail, ensure};
use wasm_encoder::{EntityType, ExportSection, ImportSection, Module, RawSection};
use wasmparser::{Import, Parser, Payload, TypeRef};

use crate::prune::kind;

/// The module's name for its glue.
const GLUE: &str = "tidegate";

/// wasm-bindgen's own exports by how their names begin, and their short names. The core's keep theirs: the face calls
/// them by name.
const EXPORTS: [(&str, &str); 4] = [
    ("__externref_table_alloc", "_a"),
    ("__wbindgen_start", "_s"),
    ("__wbindgen_externrefs", "_t"),
    ("__wbindgen_exn_store", "_x"),
];

/// The module and the glue with short names. Fails when the glue is not shaped as expected, rather than guess.
pub fn shorten(wasm: &[u8], glue: &str) -> Result<(Vec<u8>, String)> {
    let mut out = Module::new();
    let mut glue = glue.to_owned();
    for payload in Parser::new(0).parse_all(wasm) {
        let payload = payload?;
        match payload {
            Payload::ImportSection(section) => {
                let mut imports = ImportSection::new();
                let (mut old, mut new) = (vec![], vec![]);
                for (number, import) in section.into_imports().enumerate() {
                    let import = import?;
                    imports.import(GLUE, &short(number), function(&import)?);
                    old.push(import.name);
                    new.push(short(number));
                }
                out.section(&imports);
                glue = forgotten(&glue, &old)?;
                for (old, new) in old.iter().zip(new) {
                    glue = replaced(&glue, &format!(" {old}: "), &format!(" {new}: "))?;
                }
                glue = replaced(&glue, "\"./core_bg.js\": ", &format!("{GLUE}: "))?;
            }
            Payload::ExportSection(section) => {
                let mut exports = ExportSection::new();
                for export in section {
                    let export = export?;
                    let known = EXPORTS.iter().find(|(long, _)| export.name.starts_with(long));
                    let name = known.map_or(export.name, |(_, short)| short);
                    exports.export(name, kind(export.kind)?, export.index);
                    glue = glue.replace(&format!("wasm.{}", export.name), &format!("wasm.{name}"));
                }
                out.section(&exports);
            }
            other => {
                if let Some((id, range)) = other.as_section() {
                    out.section(&RawSection { id, data: &wasm[range.start as usize..range.end as usize] });
                }
            }
        }
    }
    Ok((out.finish(), glue))
}

/// The glue without what this module has no use for.
pub fn lighten(glue: &str) -> Result<String> {
    let mut glue = glue.to_owned();
    for (from, to, instead) in CUTS {
        glue = cut(&glue, from, to, instead)?;
    }
    Ok(glue)
}

/// How an import's entry in the glue begins and ends.
const ENTRY: (&str, &str) = ("\n        ", "\n        },");

/// The glue without the entries of imports that wasm-opt has removed; `kept` are those that are left.
fn forgotten(glue: &str, kept: &[&str]) -> Result<String> {
    let mut out = glue.to_owned();
    for part in glue.split(ENTRY.0).skip(1) {
        let Some((name, _)) = part.split_once(": function(") else { continue };
        if name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') && !kept.contains(&name) {
            out = cut(&out, &format!("{}{name}: ", ENTRY.0), ENTRY.1, "")?;
        }
    }
    Ok(out)
}

fn function(import: &Import<'_>) -> Result<EntityType> {
    match import.ty {
        TypeRef::Func(index) => Ok(EntityType::Function(index)),
        other => bail!("{} imports {other:?}; only functions were expected", import.name),
    }
}

/// `a`, `b`, … `z`, `aa`, `ab`, …
fn short(number: usize) -> String {
    let letter = char::from(b'a' + (number % 26) as u8);
    match number / 26 {
        0 => letter.to_string(),
        rest => format!("{}{letter}", short(rest - 1)),
    }
}

/// What this module has no use for, in the words of wasm-bindgen 0.2.130: from, to (both included), and what stands there
/// instead. Texts that the core hands over are the names of events, so ASCII, and the face starts it with one
/// object.
const CUTS: [(&str, &str, &str); 4] = [
    (
        "    return decodeText(getUint8ArrayMemory0().subarray(ptr, ptr + len));",
        "cachedUint8ArrayMemory0;\n}\n",
        "    return String.fromCharCode(...new Uint8Array(wasm.memory.buffer, ptr, len));\n}\n",
    ),
    ("let cachedTextDecoder = ", "cachedTextDecoder.decode(bytes);\n}\n", ""),
    ("    cachedUint8ArrayMemory0 = null;\n    wasm.", "", "    wasm."),
    (
        "if (module !== undefined) {\n        if (Object.getPrototypeOf(module) === ",
        "a single object instead')\n        }\n    }\n",
        "({module} = module);\n",
    ),
];

/// Cuts what stands from the one `from` to the next `to`; with no `to`, `from` alone.
fn cut(text: &str, from: &str, to: &str, instead: &str) -> Result<String> {
    let places = text.matches(from).count();
    ensure!(places == 1, "the glue holds {from:?} {places} times, not once");
    let begin = text.find(from).unwrap_or(0);
    let rest = &text[begin + from.len()..];
    let end = rest.find(to).with_context(|| format!("the glue holds no {to:?} behind {from:?}"))? + to.len();
    Ok(format!("{}{instead}{}", &text[..begin], &rest[end..]))
}

/// Replaces the one place where `from` stands.
fn replaced(text: &str, from: &str, to: &str) -> Result<String> {
    cut(text, from, "", to)
}

#[cfg(test)]
mod tests {
    use wasm_encoder::{ExportKind, MemoryType, TypeSection};

    use super::*;

    const NAMES: [&str; 2] = ["__wbg_call_40b008ba32f73991", "__wbg_random_df36b90cd78a7d54"];
    const TEXT: &str =
        "return { \"./core_bg.js\": { __wbg_call_40b008ba32f73991: f, __wbg_random_df36b90cd78a7d54: g } }";

    #[test]
    fn module_and_glue_get_the_same_names_in_the_same_order() {
        let (wasm, glue) = shorten(&module(EntityType::Function(0)), TEXT).unwrap();
        assert_eq!(glue, "return { tidegate: { a: f, b: g } }");
        let imports: Vec<_> = Parser::new(0)
            .parse_all(&wasm)
            .filter_map(|payload| match payload.unwrap() {
                Payload::ImportSection(section) => Some(section.into_imports()),
                _ => None,
            })
            .flatten()
            .map(|import| import.map(|i| (i.module, i.name)).unwrap())
            .collect();
        assert_eq!(imports, [("tidegate", "a"), ("tidegate", "b")]);
    }

    #[test]
    fn glue_that_names_an_import_twice_or_never_is_refused() {
        let wasm = module(EntityType::Function(0));
        assert!(shorten(&wasm, &TEXT.replace(NAMES[1], "other")).is_err());
        assert!(shorten(&wasm, &TEXT.replace(NAMES[1], NAMES[0])).is_err());
    }

    #[test]
    fn the_entry_of_an_import_that_is_gone_leaves_the_glue() {
        let glue = format!(
            "{{\n        __wbg_throw_1: function(arg0) {{\n            throw arg0;\n        }},{}",
            TEXT.replace("{ __wbg_call", "{\n        __wbg_call")
        );
        let (_, glue) = shorten(&module(EntityType::Function(0)), &glue).unwrap();
        assert!(!glue.contains("throw") && glue.contains("a: f, b: g"), "{glue}");
    }

    #[test]
    fn exports_of_wasm_bindgen_are_short_and_the_cores_keep_their_names() {
        let mut exports = ExportSection::new();
        exports.export("__wbindgen_start", ExportKind::Func, 0).export("ask", ExportKind::Func, 1);
        let mut module = Module::new();
        module.section(&exports);
        let (wasm, glue) = shorten(&module.finish(), "wasm.__wbindgen_start(); wasm.ask(1)").unwrap();
        assert_eq!(glue, "wasm._s(); wasm.ask(1)");
        let names: Vec<_> = Parser::new(0)
            .parse_all(&wasm)
            .filter_map(|payload| match payload.unwrap() {
                Payload::ExportSection(section) => Some(section),
                _ => None,
            })
            .flatten()
            .map(|export| export.unwrap().name.to_owned())
            .collect();
        assert_eq!(names, ["_s", "ask"]);
    }

    #[test]
    fn what_is_cut_ends_where_it_says_and_stands_there_once() {
        assert_eq!(cut("a(b)c)", "(", ")", "").unwrap(), "ac)");
        assert_eq!(cut("a(b)c", "(b", "", "!").unwrap(), "a!)c");
        for (text, from, to) in [("a(b)(c)", "(", ")"), ("ab", "(", ")"), ("a(b", "(", ")")] {
            assert!(cut(text, from, to, "").is_err(), "{text}");
        }
    }

    #[test]
    fn an_import_that_is_no_function_is_refused() {
        let memory =
            MemoryType { minimum: 1, maximum: None, memory64: false, shared: false, page_size_log2: None };
        assert!(shorten(&module(EntityType::Memory(memory)), TEXT).is_err());
    }

    #[test]
    fn a_thousand_names_are_a_thousand() {
        let names: std::collections::BTreeSet<String> = (0..1_000).map(short).collect();
        assert_eq!(names.len(), 1_000);
        assert_eq!((short(25), short(26), short(27)), ("z".into(), "aa".into(), "ab".into()));
    }

    fn module(second: EntityType) -> Vec<u8> {
        let (mut types, mut imports) = (TypeSection::new(), ImportSection::new());
        types.ty().function([], []);
        imports.import("./core_bg.js", NAMES[0], EntityType::Function(0));
        imports.import("./core_bg.js", NAMES[1], second);
        let mut module = Module::new();
        module.section(&types).section(&imports);
        module.finish()
    }
}
