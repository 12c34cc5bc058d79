//! The catalogue: SQLite in memory, full-text search by FTS5 (<https://sqlite.org/fts5.html>).
//!
//! One connection behind a lock: a query takes well under a millisecond, so the workers of the pool hardly ever meet here.
//! Every question is bounded in text and in rows.

use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::Serialize;

use crate::books;

/// Most rows of any answer.
pub const ROWS: usize = 12;
/// Longest search text that is read, in characters; the rest is ignored.
const QUERY_CHARS: usize = 100;
/// Idempotency keys that are remembered; the oldest are forgotten first.
const KEYS: i64 = 10_000;

/// The database. All its methods block for as long as SQLite takes.
pub struct Catalogue(Mutex<Connection>);

/// A book as the page shows it.
#[derive(Clone, Debug, Serialize)]
pub struct Item {
    id: i64,
    title: String,
    author: String,
    genre: String,
    year: i64,
    about: String,
}

/// What a search found.
#[derive(Debug, Serialize)]
pub struct Found {
    /// How many there are in all.
    pub total: i64,
    /// The best of them, at most [`ROWS`].
    pub items: Vec<Item>,
}

/// A reader's opinion.
#[derive(Debug, Serialize)]
pub struct Review {
    title: String,
    stars: i64,
    text: String,
}

/// What saving a book came to.
#[derive(Debug, Eq, PartialEq, Serialize)]
pub struct Saved {
    /// The book.
    pub item: i64,
    /// How many times this book has been saved: the effects, not the requests.
    pub times: i64,
    /// The key was known: this request had no effect of its own.
    pub repeated: bool,
}

/// Why a book was not saved.
#[derive(Debug, Eq, PartialEq)]
pub enum SaveError {
    /// There is no such book.
    NoSuchItem,
    /// The key was used before, for another book.
    KeyReused,
}

impl Catalogue {
    /// Makes the database and fills it with [`books::all`].
    ///
    /// # Errors
    /// When SQLite cannot be opened or was built without FTS5.
    pub fn open() -> rusqlite::Result<Self> {
        let mut db = Connection::open_in_memory()?;
        db.execute_batch(include_str!("schema.sql"))?;
        let fill = db.transaction()?;
        {
            let mut insert = fill.prepare("INSERT INTO item VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")?;
            for b in books::all() {
                insert
                    .execute(params![b.id, b.title, b.author, b.genre, b.year, b.about, b.review, b.stars])?;
            }
        }
        fill.execute("INSERT INTO words(words) VALUES ('rebuild')", [])?;
        fill.commit()?;
        Ok(Self(Mutex::new(db)))
    }

    /// Books in which every word of `text` begins some word, best match first. A text without words finds the first books.
    ///
    /// # Errors
    /// Only when SQLite fails.
    pub fn search(&self, text: &str) -> rusqlite::Result<Found> {
        let db = self.lock();
        let Some(terms) = fts_terms(text) else {
            return Ok(Found {
                total: books::COUNT as i64,
                items: items(&db, "SELECT * FROM item ORDER BY id LIMIT ?2", "")?,
            });
        };
        Ok(Found {
            total: db
                .prepare_cached("SELECT count(*) FROM words WHERE words MATCH ?1")?
                .query_row([&terms], |row| row.get(0))?,
            items: items(
                &db,
                "SELECT item.* FROM words JOIN item ON item.id = words.rowid
                 WHERE words MATCH ?1 ORDER BY bm25(words, 8, 4, 2, 1), item.id LIMIT ?2",
                &terms,
            )?,
        })
    }

    /// Saves a book. The same `key` has one effect however often it comes (draft-ietf-httpapi-idempotency-key-header).
    ///
    /// # Errors
    /// The outer one only when SQLite fails.
    pub fn save(
        &self,
        item: i64,
        note: &str,
        key: Option<&str>,
    ) -> rusqlite::Result<Result<Saved, SaveError>> {
        let mut db = self.lock();
        let tx = db.transaction()?;
        let known: Option<i64> = match key {
            Some(key) => {
                tx.query_row("SELECT item FROM key WHERE key = ?1", [key], |row| row.get(0)).optional()?
            }
            None => None,
        };
        if known.is_some_and(|earlier| earlier != item) {
            return Ok(Err(SaveError::KeyReused));
        }
        if known.is_none() {
            let exists = tx.prepare_cached("SELECT 1 FROM item WHERE id = ?1")?.exists([item])?;
            if !exists {
                return Ok(Err(SaveError::NoSuchItem));
            }
            tx.execute(
                "INSERT INTO saved VALUES (?1, 1, ?2)
                 ON CONFLICT (item) DO UPDATE SET times = times + 1, note = excluded.note",
                params![item, note],
            )?;
            if let Some(key) = key {
                tx.execute("INSERT INTO key (key, item) VALUES (?1, ?2)", params![key, item])?;
                tx.execute("DELETE FROM key WHERE id <= last_insert_rowid() - ?1", [KEYS])?;
            }
        }
        let times = tx.query_row("SELECT times FROM saved WHERE item = ?1", [item], |row| row.get(0))?;
        tx.commit()?;
        Ok(Ok(Saved { item, times, repeated: known.is_some() }))
    }

