//! Mail, sent through a relay.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// Mail, sent through a relay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Mail {
    /// The relay's host; empty where no mail is sent.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is protected.
    pub tls: MailTls,
    /// The certificate (PEM) of the authority that vouches for the relay, beside those the machine trusts; empty for none.
    pub ca_file: PathBuf,
    /// The account there; empty where it asks for none.
    pub user: String,
    /// The file with the account's password.
    pub password_file: PathBuf,
    /// After how many seconds without an answer the relay is given up.
    pub timeout_seconds: u64,
    /// The sender, such as `Releases <releases@example.org>`.
    pub from: String,
    /// Who gets the monthly report.
    pub report_to: Vec<String>,
}

/// How the connection to the relay is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MailTls {
    /// Begun in the clear, then encrypted; a relay that can not is refused.
    #[default]
    Starttls,
    /// Encrypted from the first byte.
    Tls,
    /// Not at all: for a relay on this machine.
    None,
}

impl Default for Mail {
    fn default() -> Self {
        Self {
            host: String::new(),
            port: 587,
            tls: MailTls::default(),
            ca_file: PathBuf::new(),
            user: String::new(),
            password_file: "secrets/mail.password".into(),
            timeout_seconds: 60,
            from: String::new(),
            report_to: Vec::new(),
        }
    }
}
