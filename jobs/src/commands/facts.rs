//! `nsrw facts`: facts for other tools, and from them.

use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::path::Path;

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use egi_metrics::exchange::{Kind, read_facts, write_facts};
use egi_metrics::{FactColumns, Facts, Format, MetricsError};

use crate::cli::report::{FactsCheckArgs, FactsCommand, FactsExportArgs, FactsImportArgs};
use crate::exit::Exit;
use crate::numbers::{kept_facts, load};
use crate::output;
use crate::permission::{Act, permit};
use crate::site::Site;

pub(super) async fn run(site: &Site, command: &FactsCommand) -> anyhow::Result<Exit> {
    match command {
        FactsCommand::Export(args) => export(site, args).await,
        FactsCommand::Import(args) => import(site, args).await,
        FactsCommand::Check(args) => check(args, site.now()),
    }
}

async fn export(site: &Site, args: &FactsExportArgs) -> anyhow::Result<Exit> {
    let loaded = load(&site.store, None, site.now()).await?;
    fs::create_dir_all(&args.folder).with_context(|| format!("failed to make the folder {}", args.folder.display()))?;
    let format = Format::from(args.format);
    for kind in Kind::ALL {
        let path = args.folder.join(kind.as_str()).with_extension(format.extension());
        write_file(&path, &loaded.facts, kind, format)
            .with_context(|| format!("failed to write {}", path.display()))?;
    }
    tell(&loaded.facts, &format!("exported to {}", args.folder.display()), args.json)?;
    Ok(Exit::Done)
}

fn write_file(path: &Path, facts: &Facts, kind: Kind, format: Format) -> anyhow::Result<()> {
    let mut out = BufWriter::new(File::create(path)?);
    write_facts(facts, kind, format, &mut out)?;
    out.flush()?;
    out.get_ref().sync_all()?;
    Ok(())
}

async fn import(site: &Site, args: &FactsImportArgs) -> anyhow::Result<Exit> {
    let permit = permit(&site.config, Act::FactsImport, &args.hand)?;
    let facts = match read_facts(&args.path, Some(&args.source), site.now()) {
        Ok(facts) => facts,
        Err(error) => return tell_faults(error, args.json),
    };
    let kept = kept_facts(&facts, &args.source);
    let origin = args.path.display().to_string();
    let imported = site.store.import_facts(&args.source, &origin, &kept, site.now()).await?;
    if imported.new > 0 {
        let what = format!("facts of {} imported from {origin}: {} new", args.source, imported.new);
        super::note(site, &permit, what).await?;
    }
    let answer = format!("imported as {}: {} new, {} known already", args.source, imported.new, imported.known);
    tell(&facts, &answer, args.json)?;
    Ok(Exit::Done)
}

/// Looks at files of facts, which needs no site.
pub(super) fn check(args: &FactsCheckArgs, now: DateTime<Utc>) -> anyhow::Result<Exit> {
    let facts = match read_facts(&args.path, None, now) {
        Ok(facts) => facts,
        Err(error) => return tell_faults(error, args.json),
    };
    let columns = FactColumns::of(&facts);
    let problems = egi_metrics::problems(&columns);
    let shown: Vec<String> = problems
        .iter()
        .map(|problem| {
            let ticket = problem.ticket.map_or_else(String::new, |ticket| format!("ticket {ticket}, "));
            let record = problem.record.map_or_else(String::new, |record| format!("record {}, ", columns.show(record)));
            format!("{}: {ticket}{record}{}", problem.kind.as_str(), problem.detail)
        })
        .collect();
    if args.json {
        output::json(&serde_json::json!({ "facts": facts.len(), "faults": [], "odd": shown }))?;
    } else {
        shown.iter().for_each(output::line);
        tell(&facts, &format!("can be read; {} odd", problems.len()), false)?;
    }
    Ok(if problems.is_empty() { Exit::Done } else { Exit::Found })
}

/// A file that can not be used is a finding; that it can not be read is an error.
fn tell_faults(error: MetricsError, json: bool) -> anyhow::Result<Exit> {
    let MetricsError::Facts { file, faults } = error else { return Err(error.into()) };
    if json {
        let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
        output::json(&serde_json::json!({ "file": file, "faults": faults }))?;
    } else {
        for fault in &faults {
            output::line(format!("{file}: {fault}"));
        }
    }
    Ok(Exit::Found)
}

fn tell(facts: &Facts, what: &str, json: bool) -> anyhow::Result<()> {
    let counts = [
        ("transitions", facts.transitions.len()),
        ("submissions", facts.submitted.len()),
        ("participations", facts.participations.len()),
        ("reports", facts.published.len()),
    ];
    if json {
        let counts: std::collections::BTreeMap<_, _> = counts.into_iter().collect();
        return output::json(&serde_json::json!({ "what": what, "facts": counts }));
    }
    let listed: Vec<String> = counts.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
    output::line(format!("{}: {what}", listed.join(", ")));
    Ok(())
}
