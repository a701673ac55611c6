//! The files that sites copy to install from a repository: `.repo` for yum and dnf, `.list` and `.sources` for apt.
//!
//! A signed index and its signature are two files, and a client could fetch one before and one after a publication. So
//! `.repo` files name a mirror list, and the mirror list, which is part of the generation, names the generation: what
//! follows comes from there alone.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use egi_model::area::{Area, RepoKey};

use super::{Stamp, Written};
use crate::tree::RepoError;
use crate::tree::files::{During as _, write_new};

/// The folder of these files in a repository.
pub(crate) const FOLDER: &str = "repofiles";
/// The mirror list.
pub(crate) const MIRRORLIST: &str = "mirrorlist";
/// The name of the signing keys' files below the public root, without the ending.
pub(crate) const KEYS: &str = "keys/repository";
/// The name of the file with the keys that packages are signed with, likewise.
pub(crate) const PACKAGE_KEYS: &str = "keys/packages";

/// What the public is told of a repository.
pub(crate) struct Notice<'a> {
    pub(crate) key: &'a RepoKey,
    /// Where the public finds the root, without a slash at the end.
    pub(crate) public_url: &'a str,
    /// The public keys of the indexes' signatures, armoured; `None` if indexes are not signed.
    pub(crate) signed_by: Option<&'a [u8]>,
    /// Whether every package is signed with a key in [`PACKAGE_KEYS`].
    pub(crate) packages_signed: bool,
}

impl Notice<'_> {
    /// Writes the files below `root`, as far as there is something to install by each.
    pub(crate) fn write(
        &self,
        root: &Path,
        has_rpms: bool,
        suites: &BTreeSet<(String, String)>,
        stamp: Stamp,
    ) -> Result<Written, RepoError> {
        let id = self.id();
        let mut files = Vec::new();
        if has_rpms {
            files.push((MIRRORLIST.to_owned(), self.mirrorlist(stamp)));
            files.push((format!("{FOLDER}/{id}.repo"), self.yum(&id)));
        }
        if !suites.is_empty() {
            let list = suites.iter().map(|(suite, archs)| self.list(&id, suite, archs)).collect::<String>();
            let sources = suites.iter().map(|(suite, archs)| self.sources(suite, archs)).collect::<Vec<_>>().join("\n");
            files.push((format!("{FOLDER}/{id}.list"), format!("{}{list}", self.how_to(&id))));
            files.push((format!("{FOLDER}/{id}.sources"), sources));
        }
        let mut written = Written::default();
        let folder = root.join(FOLDER);
        if !files.is_empty() {
            fs::create_dir(&folder).during("create", &folder)?;
        }
        for (path, text) in files {
            write_new(&root.join(&path), text.as_bytes())?;
            written.by_name.push(path);
        }
        Ok(written)
    }

    /// What to do to install from here, for each kind of package there is: a sentence and the command.
    pub(crate) fn install_steps(&self, has_rpms: bool, has_debs: bool) -> Vec<(String, String)> {
        let (id, url) = (self.id(), self.url());
        let mut steps = Vec::new();
        if has_rpms {
            let off = if self.enabled() { "" } else { " It is off until it is named: dnf --enablerepo." };
            let file = format!("curl -fo /etc/yum.repos.d/{id}.repo \\\n  {url}/{FOLDER}/{id}.repo");
            steps.push((format!("With dnf or yum.{off}"), file));
        }
        if has_debs {
            let off = if self.enabled() { "" } else { " It is off until the file says Enabled: yes." };
            let file = format!("curl -fo /etc/apt/sources.list.d/{id}.sources \\\n  {url}/{FOLDER}/{id}.sources");
            steps.push((format!("With apt.{off}"), file));
        }
        steps
    }

    /// What a client calls the repository. What is not in production has a name that says so.
    fn id(&self) -> String {
        let path = self.key.path.segments().collect::<Vec<_>>().join("-");
        match self.key.area {
            Area::Production => path,
            Area::StageRollout => format!("{path}-testing"),
            Area::Unverified => format!("{path}-untested"),
        }
    }

    /// What is not in production has to be asked for.
    fn enabled(&self) -> bool {
        self.key.area == Area::Production
    }

    fn url(&self) -> String {
        format!("{}/{}", self.public_url, self.key.public_path())
    }

    fn mirrorlist(&self, stamp: Stamp) -> String {
        let Self { key, public_url, .. } = self;
        format!("{public_url}/{}/@/{}/@{}/\n", key.area, key.path, stamp.generation)
    }

    fn yum(&self, id: &str) -> String {
        let (enabled, signed) = (u8::from(self.enabled()), u8::from(self.signed_by.is_some()));
        let text = format!(
            "[{id}]\nname={}\nmirrorlist={}/{MIRRORLIST}\nenabled={enabled}\npriority=1\nprotect=1\ngpgcheck={}\nrepo_gpgcheck={signed}\n",
            self.key,
            self.url(),
            u8::from(self.packages_signed),
        );
        let keys = [(self.signed_by.is_some(), KEYS), (self.packages_signed, PACKAGE_KEYS)];
        let keys = keys.iter().filter(|(has, _)| *has).map(|(_, name)| format!("{}/{name}.asc", self.public_url));
        let keys = keys.collect::<Vec<_>>().join("\n       ");
        if keys.is_empty() { text } else { format!("{text}gpgkey={keys}\n") }
    }

    fn how_to(&self, id: &str) -> String {
        match self.signed_by {
            Some(_) => format!("# Put {}/{KEYS}.gpg into /usr/share/keyrings/{id}.gpg first.\n", self.public_url),
            None => "# This repository is not signed.\n".to_owned(),
        }
    }

    fn list(&self, id: &str, suite: &str, archs: &str) -> String {
        let trust = match self.signed_by {
            Some(_) => format!("signed-by=/usr/share/keyrings/{id}.gpg"),
            None => "trusted=yes".to_owned(),
        };
        let off = if self.enabled() { "" } else { "# " };
        format!("{off}deb [arch={} {trust}] {} {suite} main\n", archs.replace(' ', ","), self.url())
    }

    /// With the key in it, so that the one file is enough for apt 2.4 and later.
    fn sources(&self, suite: &str, archs: &str) -> String {
        let trust = match self.signed_by {
            Some(keys) => {
                let lines = String::from_utf8_lossy(keys)
                    .lines()
                    .fold(String::new(), |text, line| text + "\n " + if line.is_empty() { "." } else { line });
                format!("Signed-By:{lines}")
            }
            None => "Trusted: yes".to_owned(),
        };
        format!(
            "Enabled: {}\nTypes: deb\nURIs: {}\nSuites: {suite}\nComponents: main\nArchitectures: {archs}\n{trust}\n",
            if self.enabled() { "yes" } else { "no" },
            self.url(),
        )
    }
}
