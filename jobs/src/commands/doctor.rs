//! `nsrw doctor`: the whole site's health. Every disagreement and every danger is a finding with its repair; `--fix` does what is
//! safe to do without a person. What differs between tickets, database and tree is told by the module `compare`, as for `nsrw sync`.

mod check;
mod database;
mod finding;
mod fix;
mod machine;
mod page;
mod settings;
mod tickets;
mod tree;

use std::path::Path;
use std::sync::Arc;

use egi_store::StoreError;
use serde_json::json;

pub use self::page::render_page;

use self::check::{Check, Severity};
use self::finding::{Finding, Outcome};
use crate::cli::DoctorArgs;
use crate::config::Config;
use crate::exit::Exit;
use crate::output::{self, Shown};
use crate::permission::{Act, permit};
use crate::site::{Site, system_clock};

pub(super) async fn run(config: &Path, args: &DoctorArgs) -> anyhow::Result<Exit> {
    let config = super::load_config(config)?;
    let permit = args.fix.then(|| permit(&config, Act::DoctorFix, &args.hand)).transpose()?;
    let mut findings = settings::examine(&config);
    let opened = Site::open(config.clone(), system_clock(), Arc::new(Shown::new())).await;
    let site = match opened {
        Ok(site) => {
            findings.extend(examine(&site).await);
            Some(site)
        }
        Err(error) => {
            findings.push(closed(&config, &error));
            None
        }
    };
    if let Some(permit) = permit {
        fix::fix(site.as_ref(), &permit, &mut findings).await?;
    }
    // The worst first; what is alike stays in the order in which it was looked for.
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity()));
    if args.json {
        output::json(&json!({ "findings": findings }))?;
    } else {
        print(&findings, args.fix);
    }
    Ok(exit(&findings))
}

async fn examine(site: &Site) -> Vec<Finding> {
    let mut findings = database::examine(site).await;
    findings.extend(tickets::examine(site).await);
    findings.extend(tree::examine(site).await);
    findings.extend(machine::examine(site).await);
    findings
}

/// The site can not be opened, so nothing more can be looked at.
fn closed(config: &Config, error: &anyhow::Error) -> Finding {
    let (check, place) = match error.chain().find_map(|cause| cause.downcast_ref::<StoreError>()) {
        Some(StoreError::Migrate { .. }) => (Check::DatabaseSchema, config.store.place()),
        Some(_) => (Check::DatabaseUnreachable, config.store.place()),
        None => (Check::SiteUnusable, config.folder.display().to_string()),
    };
    Finding::new(check, place, format!("{error:#}; nothing else of the site could be looked at"))
}

/// What is left decides: what was mended does not count.
fn exit(findings: &[Finding]) -> Exit {
    match findings.iter().filter(|finding| !finding.is_mended()).map(Finding::severity).max() {
        Some(Severity::Fault) => Exit::Found,
        Some(Severity::Warning) => Exit::Warned,
        Some(Severity::Note) | None => Exit::Done,
    }
}

fn print(findings: &[Finding], fix: bool) {
    for finding in findings {
        let (severity, code) = (finding.severity().as_str(), finding.code());
        output::line(format!("{severity:<8} {code}  {}: {}", finding.place, crate::one_line(&finding.what)));
        output::line(match &finding.outcome {
            Some(Outcome::Mended { how }) => format!("         mended by --fix, which {how}"),
            Some(Outcome::Failed { why }) => {
                format!("         could not be mended: {}; {}", crate::one_line(why), finding.repair)
            }
            None if finding.is_fixable() && !fix => format!("         --fix does it, or: {}", finding.repair),
            None => format!("         {}", finding.repair),
        });
    }
    let count = |severity| findings.iter().filter(|f| f.severity() == severity && !f.is_mended()).count();
    let mended = findings.iter().filter(|finding| finding.is_mended()).count();
    if findings.is_empty() {
        output::line("the site is well");
        return;
    }
    let [faults, warnings, notes] = [Severity::Fault, Severity::Warning, Severity::Note].map(count);
    let told = format!("{faults} faults, {warnings} warnings, {notes} notes");
    output::line(if fix { format!("left: {told}; mended: {mended}") } else { told });
}
