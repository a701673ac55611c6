//! `nsrw init`: a site in a folder.

use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;

use crate::cli::InitArgs;
use crate::config::{self, Config, TicketSystemKind};
use crate::exit::Exit;
use crate::output;
use crate::permission::os_user;
use crate::site::{Site, system_clock};

/// Bytes of randomness in the secret.
const SECRET_BYTES: usize = 32;

/// Makes what is not there yet; nothing that is there is changed.
pub(super) async fn run(args: &InitArgs) -> anyhow::Result<Exit> {
    std::fs::create_dir_all(&args.folder)
        .with_context(|| format!("failed to make the folder {}", args.folder.display()))?;
    let file = args.folder.join(config::FILE_NAME);
    create_new(&file, render(args)?.as_bytes(), 0o644)?;
    let config = Config::load(&file, &std::env::vars().collect())?;
    let secret = config.path(&config.api.secret_file);
    if let Some(folder) = secret.parent() {
        std::fs::create_dir_all(folder).with_context(|| format!("failed to make the folder {}", folder.display()))?;
    }
    create_new(&secret, make_secret()?.as_bytes(), 0o600)?;
    if config.tickets.system == TicketSystemKind::Rt {
        tell_of_rt(&args.folder, &config);
        return Ok(Exit::Done);
    }
    let site = Site::open(config, system_clock(), Arc::new(egi_repo::progress::Silent)).await?;
    output::line(format!("A site is ready in {}:", args.folder.display()));
    output::line("  nsrw.toml           the settings; add your people and major releases");
    output::line(format!("  {:<18}  the secret notices are signed with", site.config.api.secret_file.display()));
    output::line(format!("  {:<18}  the database", site.config.store.place()));
    output::line(format!("  {:<18}  the ticket desk", site.config.tickets.desk.display()));
    output::line(format!(
        "  {:<18}  the repository tree; offer sw/stagerollout and sw/production to everybody, sw/unverified to verifiers",
        site.config.repository.root.display()
    ));
    Ok(Exit::Done)
}

/// A site on Request Tracker opens its database and tree when it is first used: without a token it has no tickets.
fn tell_of_rt(folder: &Path, config: &Config) {
    output::line(format!("A site for the tickets of {} is begun in {}:", config.rt.url, folder.display()));
    output::line("  nsrw.toml           the settings; add your major releases, and look at the section [rt]");
    output::line(format!(
        "  {:<18}  the secret notices are signed with; RT signs with the same",
        config.api.secret_file.display()
    ));
    output::line(format!(
        "  {:<18}  to be written: the token of the account {}",
        config.rt.token_file.display(),
        config.tickets.account
    ));
}

/// The settings a new site starts with: all of them, with whoever makes it as administrator.
fn render(args: &InitArgs) -> anyhow::Result<String> {
    let mut config = Config::default();
    config.people.push(config::Person { name: os_user(), roles: vec![egi_model::role::Role::Admin] });
    args.public_url.trim_end_matches('/').clone_into(&mut config.site.public_url);
    if let Some(url) = &args.rt {
        config.tickets.system = TicketSystemKind::Rt;
        url.trim_end_matches('/').clone_into(&mut config.rt.url);
    }
    let mut text = String::from("# The settings of this site. nsrw.example.toml explains every one of them.\n\n");
    text.push_str(&config.render()?);
    let _ = write!(
        text,
        "\n# The major releases agreed, one table each:\n#\n# [[major]]\n# id = \"umd-4\"\n# title = \"Unified Middleware \
         Distribution 4\"\n# location = \"umd/4/{{platform}}/{{arch}}\"\n# targets = [{{ platform = \"centos7\", arch = \
         \"x86_64\" }}]\n"
    );
    Ok(text)
}

fn create_new(path: &Path, bytes: &[u8], mode: u32) -> anyhow::Result<()> {
    let file = OpenOptions::new().write(true).create_new(true).mode(mode).open(path);
    match file {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error).with_context(|| format!("failed to make {}", path.display())),
        Ok(mut file) => file
            .write_all(bytes)
            .and_then(|()| file.sync_all())
            .with_context(|| format!("failed to write {}", path.display())),
    }
}

fn make_secret() -> anyhow::Result<String> {
    let mut bytes = [0_u8; SECRET_BYTES];
    std::fs::File::open("/dev/urandom")
        .and_then(|mut random| random.read_exact(&mut bytes))
        .context("failed to read /dev/urandom for a secret")?;
    Ok(format!("{}\n", hex::encode(bytes)))
}
