//! Names that the core and the face must agree on, written from the core's own tables into `pkg/build/names.js`.

use anyhow::Result;
use tidegate::{hint, policy, reason};

use crate::house::{House, write};

const TYPES: &str = "\
/** Every response header that the core reads by its exact name, lower case, sorted. */
export declare const hintHeaders: readonly string[];
/** Each setting's path, by its number at the boundary; where words are accepted, their places are the values. */
export declare const settings: readonly (readonly [path: string, words?: readonly string[]])[];
/** The public words for reasons, by their codes; 0 is none. */
export declare const reasons: readonly string[];
";

/// Writes `names.js` and `names.d.ts`.
pub fn write_names(house: &House) -> Result<()> {
    let settings: Vec<String> = policy::TEXTS
        .iter()
        .map(|(path, want)| setting(path, want))
        .collect();
    let text = format!(
        "export const hintHeaders = /*#__PURE__*/ Object.freeze({});\n\
         export const settings = [{}];\n\
         export const reasons = {};\n",
        list(&hint::fields()),
        settings.join(","),
        list(&reason::WORDS),
    );
    write(&house.at("pkg/build/names.js"), text.as_bytes())?;
    write(&house.at("pkg/build/names.d.ts"), TYPES.as_bytes())
}

/// `["mode",["on","observe","off"]]`, or `["deadline"]` where no words are accepted.
fn setting(path: &str, want: &str) -> String {
    let words: Vec<&str> = want.split(" | ").filter(|word| word.starts_with('"')).collect();
    match words[..] {
        [] => format!("[\"{path}\"]"),
        _ => format!("[\"{path}\",[{}]]", words.join(",")),
    }
}

/// A JavaScript array. The names are the core's own words: none needs escaping, as a test checks.
fn list(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("\"{word}\"")).collect();
    format!("[{}]", quoted.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_listed_and_ranges_are_not() {
        assert_eq!(setting("mode", "\"on\" | \"off\""), r#"["mode",["on","off"]]"#);
        assert_eq!(setting("deadline", "milliseconds from 0 to 1"), r#"["deadline"]"#);
    }

    #[test]
    fn no_name_needs_escaping() {
        let fields = hint::fields();
        let paths = policy::TEXTS.iter().map(|(path, _)| *path);
        for name in fields.iter().copied().chain(paths).chain(reason::WORDS) {
            assert!(
                name.bytes()
                    .all(|c| c.is_ascii_alphanumeric() || b"-_.".contains(&c)),
                "{name}"
            );
        }
    }

    #[test]
    fn header_names_are_lower_case_sorted_and_told_once() {
        let fields = hint::fields();
        assert!(!fields.is_empty());
        assert!(fields.windows(2).all(|pair| pair[0] < pair[1]), "{fields:?}");
        assert!(
            fields
                .iter()
                .all(|name| !name.bytes().any(|c| c.is_ascii_uppercase()))
        );
    }
}
