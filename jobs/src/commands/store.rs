//! `nsrw store`: the tables brought up to date, and a site's database moved to another one.

use anyhow::Context as _;
use egi_store::Store;

use crate::cli::store::{CopyArgs, StoreCommand};
use crate::config::{self, Config};
use crate::exit::Exit;
use crate::output;
use crate::permission::{Act, Permit, permit};
use crate::site::store_address;

pub(super) async fn run(config: &Config, command: &StoreCommand) -> anyhow::Result<Exit> {
    let open = async || Ok::<_, anyhow::Error>(Store::open(&store_address(config)?).await?);
    match command {
        StoreCommand::Migrate => {
            open().await?;
            output::line(format!("the tables of {} are up to date", config.store.place()));
            Ok(Exit::Done)
        }
        StoreCommand::Copy(args) => {
            let permit = permit(config, Act::StoreCopy, &args.hand)?;
            copy(config, &permit, &open().await?, args).await
        }
    }
}

async fn copy(config: &Config, permit: &Permit, store: &Store, args: &CopyArgs) -> anyhow::Result<Exit> {
    let other = config::Store {
        url: args.to.clone(),
        password_file: args.password_file.clone().unwrap_or_default(),
        ..config::Store::default()
    };
    let file = args.to.strip_prefix("sqlite://");
    if file.is_none() {
        other.check().map_err(|wrong| anyhow::anyhow!("{wrong}").context("--to can not be used"))?;
    }
    // Named on the command line, so relative to where that was typed.
    let here = std::env::current_dir().context("failed to learn the current folder")?;
    let address = other.address(&here).context("failed to read the password of the other database")?;
    let copied = store.copy_to(&Store::open(&address).await?).await?;
    let rows: u64 = copied.iter().map(|table| table.rows).sum();
    super::note_without_site(config, permit, &format!("the database copied to {}: {rows} rows", other.place()))?;
    if args.json {
        output::json(&copied)?;
        return Ok(Exit::Done);
    }
    for table in &copied {
        output::line(format!("{:<14} {:>8} rows  {}", table.table, table.rows, table.digest));
    }
    let setting =
        file.map_or_else(|| format!("store.url = \"{}\"", args.to), |file| format!("store.file = \"{file}\""));
    output::line(format!("everything is in {}; set {setting} before anything works on the site again", other.place()));
    Ok(Exit::Done)
}
