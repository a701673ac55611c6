//! What every private RT starts as: RT's own data, everything `nsrw rt apply` makes, and the people of the tests.
//!
//! It is made by the ways an administrator takes: `nsrw rt config`, `nsrw rt apply`. Made once for each state of the
//! sources it comes from and kept in the build's folder; a lock keeps test processes from making it twice at once.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, ensure};
use egi_model::digest::Sha256;
use rustix::fs::{FlockOperation, flock};
use tempfile::TempDir;

use super::environment::{Environment, MAKE_TABLES, ROOT_PASSWORD};
use super::{ACCOUNTS, name_of};
use crate::packages::cache_dir;
use crate::process::run;
use crate::site::Site;

/// The extension's name as a folder.
const EXTENSION: &str = "RT-Extension-NSRW";
/// The file with a line for each account: its name and token.
const TOKENS: &str = "tokens";

/// A finished template.
#[derive(Debug)]
pub(super) struct Template {
    folder: PathBuf,
}

/// The template with its database in a file, made unless it is there.
pub(super) fn on_file() -> Result<Template> {
    let rendered = Rendered::new()?;
    let kept = cache_dir().join("rt");
    fs::create_dir_all(&kept).with_context(|| format!("failed to make {}", kept.display()))?;
    let folder = kept.join(rendered.digest()?);
    let lock = File::create(kept.join("lock")).context("failed to open the lock of the templates")?;
    flock(&lock, FlockOperation::LockExclusive).context("failed to lock the templates")?;
    if !folder.is_dir() {
        let draft = TempDir::new_in(&kept).context("failed to make a folder for the template")?;
        let environment = Environment::on_file(draft.path());
        make(&rendered, draft.path(), &environment, &["--action", "init", "--skip-create"])?;
        fs::rename(draft.keep(), &folder).context("failed to keep the template")?;
    }
    Ok(Template { folder })
}

/// Makes a template in `folder` with the database `environment` names.
pub(super) fn make_on(folder: &Path, environment: &Environment, tables: &[&str]) -> Result<()> {
    make(&Rendered::new()?, folder, environment, tables)
}

impl Template {
    /// The one in this folder.
    pub(super) fn at(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    /// Copies everything but the programs' own leftovers.
    pub(super) fn copy_to(&self, home: &Path) -> Result<()> {
        for entry in fs::read_dir(&self.folder).with_context(|| format!("failed to list {}", self.folder.display()))? {
            let path = entry?.path();
            run(Command::new("cp").arg("--recursive").args([&path, &home.join(name_of(&path))]))?;
        }
        Ok(())
    }
}

/// The tokens of the accounts in the RT of this folder.
pub(super) fn read_tokens(home: &Path) -> Result<BTreeMap<String, String>> {
    let text = fs::read_to_string(home.join(TOKENS)).context("failed to read the tokens")?;
    let tokens = text.lines().filter_map(|line| line.split_once(' '));
    Ok(tokens.map(|(name, token)| (name.to_owned(), token.to_owned())).collect())
}

/// What `nsrw` renders for a site of its own, to be put into the RT.
struct Rendered {
    folder: TempDir,
    site: Site,
}

impl Rendered {
    fn new() -> Result<Self> {
        let folder = TempDir::with_prefix("nsrw-rt-site-").context("failed to make a folder for a site")?;
        let site = Site::init(&folder.path().join("site"), "http://localhost/sw")?;
        let out = folder.path().join("rendered");
        site.done(&["rt", "config", "--out", &out.to_string_lossy()])?;
        Ok(Self { folder, site })
    }

    fn out(&self) -> PathBuf {
        self.folder.path().join("rendered")
    }

    /// Tells one state of everything the template is made of from another.
    fn digest(&self) -> Result<String> {
        let mut all = Vec::new();
        for folder in [self.out(), extension(), test_sources()] {
            let mut files = Vec::new();
            list_files(&folder, &mut files)?;
            files.sort();
            for file in files {
                write!(all, "{}\n{}\n", name_of(&file), fs::metadata(&file)?.len())?;
                all.extend(fs::read(&file).with_context(|| format!("failed to read {}", file.display()))?);
            }
        }
        Ok(Sha256::of(&all).to_string())
    }
}

fn make(rendered: &Rendered, folder: &Path, environment: &Environment, tables: &[&str]) -> Result<()> {
    for name in ["mason_data", "session_data", "mail", "conf.d", "plugins"] {
        fs::create_dir(folder.join(name)).with_context(|| format!("failed to make the folder {name}"))?;
    }
    run(Command::new("cp").arg(test_sources().join("sendmail")).arg(folder))?;
    let password = folder.join("rootpw");
    fs::write(&password, format!("{ROOT_PASSWORD}\n")).context("failed to write the password")?;
    // RT's own tables first: the extension reads them when it is loaded.
    let said = run(environment.command(MAKE_TABLES).args(tables).arg("--root-password-file").arg(&password))?;
    // It ends well even when objects were refused.
    ensure!(!said.contains("[error]"), "RT's tables were not made whole:\n{said}");
    run(Command::new("cp").arg("--recursive").arg(extension()).arg(folder.join("plugins")))?;
    run(Command::new("cp").arg(rendered.out().join("80-nsrw.pm")).arg(folder.join("conf.d")))?;
    run(Command::new("cp").arg(test_sources().join("override.pm")).arg(folder.join("conf.d/90-test.pm")))?;
    rendered.site.done(&["rt", "apply", "--command", &environment.setup_command_line()])?;
    fs::write(folder.join(TOKENS), make_people(environment)?).context("failed to write the tokens")
}

fn make_people(environment: &Environment) -> Result<Vec<u8>> {
    let mut command = environment.command("perl");
    let mut child = command
        .arg(test_sources().join("people.pl"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("failed to start perl")?;
    let mut input = child.stdin.take().context("perl has no standard input")?;
    for (name, roles) in ACCOUNTS {
        let groups: Vec<_> = roles.iter().filter_map(|role| role.rt_group()).collect();
        writeln!(input, "{name} {}", groups.join(" ")).context("failed to tell perl of the people")?;
    }
    drop(input);
    let output = child.wait_with_output().context("failed to wait for perl")?;
    ensure!(output.status.success(), "the people could not be made");
    Ok(output.stdout)
}

fn extension() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/rt").join(EXTENSION)
}

fn test_sources() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/servers/rt")
}

fn list_files(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| format!("failed to list {}", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() { list_files(&path, files)? } else { files.push(path) }
    }
    Ok(())
}