    /// Three books somewhere else in the library on every `turn`.
    ///
    /// # Errors
    /// Only when SQLite fails.
    pub fn recommendations(&self, turn: u64) -> rusqlite::Result<Vec<Item>> {
        let from = turn.wrapping_mul(397) % books::COUNT as u64;
        items(
            &self.lock(),
            "SELECT * FROM item WHERE id > CAST(?1 AS INTEGER) ORDER BY id LIMIT min(?2, 3)",
            &from.to_string(),
        )
    }

    /// The books saved most often, then the newest.
    ///
    /// # Errors
    /// Only when SQLite fails.
    pub fn trending(&self) -> rusqlite::Result<Vec<Item>> {
        let sql = "SELECT item.* FROM item LEFT JOIN saved ON saved.item = item.id
                   ORDER BY coalesce(times, 0) DESC, year DESC, id LIMIT min(?2, 3)";
        items(&self.lock(), sql, "")
    }

    /// Two opinions, others on every `turn`.
    ///
    /// # Errors
    /// Only when SQLite fails.
    pub fn reviews(&self, turn: u64) -> rusqlite::Result<Vec<Review>> {
        let from = turn.wrapping_mul(211) % (books::COUNT as u64 - 1);
        let db = self.lock();
        let mut ask =
            db.prepare_cached("SELECT title, stars, review FROM item WHERE id > ?1 ORDER BY id LIMIT 2")?;
        let read = |row: &Row<'_>| Ok(Review { title: row.get(0)?, stars: row.get(1)?, text: row.get(2)? });
        ask.query_map([from as i64], read)?.collect()
    }

    /// Nothing is left half done by a panic: changes are in transactions.
    fn lock(&self) -> MutexGuard<'_, Connection> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Runs `sql`, where ?1 is `arg` and ?2 is [`ROWS`].
fn items(db: &Connection, sql: &str, arg: &str) -> rusqlite::Result<Vec<Item>> {
    let mut ask = db.prepare_cached(sql)?;
    let read = |row: &Row<'_>| {
        Ok(Item {
            id: row.get("id")?,
            title: row.get("title")?,
            author: row.get("author")?,
            genre: row.get("genre")?,
            year: row.get("year")?,
            about: row.get("about")?,
        })
    };
    ask.query_map(params![arg, ROWS as i64], read)?.collect()
}

/// The words of `text` as an FTS5 question: each quoted, so that none is an operator, and each a beginning.
fn fts_terms(text: &str) -> Option<String> {
    let text: String = text.chars().take(QUERY_CHARS).collect();
    let words: Vec<_> = text
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(|word| format!("\"{word}\"*"))
        .collect();
    (!words.is_empty()).then(|| words.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn titles(found: &Found) -> Vec<&str> {
        found.items.iter().map(|i| i.title.as_str()).collect()
    }

    #[test]
    fn search_finds_beginnings_of_words_in_any_field() {
        let catalogue = Catalogue::open().expect("database");
        let lights = catalogue.search("lightho").expect("search");
        assert!(lights.total > 20 && lights.items.len() == ROWS);
        assert!(lights.items[0].title.contains("Lighthouse"), "{:?}", titles(&lights));
        let both = catalogue.search("thorne harbour").expect("search");
        assert!(both.items.iter().all(|i| i.author.contains("Thorne")), "{both:?}");
        assert_eq!(catalogue.search("zzzz").expect("search").total, 0);
    }

    #[test]
    fn no_text_is_a_syntax_error() {
        let catalogue = Catalogue::open().expect("database");
        for text in ["\"", "salt AND", "NEAR(", "*", "title:salt", "-salt", "'; DROP TABLE item;", "\0", "  "]
        {
            assert!(catalogue.search(text).is_ok(), "{text:?}");
        }
        assert!(catalogue.search(&"salt ".repeat(10_000)).is_ok());
        assert_eq!(catalogue.search("").expect("search").total, 1200);
    }

    #[test]
    fn a_key_has_one_effect_and_no_key_has_one_each() {
        let catalogue = Catalogue::open().expect("database");
        let save = |item, key| catalogue.save(item, "", key).expect("database");
        assert_eq!(save(7, Some("k")), Ok(Saved { item: 7, times: 1, repeated: false }));
        assert_eq!(save(7, Some("k")), Ok(Saved { item: 7, times: 1, repeated: true }));
        assert_eq!(save(7, None), Ok(Saved { item: 7, times: 2, repeated: false }));
        assert_eq!(save(8, Some("k")), Err(SaveError::KeyReused));
        assert_eq!(save(0, Some("other")), Err(SaveError::NoSuchItem));
    }

    #[test]
    fn widgets_answer_on_every_turn() {
        let catalogue = Catalogue::open().expect("database");
        for turn in [0, 1, 2, 3, 1_000, u64::MAX] {
            assert!(!catalogue.recommendations(turn).expect("rows").is_empty(), "{turn}");
            assert_eq!(catalogue.reviews(turn).expect("rows").len(), 2, "{turn}");
        }
        catalogue.save(900, "", None).expect("database").expect("saved");
        assert_eq!(catalogue.trending().expect("rows")[0].id, 900);
    }
}
