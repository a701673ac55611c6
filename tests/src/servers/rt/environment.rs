//! Where RT's programs are, and how they are told which RT is meant.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use crate::process::{ADMIN_PATH, run};

/// RT's web server, as Debian places it.
pub(super) const SERVER: &str = "/usr/share/request-tracker5/libexec/rt-server";
/// The program that makes RT's tables.
pub(super) const MAKE_TABLES: &str = "rt-setup-database-5";
/// Its root's password. Root acts in tests by Perl alone.
pub(super) const ROOT_PASSWORD: &str = "rtrootpw";

/// One RT: everything its programs need to know, by variables of the environment.
#[derive(Debug, Clone)]
pub(super) struct Environment {
    home: PathBuf,
    variables: Vec<(&'static str, String)>,
    serving: Vec<(&'static str, String)>,
}

impl Environment {
    /// The RT in this folder, with its database in a file there.
    pub(super) fn on_file(home: &Path) -> Self {
        let text = |path: PathBuf| path.to_string_lossy().into_owned();
        let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/servers/rt");
        let variables = vec![
            ("TEST_RT_HOME", text(home.to_owned())),
            ("TEST_RT_PLUGINS", text(home.join("plugins"))),
            ("RT_SITE_CONFIG", text(sources.join("RT_SiteConfig.pm"))),
            ("RT_SITE_CONFIG_DIR", text(home.join("conf.d"))),
        ];
        Self { home: home.to_owned(), variables, serving: Vec::new() }
    }

    /// The RT in this folder, with a database of the `PostgreSQL` server on this port.
    pub(super) fn on_postgres(home: &Path, port: u16, database: &str) -> Self {
        let mut environment = Self::on_file(home);
        environment.variables.push(("TEST_RT_PG", format!("{port}:{database}")));
        environment
    }

    /// Where it will be served, and where its notices go.
    pub(super) fn serve(&mut self, port: u16, web_path: &str, notice_url: &str) {
        self.serving = vec![
            ("TEST_RT_PORT", port.to_string()),
            ("TEST_RT_PATH", web_path.to_owned()),
            ("TEST_RT_NOTICE_URL", notice_url.to_owned()),
        ];
    }

    /// A program of this RT, not started yet.
    pub(super) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command.env("PATH", ADMIN_PATH).env("LANG", "C.UTF-8").current_dir(&self.home);
        command.envs(self.variables.iter().chain(&self.serving).map(|(name, value)| (name, value)));
        command
    }

    /// The setup program of the extension.
    pub(super) fn setup_program(&self) -> PathBuf {
        self.home.join("plugins/RT-Extension-NSRW/sbin/nsrw-rt-setup")
    }

    /// The same as a line for the shell.
    pub(super) fn setup_command_line(&self) -> String {
        let variables = self.variables.iter().chain(&self.serving).map(|(name, value)| format!("{name}='{value}' "));
        format!("env {}'{}'", variables.collect::<String>(), self.setup_program().display())
    }

    /// Runs a piece of Perl with the RT loaded; what it printed.
    pub(super) fn perl(&self, code: &str) -> Result<String> {
        let lib = "-I/usr/share/request-tracker5/lib";
        let code = format!("RT->LoadConfig; RT->Init; {code}");
        run(self.command("perl").args([lib, "-Mutf8", "-CSD", "-Mstrict", "-MRT", "-e", &code]))
    }
}
