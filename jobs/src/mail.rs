//! Mail, handed to the relay of the settings: plain SMTP, STARTTLS or TLS, with a password where the relay asks for one.
//!
//! A letter goes to all its recipients or to none: the relay's refusal of one refuses it.

use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use lettre::message::header::ContentType;
use lettre::message::{Attachment, Mailbox, MultiPart, SinglePart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::{Message, SmtpTransport, Transport as _};

use crate::config::{Config, Mail, MailTls};

/// A letter.
#[derive(Debug, Clone)]
pub struct Letter {
    /// With angle brackets. The same id for the same letter: readers can tell a double by it.
    pub message_id: String,
    /// To whom.
    pub to: Vec<String>,
    /// The subject.
    pub subject: String,
    /// What it says.
    pub text: String,
    /// When it was written.
    pub date: DateTime<Utc>,
    /// A file that goes with it.
    pub attachment: Option<Enclosure>,
}

/// A file that goes with a letter.
#[derive(Debug, Clone)]
pub struct Enclosure {
    /// Its name.
    pub name: String,
    /// Its media type.
    pub kind: &'static str,
    /// Its content.
    pub bytes: Vec<u8>,
}

/// Why a letter did not leave.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// It can not be written down as a letter.
    #[error("failed to write the letter \"{subject}\"")]
    Unwritable {
        /// Its subject.
        subject: String,
        /// Why.
        source: anyhow::Error,
    },
    /// The relay can not be reached, or does not take it.
    #[error("failed to send mail through {relay}")]
    Refused {
        /// Host and port.
        relay: String,
        /// What happened.
        source: lettre::transport::smtp::Error,
    },
}

impl MailError {
    /// Whether trying again can help: the relay was not reached, or says so itself. Wrong certificates and what it refuses
    /// for good stay wrong.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Unwritable { .. } => false,
            Self::Refused { source, .. } => {
                !source.is_permanent() && !source.is_tls() && !source.is_client() && !breaks_tls(source)
            }
        }
    }
}

/// Whether what came over the connection could not be accepted, as a certificate nobody vouches for: that comes as an
/// error of input and output.
fn breaks_tls(error: &lettre::transport::smtp::Error) -> bool {
    let chain = anyhow::Chain::new(error);
    let mut kinds = chain.filter_map(|cause| Some(cause.downcast_ref::<std::io::Error>()?.kind()));
    kinds.any(|kind| kind == std::io::ErrorKind::InvalidData)
}

/// The relay of the settings.
pub struct Relay {
    transport: SmtpTransport,
    /// Host and port, for messages.
    name: String,
    from: String,
}

impl Relay {
    /// Prepares to send. Nothing is connected yet; the password and the certificate are read.
    pub fn open(config: &Config) -> anyhow::Result<Self> {
        let mail = &config.mail;
        let timeout = Duration::from_secs(mail.timeout_seconds);
        let mut transport = SmtpTransport::builder_dangerous(&mail.host)
            .port(mail.port)
            .tls(protection(mail, &config.path(&mail.ca_file))?)
            .timeout(Some(timeout));
        if !mail.user.is_empty() {
            let file = config.path(&mail.password_file);
            let password = crate::secret::read(&file).with_context(|| {
                format!(
                    "failed to read the mail password {}; it belongs to mail.user \"{}\"",
                    file.display(),
                    mail.user
                )
            })?;
            transport = transport.credentials(Credentials::new(mail.user.clone(), password.trim().to_owned()));
        }
        let name = format!("{}:{}", mail.host, mail.port);
        Ok(Self { transport: transport.build(), name, from: mail.from.clone() })
    }

    /// Sends a letter and waits until the relay has taken it.
    pub fn send(&self, letter: &Letter) -> Result<(), MailError> {
        let message =
            self.write(letter).map_err(|source| MailError::Unwritable { subject: letter.subject.clone(), source })?;
        let sent = self.transport.send(&message);
        sent.map(drop).map_err(|source| MailError::Refused { relay: self.name.clone(), source })
    }

    fn write(&self, letter: &Letter) -> anyhow::Result<Message> {
        let mut message = Message::builder()
            .from(self.from.parse()?)
            .message_id(Some(letter.message_id.clone()))
            .date(letter.date.into())
            .subject(&letter.subject);
        for address in &letter.to {
            message = message.to(address.parse::<Mailbox>()?);
        }
        let text = SinglePart::plain(letter.text.clone());
        let Some(file) = &letter.attachment else {
            return Ok(message.singlepart(text)?);
        };
        let enclosed = Attachment::new(file.name.clone()).body(file.bytes.clone(), ContentType::parse(file.kind)?);
        Ok(message.multipart(MultiPart::mixed().singlepart(text).singlepart(enclosed))?)
    }
}

/// Never less protection than the settings ask for: a relay that can not encrypt gets nothing.
fn protection(mail: &Mail, ca_file: &Path) -> anyhow::Result<Tls> {
    let mut parameters = TlsParameters::builder(mail.host.clone());
    if !mail.ca_file.as_os_str().is_empty() {
        let read = || anyhow::Ok(Certificate::from_pem(&std::fs::read(ca_file)?)?);
        let certificate = read().with_context(|| format!("failed to read mail.ca_file {}", ca_file.display()))?;
        parameters = parameters.add_root_certificate(certificate);
    }
    Ok(match mail.tls {
        MailTls::None => Tls::None,
        MailTls::Starttls => Tls::Required(parameters.build_rustls()?),
        MailTls::Tls => Tls::Wrapper(parameters.build_rustls()?),
    })
}

/// The domain of an address such as `Releases <releases@example.org>`.
#[must_use]
pub fn domain_of(address: &str) -> String {
    address.parse::<Mailbox>().map(|mailbox| mailbox.email.domain().to_owned()).unwrap_or_default()
}
