//! Names that the core and the face must agree on, written from the core's own tables into `pkg/build/names.js`.

use anyhow::Result;
use tidegate::hint::{self, MARKS};
use tidegate::policy::{self, defaults};
use tidegate::reason;

use crate::house::{House, write};

const TYPES: &str = "\
/** Every response header that the core reads by its exact name, lower case, sorted. */
export declare const hintHeaders: readonly string[];
/** Matches those names, and others that may mean the same: worth showing to the core. */
export declare const hintPattern: RegExp;
/** Each setting's path, by its number at the boundary; where words are accepted (between bars), their places are the values. */
export declare const settings: readonly (readonly [path: string, words?: string])[];
/** The public words for reasons, by their codes; 0 is none. */
export declare const reasons: readonly string[];
/** What a debounced wait is multiplied by, from nominal to critical. */
export declare const stretch: readonly [number, number, number, number];
/** Figures of src/policy/defaults.rs: milliseconds, and one count. */
export declare const stretchedLongest: number;
export declare const stretchLook: number;
export declare const typedAgain: number;
export declare const typedKept: number;
/** How long a guess lasts at most, a server's word is obeyed, and a human waits who did not say for how long. */
export declare const longestGuess: number;
export declare const obeyed: number;
export declare const patience: number;
";

/// The same names stand behind each of these; said once, they are an eighth of the list's bytes.
const STEMS: [&str; 4] = ["rate-limit-", "ratelimit-", "x-rate-limit-", "x-ratelimit-"];

/// Writes `names.js` and `names.d.ts`.
pub fn write_names(house: &House) -> Result<()> {
    let fields = hint::fields();
    let (ends, others) = split(&fields);
    let settings: Vec<String> = policy::TEXTS.iter().map(|(path, want)| setting(path, want)).collect();
    let text = format!(
        "export const hintHeaders = /*#__PURE__*/ Object.freeze({others}.concat({ends}.flatMap((end) => \
         {stems}.map((stem) => stem + end))).sort());\n\
         export const hintPattern = /{pattern}/;\n\
         export const settings = {settings}.map((setting) => setting.split(\":\"));\n\
         export const reasons = {reasons};\n\
         export const stretch = {stretch:?};\n{figures}",
        others = words(&others),
        ends = words(&ends),
        stems = words(&STEMS),
        pattern = pattern(&fields),
        settings = words(&settings),
        reasons = words(&reason::WORDS),
        stretch = defaults::STRETCH,
        figures = figures(),
    );
    write(&house.at("pkg/build/names.js"), text.as_bytes())?;
    write(&house.at("pkg/build/names.d.ts"), TYPES.as_bytes())
}

/// The figures that the face needs, each under its own name.
fn figures() -> String {
    let usual = policy::Config::default().mend();
    [
        ("stretchedLongest", defaults::STRETCHED_LONGEST.as_millis()),
        ("stretchLook", defaults::STRETCH_LOOK.as_millis()),
        ("typedAgain", defaults::TYPED_AGAIN.as_millis()),
        ("typedKept", u64::from(defaults::TYPED_KEPT)),
        ("longestGuess", defaults::LONGEST_GUESS.as_millis()),
        ("obeyed", usual.max_hint.as_millis()),
        ("patience", usual.patience.as_millis()),
    ]
    .map(|(name, value)| format!("export const {name} = {value};\n"))
    .concat()
}

/// What stands behind every stem, and the names that are not made so.
fn split<'a>(fields: &[&'a str]) -> (Vec<&'a str>, Vec<&'a str>) {
    let after = |name: &&'a str| STEMS.iter().find_map(|stem| name.strip_prefix(stem));
    let everywhere = |end: &&str| STEMS.iter().all(|stem| fields.contains(&format!("{stem}{end}").as_str()));
    let (made, others): (Vec<&str>, Vec<&str>) =
        fields.iter().partition(|name| after(name).is_some_and(|end| everywhere(&end)));
    let ends = made.iter().filter_map(|name| name.strip_prefix(STEMS[0])).collect();
    (ends, others)
}

/// A regular expression for the marks of families, and for each name that holds none of them.
fn pattern(fields: &[&str]) -> String {
    let marked = |name: &str| MARKS.iter().any(|mark| name.contains(mark));
    let strangers: Vec<&str> = fields.iter().copied().filter(|name| !marked(name)).collect();
    match strangers[..] {
        [] => MARKS.join("|"),
        _ => format!("{}|^({})$", MARKS.join("|"), strangers.join("|")),
    }
}

/// `mode:on|observe|off`, or `deadline` where no words are accepted.
fn setting(path: &str, want: &str) -> String {
    let words: Vec<&str> =
        want.split(" | ").filter_map(|word| word.strip_prefix('"')?.strip_suffix('"')).collect();
    match words[..] {
        [] => path.to_string(),
        _ => format!("{path}:{}", words.join("|")),
    }
}

/// JavaScript that makes an array of words. They are the core's own: none needs escaping, as a test checks.
fn words<W: AsRef<str>>(words: &[W]) -> String {
    let words: Vec<&str> = words.iter().map(AsRef::as_ref).collect();
    format!("\"{}\".split(\" \")", words.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_listed_and_ranges_are_not() {
        assert_eq!(setting("mode", "\"on\" | \"off\""), "mode:on|off");
        assert_eq!(setting("retry", "an object or false"), "retry");
        assert_eq!(setting("deadline", "milliseconds from 0 to 1"), "deadline");
    }

    #[test]
    fn stems_and_ends_and_the_others_are_all_names_again() {
        let fields = hint::fields();
        let (ends, others) = split(&fields);
        let made = ends.iter().flat_map(|end| STEMS.iter().map(move |stem| format!("{stem}{end}")));
        let mut all: Vec<String> = others.iter().map(|name| name.to_string()).chain(made).collect();
        all.sort();
        assert_eq!(all, fields);
        assert!(ends.len() > 5, "the stems have gone out of use: {ends:?}");
    }

    #[test]
    fn the_pattern_names_each_stranger_to_the_family() {
        assert_eq!(pattern(&["age", "x-retry-in", "x"]), "ratelimit|rate-limit|retry|^(age|x)$");
        assert_eq!(pattern(&["ratelimit-x", "a-rate-limit"]), "ratelimit|rate-limit|retry");
    }

    #[test]
    fn no_name_needs_escaping() {
        let fields = hint::fields();
        let paths = policy::TEXTS.iter().map(|(path, _)| *path);
        for name in fields.iter().copied().chain(paths).chain(reason::WORDS) {
            assert!(name.bytes().all(|c| c.is_ascii_alphanumeric() || b"-_.".contains(&c)), "{name}");
        }
    }

    #[test]
    fn header_names_are_lower_case_sorted_and_told_once() {
        let fields = hint::fields();
        assert!(!fields.is_empty());
        assert!(fields.windows(2).all(|pair| pair[0] < pair[1]), "{fields:?}");
        assert!(fields.iter().all(|name| !name.bytes().any(|c| c.is_ascii_uppercase())));
    }
}
