//! Structured fields from a fuzzer: what the parser and another one make of the same text.

use sfv::{BareItem, Dictionary, Item, List, ListEntry, Parser};
use tidegate::hint::structured::{Form, Part, string, walk};

/// Both take or refuse it as each form, and read the same Strings and Tokens out of it.
pub fn check(text: &[u8]) {
    if has_odd_padding(text) {
        return;
    }
    let theirs = [
        Parser::new(text).parse::<Item>().ok().map(|item| words(&[ListEntry::Item(item)])),
        Parser::new(text).parse::<List>().ok().map(|list| words(&list)),
        Parser::new(text).parse::<Dictionary>().ok().map(|dictionary| words_of(&dictionary)),
    ];
    for (form, theirs) in [Form::Item, Form::List, Form::Dictionary].into_iter().zip(theirs) {
        let mut members: Vec<(Vec<u8>, Vec<String>)> = Vec::new();
        let mut at = 0;
        let valid = walk(text, form, &mut |part, key, raw| {
            if part == Part::Member {
                let known = members.iter().position(|(known, _)| form == Form::Dictionary && known == key);
                at = known.unwrap_or(members.len());
                if known.is_none() {
                    members.push((key.to_vec(), Vec::new()));
                }
                members[at].1.clear();
            }
            if matches!(part, Part::Member | Part::Inner) && is_word(raw) {
                members[at].1.push(string(raw));
            }
            true
        });
        let ours = valid.then(|| members.into_iter().flat_map(|(_, words)| words).collect());
        assert_eq!(ours, theirs, "{form:?} {:?}", String::from_utf8_lossy(text));
    }
}

/// Whether to take a Byte Sequence with too little padding is left to parsers (RFC 9651, section 4.2.7).
fn has_odd_padding(text: &[u8]) -> bool {
    text.split(|b| *b == b':').any(|part| {
        let data = part.iter().position(|b| *b == b'=').unwrap_or(part.len());
        data < part.len() && part.len() % 4 != 0 || data % 4 == 1
    })
}

fn is_word(raw: &[u8]) -> bool {
    matches!(raw.first(), Some(b'"' | b'*' | b'a'..=b'z' | b'A'..=b'Z'))
}

fn words_of(dictionary: &Dictionary) -> Vec<String> {
    dictionary.iter().flat_map(|(_, entry)| words(std::slice::from_ref(entry))).collect()
}

fn words(list: &[ListEntry]) -> Vec<String> {
    let word = |item: &Item| match &item.bare_item {
        BareItem::String(text) => Some(text.as_str().to_owned()),
        BareItem::Token(text) => Some(text.as_str().to_owned()),
        _ => None,
    };
    let of = |entry: &ListEntry| -> Vec<String> {
        match entry {
            ListEntry::Item(item) => word(item).into_iter().collect(),
            ListEntry::InnerList(list) => list.items.iter().filter_map(word).collect(),
        }
    };
    list.iter().flat_map(of).collect()
}
