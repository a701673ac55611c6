//! The calendar of service limits against libraries that others wrote: numpy counts working days, dateutil months, and
//! Python's zoneinfo knows the clocks.

#![expect(clippy::unwrap_used, reason = "a test stops where its world can not be built")]

use std::io::Write as _;
use std::process::{Command, Stdio};

use chrono::{DateTime, TimeDelta, Utc};
use egi_model::limit::{Calendar, Limit};
use nsrw_tests::dice::Dice;

/// Reads `zone;seconds;unit;number;holidays` a line and prints the seconds at which each is over. A local time that does not
/// exist is an hour later, as it is for us; of two the first is meant.
const REFERENCE: &str = "
import sys, datetime as d, zoneinfo, numpy
from dateutil.relativedelta import relativedelta
from dateutil import tz
for line in sys.stdin:
    zone, seconds, unit, number, holidays = line.rstrip('\\n').split(';')
    info, number = zoneinfo.ZoneInfo(zone), int(number)
    begun = d.datetime.fromtimestamp(int(seconds), info)
    if unit == 'working':
        days = numpy.array([h for h in holidays.split(',') if h], dtype='datetime64[D]')
        day = numpy.busday_offset(begun.date(), number, roll='backward', holidays=days).astype(object)
    elif unit == 'weeks':
        day = begun.date() + d.timedelta(days=7 * number)
    else:
        day = begun.date() + relativedelta(months=number)
    local = d.datetime.combine(day, begun.time(), info)
    if not tz.datetime_exists(local):
        local += d.timedelta(hours=1)
    print(int(local.timestamp()))
";

const ZONES: [&str; 5] = ["UTC", "Europe/Athens", "Europe/Lisbon", "America/New_York", "Australia/Lord_Howe"];

struct Case {
    zone: &'static str,
    since: DateTime<Utc>,
    limit: Limit,
    holidays: Vec<String>,
}

impl Case {
    fn line(&self) -> String {
        let (unit, number) = match self.limit {
            Limit::WorkingDays(number) => ("working", number),
            Limit::Weeks(number) => ("weeks", number),
            Limit::Months(number) => ("months", number),
        };
        format!("{};{};{unit};{number};{}\n", self.zone, self.since.timestamp(), self.holidays.join(","))
    }
}

/// Instants of some twenty years, often near midnight, near the ends of months and near the changes of the clocks.
fn cases() -> Vec<Case> {
    let mut dice = Dice::new(7);
    let start: DateTime<Utc> = "2015-01-01T00:00:00Z".parse().unwrap();
    let mut cases = Vec::new();
    for _ in 0..6000 {
        let day = i64::try_from(dice.below(7300)).unwrap();
        let second = i64::try_from(dice.below(86_400)).unwrap();
        let since = start + TimeDelta::days(day) + TimeDelta::seconds(second);
        let number = u32::try_from(dice.below(30) + 1).unwrap();
        let limit = match dice.below(3) {
            0 => Limit::WorkingDays(number),
            1 => Limit::Weeks(number),
            _ => Limit::Months(number),
        };
        let near = |days: u64| (since + TimeDelta::days(i64::try_from(days).unwrap())).date_naive().to_string();
        let holidays = (0..dice.below(6)).map(|_| near(dice.below(40) + 1)).collect();
        let zone: &'static str = ZONES.get(usize::try_from(dice.below(5)).unwrap()).unwrap();
        cases.push(Case { zone, since, limit, holidays });
    }
    cases
}

fn reference(cases: &[Case]) -> Vec<i64> {
    let mut python = Command::new("/usr/bin/python3");
    let mut child = python.args(["-I", "-c", REFERENCE]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let lines: String = cases.iter().map(Case::line).collect();
    let writer = std::thread::spawn(move || input.write_all(lines.as_bytes()));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap().lines().map(|line| line.parse().unwrap()).collect()
}

#[test]
fn working_days_weeks_and_months_end_when_other_libraries_say() {
    let cases = cases();
    let expected = reference(&cases);
    assert_eq!(expected.len(), cases.len());
    for (case, expected) in cases.iter().zip(expected) {
        let calendar = Calendar::parse(case.zone, &case.holidays).unwrap();
        let ends = calendar.ends(case.limit, case.since).timestamp();
        assert_eq!(ends, expected, "{}", case.line());
    }
}
