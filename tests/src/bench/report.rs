//! The report: one table, and what is in it.

use std::fmt::Write as _;

use chrono::Utc;

use super::measure::Figures;
use super::{Job, Way};

/// The figures of one way of doing one job, run by run.
#[derive(Debug, Clone, Default)]
pub(super) struct Column(Vec<Figures>);

impl Column {
    pub(super) fn push(&mut self, figures: Figures) {
        self.0.push(figures);
    }

    fn spread(&self, of: impl Fn(&Figures) -> f64) -> Spread {
        Spread::of(self.0.iter().map(of).collect())
    }

    fn wall(&self) -> Spread {
        self.spread(|figures| figures.wall.as_secs_f64())
    }

    fn cpu(&self) -> Spread {
        self.spread(|figures| figures.cpu.as_secs_f64())
    }

    fn peak_mib(&self) -> Spread {
        // Exact up to 2^32 KiB, which is 4 TiB.
        self.spread(|figures| f64::from(u32::try_from(figures.peak_kib).unwrap_or(u32::MAX)) / 1024.0)
    }

    /// Three cells: wall, processor, memory.
    fn cells(&self) -> String {
        format!("{} | {} | {}", self.wall().render(3), self.cpu().render(3), self.peak_mib().render(1))
    }
}

/// The least, the middle and the most.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Spread {
    min: f64,
    median: f64,
    max: f64,
}

impl Spread {
    /// All zero when there are none.
    fn of(mut values: Vec<f64>) -> Self {
        values.sort_by(f64::total_cmp);
        let at = |place: usize| values.get(place).copied().unwrap_or_default();
        let last = values.len().saturating_sub(1);
        Self { min: at(0), median: f64::midpoint(at(last / 2), at(last.div_ceil(2))), max: at(last) }
    }

    fn render(self, digits: usize) -> String {
        format!("{:.digits$} / **{:.digits$}** / {:.digits$}", self.min, self.median, self.max)
    }
}

