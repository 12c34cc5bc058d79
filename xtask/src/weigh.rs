//! What each dialect adds to the production module: the module is made once as it ships and once without each, by the
//! same steps, and the difference is told. What several dialects share is no single one's weight.

use std::fmt::Write;
use std::fs;

use anyhow::{Context, Result, ensure};
use tidegate::hint::DIALECTS;

use crate::house::{House, step, write};
use crate::{tools, wasm};

const PAGE: &str = "docs/bench.md";
const MARKS: [&str; 2] = ["<!-- made by cargo xtask weigh --write -->\n", "<!-- end of weights -->"];

/// The module as it ships.
const WHOLE: &str = "whole";
/// Every dialect at once.
const ALL: &str = "all";

/// Bytes as they are, and compressed by brotli -q 11.
type Weight = [i64; 2];

/// Prints a table of all dialects or the named ones, and puts it into the page when asked to.
pub fn weigh(house: &House, into_page: bool, names: &[String]) -> Result<()> {
    let known: Vec<&str> = DIALECTS.iter().map(|dialect| dialect.name).chain([ALL]).collect();
    for name in names {
        ensure!(name == WHOLE || known.contains(&name.as_str()), "no dialect is called {name}");
    }
    let _alone = house.alone()?;
    tools::wasm_target(house)?;
    tools::npm(house, "pkg")?;
    let whole = weight(house, "")?;
    let mut rows = Vec::new();
    for &name in &known {
        if names.is_empty() || names.iter().any(|wanted| wanted == name) {
            let rest = weight(house, name)?;
            rows.push((name, [whole[0] - rest[0], whole[1] - rest[1]]));
        }
    }
    let table = table(whole, &rows)?;
    print!("{table}");
    if into_page {
        let path = house.at(PAGE);
        write(&path, within(&fs::read_to_string(&path)?, &table)?.as_bytes())?;
    }
    Ok(())
}

fn weight(house: &House, without: &str) -> Result<Weight> {
    let title = if without.is_empty() { "Weighing the whole" } else { without };
    step(title, || {
        let module = wasm::without(house, without)?;
        let told = house.node("pkg/sizes.mjs").arg(module).quiet().read()?;
        let [raw, _, brotli] = *told.split(' ').collect::<Vec<_>>() else {
            anyhow::bail!("pkg/sizes.mjs told {told:?}");
        };
        Ok([raw.parse()?, brotli.parse()?])
    })
}

/// As Markdown, the heaviest first, and what they weigh together last.
fn table(whole: Weight, rows: &[(&str, Weight)]) -> Result<String> {
    let mut rows = rows.to_vec();
    rows.sort_by_key(|&(name, [_, brotli])| (name == ALL, -brotli));
    let mut table = String::from("| dialect | raw | brotli |\n| --- | ---: | ---: |\n");
    for (name, [raw, brotli]) in rows {
        let name = if name == ALL { "all of them, with what they share" } else { name };
        writeln!(table, "| {name} | {raw} | {brotli} |")?;
    }
    let [raw, brotli] = whole;
    writeln!(table, "| the whole module | {raw} | {brotli} |")?;
    Ok(table)
}

/// The page with the table between its marks.
fn within(page: &str, table: &str) -> Result<String> {
    let [begin, end] = MARKS;
    let (head, rest) = page.split_once(begin).with_context(|| format!("{PAGE} lacks {begin:?}"))?;
    let (_, tail) = rest.split_once(end).with_context(|| format!("{PAGE} lacks {end:?}"))?;
    Ok(format!("{head}{begin}{table}{end}{tail}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_the_heaviest_first_and_the_sum_last() {
        let rows = [("light", [30, 10]), (ALL, [500, 200]), ("heavy", [20, 15])];
        let table = table([900, 400], &rows).unwrap();
        let names: Vec<&str> = table.lines().skip(2).filter_map(|row| row.split(" | ").next()).collect();
        assert_eq!(
            names,
            ["| heavy", "| light", "| all of them, with what they share", "| the whole module"]
        );
    }

    #[test]
    fn the_page_changes_between_its_marks_alone() {
        let [begin, end] = MARKS;
        let page = within(&format!("a\n{begin}old\n{end}\nb"), "new\n").unwrap();
        assert_eq!(page, format!("a\n{begin}new\n{end}\nb"));
        assert!(within("a page without marks", "new").is_err());
        let real = include_str!("../../docs/bench.md");
        assert!(within(real, "").is_ok());
    }
}
