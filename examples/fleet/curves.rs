//! Goodput over time, one picture for each scenario.

use std::error::Error;
use std::path::Path;

use plotters::prelude::*;

use crate::sim::clients::Kind;
use crate::sim::clock::SECOND;
use crate::sim::fleet::Outcome;
use crate::sim::params::TRIGGER;
use crate::table;

/// Seconds over which a curve is averaged.
const SMOOTH: usize = 5;
const SIZE: (u32, u32) = (860, 300);

fn colour(kind: Kind) -> RGBColor {
    match kind {
        Kind::Tidegate => RGBColor(0, 110, 160),
        Kind::Bare => RGBColor(190, 60, 40),
        Kind::Retry => RGBColor(215, 140, 20),
        Kind::Breaker => RGBColor(120, 80, 160),
        Kind::Told(_) => RGBColor(90, 90, 90),
    }
}

/// The mean over the seeds, second by second, smoothed.
fn curve(outcome: &Outcome, which: usize) -> Vec<(f64, f64)> {
    let all = &outcome.figures[which].1;
    let seconds = all.first().map_or(0, |f| f.curve.len());
    let mean: Vec<f64> = (0..seconds).map(|s| table::mean(all, |f| f.curve[s])).collect();
    mean.windows(SMOOTH)
        .enumerate()
        .map(|(at, w)| ((at + SMOOTH / 2) as f64, w.iter().sum::<f64>() / SMOOTH as f64))
        .collect()
}

/// Draws `NAME.svg` in that folder.
pub fn draw(folder: &Path, outcome: &Outcome) -> Result<(), Box<dyn Error>> {
    let scenario = &outcome.scenario;
    let file = folder.join(scenario.name).with_extension("svg");
    let area = SVGBackend::new(&file, SIZE).into_drawing_area();
    area.fill(&WHITE)?;
    let title = format!("{}: {}", scenario.name, scenario.about);
    let mut chart = ChartBuilder::on(&area)
        .caption(title, ("sans-serif", 16))
        .margin(8)
        .x_label_area_size(32)
        .y_label_area_size(44)
        .build_cartesian_2d(0.0..270.0, 0.0..1.05)?;
    let trigger = [TRIGGER, scenario.end].map(|at| at as f64 / SECOND as f64);
    let shade = Rectangle::new([(trigger[0], 0.0), (trigger[1], 1.05)], RGBColor(235, 235, 235).filled());
    chart.draw_series([shade])?;
    chart
        .configure_mesh()
        .x_desc("seconds")
        .y_desc("goodput")
        .x_labels(10)
        .x_label_formatter(&|x| format!("{x:.0}"))
        .y_labels(5)
        .light_line_style(TRANSPARENT)
        .draw()?;
    for (which, (kind, _)) in outcome.figures.iter().enumerate() {
        let style = colour(*kind).stroke_width(2);
        chart
            .draw_series(LineSeries::new(curve(outcome, which), style))?
            .label(kind.name())
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], style));
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::MiddleRight)
        .background_style(WHITE.mix(0.8))
        .draw()?;
    Ok(area.present()?)
}