/// The report while it grows.
#[derive(Debug)]
pub(super) struct Report {
    runs: usize,
    date: String,
    machine: Vec<(&'static str, String)>,
    rows: String,
    details: String,
    jobs: usize,
}

impl Report {
    /// Begins with what was measured on, and with what measuring itself costs.
    pub(super) fn begin(runs: usize, machine: Vec<(&'static str, String)>, idle: &Column) -> Self {
        let mut rows = String::from(
            "| job | way | wall s: min / median / max | CPU s: min / median / max | peak MiB: min / median / max | a second, at the median |\n\
             | --- | --- | --- | --- | --- | --- |\n",
        );
        // Writing to a string can not fail, here and below.
        let _ = writeln!(rows, "| 0. Nothing | a shell that ends at once | {} | |", idle.cells());
        let date = Utc::now().format("%Y-%m-%d").to_string();
        Self { runs, date, machine, rows, details: String::new(), jobs: 0 }
    }

    /// Adds a job with its two ways, and gives its rows of the table. The last one tells how our median relates to theirs.
    pub(super) fn add(&mut self, job: &Job, [ours, theirs]: [Column; 2]) -> String {
        let before = self.rows.len();
        let ratio = |of: fn(&Column) -> Spread| of(&ours).median / of(&theirs).median;
        let ratios = format!("{:.2} | {:.2} | {:.2}", ratio(Column::wall), ratio(Column::cpu), ratio(Column::peak_mib));
        self.jobs += 1;
        let number = self.jobs;
        let runs = ours.0.len();
        let fewer = if runs == self.runs { String::new() } else { format!(" ({runs} runs)") };
        let title = format!("{number}. {}{fewer}", job.title);
        for (shown, way, column) in [(title.as_str(), &job.ours, ours), ("", &job.theirs, theirs)] {
            let rate = f64::from(job.count) / column.wall().median;
            let _ = writeln!(self.rows, "| {shown} | {} | {} | {rate:.0} {} |", way.name, column.cells(), job.unit);
        }
        let _ = writeln!(self.rows, "|  | ours / theirs | {ratios} | |");
        let _ = write!(self.details, "\n## {title}\n{}{}\n{}\n", way(&job.ours), way(&job.theirs), job.given);
        self.rows.get(before..).unwrap_or_default().to_owned()
    }

    /// The whole, in Markdown. `load` is how busy the machine is at the end.
    pub(super) fn render(self, load: &str) -> String {
        let Self { runs, date, machine, rows, details, jobs: _ } = self;
        let facts = machine.iter().fold(String::new(), |text, (name, value)| text + &format!("- {name}: {value}\n"));
        format!(
            "# Performance\n\n\
             Written by `make bench` on {date} (UTC): each job {runs} times each way unless its title says otherwise, in turn, \
             in the same run, after one turn each that is not counted. Disks are left idle before each turn. Once that has built, \
             `scripts/bench` times one part alone.\n\n\
             {facts}- load after: {load}\n\n\
             {rows}\n\
             Wall is the time from start to end; CPU is user and system time of all processes of that side; peak is the memory of \
             its largest process, not their sum. Row 0 is what measuring costs, and the least peak it can tell. Most jobs are small \
             on purpose: they show what each step costs, not how either way grows.\n\
             {details}"
        )
    }
}

fn way(way: &Way) -> String {
    let mut name = way.name.chars();
    let name: String = name.next().map(|first| first.to_uppercase().chain(name).collect()).unwrap_or_default();
    let name = if way.name == "nsrw" || way.name == "createrepo_c" { format!("`{}`", way.name) } else { name };
    format!("\n{name}:\n\n```{}\n{}```\n\n{}\n", way.language, way.script, way.more)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn figures(wall: u64) -> Figures {
        Figures { wall: Duration::from_millis(wall), cpu: Duration::from_millis(wall / 2), peak_kib: 1536 }
    }

    #[test]
    fn the_middle_of_an_even_number_lies_between_two() {
        assert_eq!(Spread::of(vec![4.0, 1.0, 2.0]), Spread { min: 1.0, median: 2.0, max: 4.0 });
        assert_eq!(Spread::of(vec![8.0, 1.0, 2.0, 4.0]), Spread { min: 1.0, median: 3.0, max: 8.0 });
        assert_eq!(Spread::of(vec![7.0]), Spread { min: 7.0, median: 7.0, max: 7.0 });
    }

    #[test]
    fn a_job_is_two_rows_of_the_table_and_a_chapter() {
        let way = |name| Way { name, script: "do it\n", language: "sh", more: "More." };
        let (ours, theirs) = (way("nsrw"), way("by hand"));
        let job = Job { title: "A job".to_owned(), count: 10, unit: "packages", ours, theirs, given: "Given." };
        let mut report = Report::begin(2, vec![("processor", "Some CPU".to_owned())], &Column(vec![figures(1)]));
        report.add(&job, [Column(vec![figures(100), figures(300)]), Column(vec![figures(50), figures(50)])]);
        let text = report.render("0.10 0.20 0.30");
        let rows: Vec<&str> = text.lines().filter(|line| line.starts_with('|')).skip(3).collect();
        assert_eq!(
            rows,
            [
                "| 1. A job | nsrw | 0.100 / **0.200** / 0.300 | 0.050 / **0.100** / 0.150 | 1.5 / **1.5** / 1.5 | 50 packages |",
                "|  | by hand | 0.050 / **0.050** / 0.050 | 0.025 / **0.025** / 0.025 | 1.5 / **1.5** / 1.5 | 200 packages |",
                "|  | ours / theirs | 4.00 | 4.00 | 1.00 | |",
            ]
        );
        assert!(text.contains("## 1. A job\n\n`nsrw`:\n\n```sh\ndo it\n```\n\nMore.\n\nBy hand:\n"), "{text}");
        assert!(text.contains("- processor: Some CPU\n- load after: 0.10 0.20 0.30\n"), "{text}");
    }
}
