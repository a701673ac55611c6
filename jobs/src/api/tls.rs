//! TLS, where the API speaks it itself: certificate and key from files, which are read again on SIGHUP.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;
use axum_server::tls_rustls::RustlsConfig;
use rustls::ServerConfig;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::signal::unix::{SignalKind, signal};
use tracing::{error, info};

use crate::config::Config;
use crate::secret::ensure_private;

/// Certificate and key in use, and where they come from. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Tls {
    files: Files,
    in_use: RustlsConfig,
}

#[derive(Debug, Clone)]
struct Files {
    certificate: PathBuf,
    key: PathBuf,
}

impl Tls {
    /// Reads the files that the settings name; nothing where they name none.
    pub fn load(config: &Config) -> anyhow::Result<Option<Self>> {
        let api = &config.api;
        if api.tls_certificate.as_os_str().is_empty() {
            return Ok(None);
        }
        let files = Files { certificate: config.path(&api.tls_certificate), key: config.path(&api.tls_key) };
        let in_use = RustlsConfig::from_config(Arc::new(files.read()?));
        Ok(Some(Self { files, in_use }))
    }

    pub(super) fn in_use(&self) -> RustlsConfig {
        self.in_use.clone()
    }

    /// Reads the files again at each SIGHUP. New connections use what was read; files that can not be used are told of and
    /// change nothing.
    pub fn follow_hangups(&self) -> anyhow::Result<impl Future<Output = ()> + Send + use<>> {
        let mut hangups = signal(SignalKind::hangup()).context("failed to listen for SIGHUP")?;
        let tls = self.clone();
        Ok(async move {
            while hangups.recv().await.is_some() {
                match tls.files.read() {
                    Ok(config) => {
                        tls.in_use.reload_from_config(Arc::new(config));
                        info!("the certificate {} is in use", tls.files.certificate.display());
                    }
                    Err(fault) => error!("the certificate in use stays: {fault:#}"),
                }
            }
        })
    }
}

impl Files {
    /// TLS 1.2 and 1.3 with the cipher suites rustls thinks safe; HTTP/1.1 alone.
    fn read(&self) -> anyhow::Result<ServerConfig> {
        let unreadable = |file: &PathBuf| format!("failed to read {}; see api.tls_certificate", file.display());
        ensure_private(&self.key)?;
        let chain: Vec<_> = CertificateDer::pem_file_iter(&self.certificate)
            .and_then(Iterator::collect)
            .with_context(|| unreadable(&self.certificate))?;
        let key = PrivateKeyDer::from_pem_file(&self.key).with_context(|| unreadable(&self.key))?;
        let builder = ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .context("failed to set TLS up")?;
        let (certificate, key_file) = (self.certificate.display(), self.key.display());
        let mut config = builder
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .with_context(|| format!("the key {key_file} can not be used with the certificate {certificate}"))?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(config)
    }
}
