//! The invented library: the same books in every run.
//!
//! No chance is needed. The lists have pairwise coprime (mostly prime) lengths, so stepping through all of them at once
//! meets the same combination again only after far more books than are made here.

use crate::words::{ADJECTIVES, EVENTS, FIRST_NAMES, GENRES, LAST_NAMES, NOUNS, OPINIONS, PEOPLE, PLACES};

/// How many books the library holds: fewer than there are pairs of [`ADJECTIVES`] and [`NOUNS`] (31 × 41 = 1271).
pub const COUNT: usize = 1_200;

/// One invented book.
#[derive(Clone, Debug)]
pub struct Book {
    /// From 1, without gaps.
    pub id: i64,
    /// Unique in the library.
    pub title: String,
    /// First name and family name.
    pub author: String,
    /// One of [`GENRES`].
    pub genre: &'static str,
    /// Year of publication.
    pub year: i64,
    /// One sentence.
    pub about: String,
    /// What a reader said of it.
    pub review: &'static str,
    /// Stars of that reader, 3 to 5.
    pub stars: i64,
}

/// The whole library, in order of its numbers.
pub fn all() -> impl Iterator<Item = Book> {
    (0..COUNT).map(book)
}

fn book(n: usize) -> Book {
    let pick = |list: &[&'static str], step: usize| list[(n * step) % list.len()];
    let (adjective, noun) = (pick(&ADJECTIVES, 1), pick(&NOUNS, 1));
    // A distance of 1 to 30 from the first noun, another one in each round: never the same noun, never the same pair.
    let other = NOUNS[(n + 1 + n / NOUNS.len()) % NOUNS.len()];
    let title = match n % 4 {
        0 => format!("The {adjective} {noun}"),
        1 => format!("A {adjective} {noun}"),
        2 => format!("The {noun}’s {other}"),
        _ => format!("The {noun} and the {adjective} {other}"),
    };
    let (who, what, place) = (pick(&PEOPLE, 1), pick(&EVENTS, 1), pick(&PLACES, 1));
    let mut about = format!("{place}, {who} {what}.");
    about.replace_range(..1, &about[..1].to_uppercase());
    Book {
        id: n as i64 + 1,
        title,
        author: format!("{} {}", pick(&FIRST_NAMES, 1), pick(&LAST_NAMES, 1)),
        genre: pick(&GENRES, 1),
        year: 1921 + (n as i64 * 37) % 104,
        about,
        review: pick(&OPINIONS, 1),
        stars: 3 + (n as i64 * 5) % 3,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn no_two_books_share_a_title() {
        let titles: BTreeSet<_> = all().map(|b| b.title).collect();
        assert_eq!(titles.len(), COUNT);
    }

    #[test]
    fn no_two_books_are_about_the_same() {
        let abouts: BTreeSet<_> = all().map(|b| b.about).collect();
        assert_eq!(abouts.len(), COUNT);
    }

    #[test]
    fn every_run_makes_the_same_library() {
        let last = all().last().expect("books");
        assert_eq!((last.id, last.title.as_str()), (1200, "The Lantern and the Secret Window"));
    }
}
