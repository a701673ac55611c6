//! The database: a file of the site's own, or one on a server.

use std::path::{Path, PathBuf};
use std::time::Duration;

use egi_store::Patience;
use serde::{Deserialize, Serialize};

/// The database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Store {
    /// The file of the embedded database.
    pub file: PathBuf,
    /// The address of a database on a server, `postgres://account@host/database` or `mysql://account@host/database`;
    /// empty for the embedded one.
    pub url: String,
    /// The file with the account's password; empty where the server asks for none.
    pub password_file: PathBuf,
    /// After how many seconds without an answer a server is given up for now.
    pub timeout_seconds: u64,
}

impl Default for Store {
    fn default() -> Self {
        Self { file: "nsrw.db".into(), url: String::new(), password_file: PathBuf::new(), timeout_seconds: 30 }
    }
}

impl Store {
    /// What is wrong with the settings, if anything is.
    pub(crate) fn check(&self) -> Result<(), String> {
        if self.url.is_empty() {
            return Ok(());
        }
        let known = ["postgres://", "postgresql://", "mysql://", "mariadb://"];
        if !known.iter().any(|scheme| self.url.starts_with(scheme)) {
            return Err(format!(
                "store.url is \"{}\"; it begins with postgres:// or mysql://. A file is named by store.file",
                without_password(&self.url)
            ));
        }
        if has_password(&self.url) {
            return Err(
                "store.url holds a password; put it into a file and name that in store.password_file".to_owned()
            );
        }
        if !self.password_file.as_os_str().is_empty() && account_of(&self.url).is_none() {
            return Err("store.password_file is set, and store.url names no account: write account@host".to_owned());
        }
        Ok(())
    }

    /// How long the database is waited for.
    pub(crate) fn patience(&self) -> Patience {
        Patience { answer: Duration::from_secs(self.timeout_seconds.max(1)), ..Patience::default() }
    }

    /// Where the database is, for people.
    #[must_use]
    pub fn place(&self) -> String {
        if self.url.is_empty() { self.file.display().to_string() } else { self.url.clone() }
    }

    /// The address to open; `folder` is what the file's path is below. Not to be shown: it may hold the password.
    pub fn address(&self, folder: &Path) -> std::io::Result<String> {
        if self.url.is_empty() {
            return Ok(file_url(&folder.join(&self.file)));
        }
        if self.password_file.as_os_str().is_empty() {
            return Ok(self.url.clone());
        }
        let password = crate::secret::read(&folder.join(&self.password_file))?;
        Ok(with_password(&self.url, password.trim_end_matches(['\r', '\n'])))
    }
}

/// The address of an embedded database; what has a meaning in addresses is escaped.
fn file_url(file: &Path) -> String {
    let path = file.to_string_lossy().replace('%', "%25").replace('?', "%3F").replace('#', "%23");
    format!("sqlite://{path}")
}

/// The part before the host: `account` or `account:password`.
fn account_of(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once("://")?;
    let authority = rest.split(['/', '?']).next()?;
    authority.rsplit_once('@').map(|(account, _)| account).filter(|account| !account.is_empty())
}

fn has_password(url: &str) -> bool {
    let (_, parameters) = url.split_once('?').unwrap_or_default();
    account_of(url).is_some_and(|account| account.contains(':'))
        || parameters.split('&').any(|parameter| parameter.starts_with("password="))
}

/// The URL with the password behind the account, every byte of it escaped that could mean something.
fn with_password(url: &str, password: &str) -> String {
    let Some(account) = account_of(url) else { return url.to_owned() };
    let escape = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    };
    let escaped: String = password.bytes().map(escape).collect();
    url.replacen(&format!("://{account}@"), &format!("://{account}:{escaped}@"), 1)
}

/// The URL as it may be shown.
fn without_password(url: &str) -> String {
    match (url.split_once("://"), url.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, place))) => format!("{scheme}://{place}"),
        _ => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on(url: &str) -> Store {
        Store { url: url.to_owned(), ..Store::default() }
    }

    #[test]
    fn a_password_stands_in_its_file_alone() {
        for url in
            ["postgres://nsrw:secret@h/d", "mysql://nsrw@h/d?password=secret&x=1", "postgres:///d?password=secret"]
        {
            let error = on(url).check().unwrap_err();
            assert!(error.contains("store.password_file") && !error.contains("secret"), "{error}");
        }
        on("postgres://nsrw@h:5432/d?sslmode=require").check().unwrap();
        assert!(on("oracle://nsrw:secret@h/d").check().is_err_and(|error| !error.contains("secret")));
    }

    #[test]
    fn the_password_is_put_into_the_address_escaped() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("password"), "p@ss/wörd%\n").unwrap();
        let store = Store { password_file: "password".into(), ..on("postgres://nsrw@h/d") };
        assert_eq!(store.address(folder.path()).unwrap(), "postgres://nsrw:p%40ss%2Fw%C3%B6rd%25@h/d");
        assert_eq!(store.place(), "postgres://nsrw@h/d");
        assert!(Store { password_file: "x".into(), ..on("postgres:///d") }.check().is_err());
    }
}
