CREATE TABLE item (
    id INTEGER PRIMARY KEY, title TEXT, author TEXT, genre TEXT, year INTEGER, about TEXT, review TEXT, stars INTEGER
);
-- Full text over the columns of `item`, without a second copy of them.
CREATE VIRTUAL TABLE words USING fts5 (
    title, author, genre, about, content = 'item', content_rowid = 'id', tokenize = 'unicode61 remove_diacritics 2'
);
CREATE TABLE saved (item INTEGER PRIMARY KEY REFERENCES item, times INTEGER NOT NULL, note TEXT NOT NULL);
CREATE TABLE key (id INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT UNIQUE NOT NULL, item INTEGER NOT NULL);
