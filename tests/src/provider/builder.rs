//! Building a delivery.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use chrono::NaiveDate;
use egi_model::release::{Emergency, Provider, Release, ReleaseType, SoftwareComponent, Target};
use egi_model::release_xml;

use super::package::parse_file_name;
use super::{Delivery, Whole};

/// A delivery to be built. What is not said is filled with plausible values.
#[derive(Debug, Clone)]
pub struct DeliveryBuilder {
    short_name: String,
    version: String,
    title: Option<String>,
    provider: (String, String),
    target: (String, String),
    release_type: ReleaseType,
    emergency: Emergency,
    packages: Vec<PathBuf>,
}

impl DeliveryBuilder {
    pub(super) fn new(short_name: &str, version: &str) -> Self {
        Self {
            short_name: short_name.to_owned(),
            version: version.to_owned(),
            title: None,
            provider: ("Technology Provider".to_owned(), "TP".to_owned()),
            target: ("sl6".to_owned(), "x86_64".to_owned()),
            release_type: ReleaseType::Incremental,
            emergency: Emergency::No,
            packages: Vec::new(),
        }
    }

    /// The product's name for people; the short name when not given.
    #[must_use]
    pub fn title(self, title: &str) -> Self {
        Self { title: Some(title.to_owned()), ..self }
    }

    /// Who delivers it: name and short name.
    #[must_use]
    pub fn provider(self, name: &str, short: &str) -> Self {
        Self { provider: (name.to_owned(), short.to_owned()), ..self }
    }

    /// What it is built for; Scientific Linux 6 on `x86_64` when not given.
    #[must_use]
    pub fn target(self, platform: &str, arch: &str) -> Self {
        Self { target: (platform.to_owned(), arch.to_owned()), ..self }
    }

    /// Whether it goes to base or to updates; to updates when not given.
    #[must_use]
    pub fn release_type(self, release_type: ReleaseType) -> Self {
        Self { release_type, ..self }
    }

    /// Whether the metadata calls it an emergency; it does not when not given.
    #[must_use]
    pub fn emergency(self, emergency: Emergency) -> Self {
        Self { emergency, ..self }
    }

    /// Adds a package file: it is copied into the delivery under its own name.
    #[must_use]
    pub fn package(self, file: impl Into<PathBuf>) -> Self {
        self.packages([file])
    }

    /// Adds several package files.
    #[must_use]
    pub fn packages(mut self, files: impl IntoIterator<Item = impl Into<PathBuf>>) -> Self {
        self.packages.extend(files.into_iter().map(Into::into));
        self
    }

    /// Writes the delivery into `dir`, which becomes its own: [`Delivery::mend`] removes what else is in there.
    pub fn build(self, dir: &Path) -> Result<Delivery> {
        fs::create_dir_all(dir).with_context(|| format!("failed to create {}", dir.display()))?;
        let packages: Vec<(String, Vec<u8>)> = self.packages.iter().map(|file| read(file)).collect::<Result<_>>()?;
        let release_xml = release_xml::render(&self.release(&packages)?);
        let whole = Whole { packages, release_xml };
        let nothing = String::new;
        let mut delivery = Delivery { dir: dir.to_owned(), release_xml: nothing(), checksums_xml: nothing(), whole };
        delivery.mend()?;
        Ok(delivery)
    }

    fn release(&self, packages: &[(String, Vec<u8>)]) -> Result<Release> {
        let title = self.title.clone().unwrap_or_else(|| self.short_name.clone());
        let (provider, provider_short) = &self.provider;
        let (platform, arch) = &self.target;
        let packages = packages.iter().map(|(name, _)| parse_file_name(name)).collect::<Result<_>>()?;
        Ok(Release {
            product: title.clone(),
            short_name: self.short_name.parse()?,
            provider: Provider { name: provider.clone(), short: Some(provider_short.parse()?) },
            version: self.version.parse()?,
            date: NaiveDate::from_ymd_opt(2026, 11, 2),
            release_type: Some(self.release_type),
            emergency: Some(self.emergency),
            contact: "provider@example.org".to_owned(),
            technical_contact: Some("developers@example.org".to_owned()),
            description: format!("{title} {}", self.version),
            keywords: Vec::new(),
            documentation: vec!["https://provider.example.org/documentation".to_owned()],
            release_notes: "https://provider.example.org/release-notes".to_owned(),
            change_log: "https://provider.example.org/change-log".to_owned(),
            sync: None,
            targets: vec![Target { platform: platform.parse()?, arch: arch.parse()? }],
            capabilities: Vec::new(),
            components: vec![SoftwareComponent { name: title, packages }],
            repositories: Vec::new(),
            repofiles: Vec::new(),
        })
    }
}

fn read(file: &Path) -> Result<(String, Vec<u8>)> {
    let name = file.file_name().with_context(|| format!("{} names no file", file.display()))?;
    let bytes = fs::read(file).with_context(|| format!("failed to read the package {}", file.display()))?;
    Ok((name.to_string_lossy().into_owned(), bytes))
}
