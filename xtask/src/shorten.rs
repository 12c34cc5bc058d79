//! Gives the imports of the production core short names, in the module and in its glue alike.
//!
//! wasm-bindgen names each import after the function and a hash, and both files carry the name: hashes do not
//! compress, and this project's text code keeps the two from sharing them. Saves about 0.7 kB of brotli.

use anyhow::{Result, bail, ensure};
use wasm_encoder::{EntityType, ImportSection, Module, RawSection};
use wasmparser::{Import, Parser, Payload, TypeRef};

/// The module's name for its glue.
const GLUE: &str = "tidegate";

/// The module and the glue with short names. Fails when the glue is not shaped as expected, rather than guess.
pub fn shorten(wasm: &[u8], glue: &str) -> Result<(Vec<u8>, String)> {
    let mut out = Module::new();
    let mut glue = glue.to_owned();
    for payload in Parser::new(0).parse_all(wasm) {
        let payload = payload?;
        if let Payload::ImportSection(section) = payload {
            let mut imports = ImportSection::new();
            for (number, import) in section.into_imports().enumerate() {
                let import = import?;
                let name = short(number);
                imports.import(GLUE, &name, function(&import)?);
                glue = replaced(&glue, &format!(" {}: ", import.name), &format!(" {name}: "))?;
            }
            out.section(&imports);
            glue = replaced(&glue, "\"./core_bg.js\": ", &format!("{GLUE}: "))?;
        } else if let Some((id, range)) = payload.as_section() {
            out.section(&RawSection { id, data: &wasm[range.start as usize..range.end as usize] });
        }
    }
    Ok((out.finish(), glue))
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

/// Replaces the one place where `from` stands.
fn replaced(text: &str, from: &str, to: &str) -> Result<String> {
    let places = text.matches(from).count();
    ensure!(places == 1, "the glue holds {from:?} {places} times, not once");
    Ok(text.replacen(from, to, 1))
}

#[cfg(test)]
mod tests {
    use wasm_encoder::{MemoryType, TypeSection};

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
