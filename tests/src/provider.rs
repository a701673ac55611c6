//! What a technology provider offers: a folder of packages with its `release.xml` and checksums file, whole or spoilt.
//!
//! The two documents are written by the same code as `nsrw release new` uses, and lie in the folder as well as in
//! [`Delivery`], from where a ticket takes its attachments.

mod builder;
mod package;
mod spoil;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use egi_model::checksums::{Checksums, ListedFile};
use egi_model::digest::{Algorithm, Sha256};

pub use self::builder::DeliveryBuilder;

/// The name of the metadata in the folder.
const RELEASE_XML: &str = "release.xml";
/// The name of the list in the folder.
const CHECKSUMS_XML: &str = "checksums.xml";

/// One delivery on a provider's disk.
///
/// ```
/// use nsrw_tests::packages::TinyPackage;
/// use nsrw_tests::provider::Delivery;
/// let (made, offered) = (tempfile::tempdir()?, tempfile::tempdir()?);
/// let rpm = TinyPackage::new("storm-client", "1.8.2").write_rpm(made.path())?;
/// let mut delivery = Delivery::builder("INFN.storm.sl6.x86_64", "1.8.2")
///     .target("sl6", "x86_64")
///     .package(rpm)
///     .build(offered.path())?;
/// assert!(delivery.checksums_xml.contains("storm-client-1.8.2-1.noarch.rpm"));
/// delivery.flip_bit("storm-client-1.8.2-1.noarch.rpm")?;
/// delivery.mend()?;
/// # anyhow::Ok(())
/// ```
#[derive(Debug)]
pub struct Delivery {
    /// The folder to serve.
    pub dir: PathBuf,
    /// The metadata, as the ticket carries it.
    pub release_xml: String,
    /// The checksums file, as the ticket carries it.
    pub checksums_xml: String,
    whole: Whole,
}

/// The delivery as it was built, to mend it from.
#[derive(Debug)]
struct Whole {
    packages: Vec<(String, Vec<u8>)>,
    release_xml: String,
}

impl Delivery {
    /// A delivery of the product with this short name (`INFN.storm.sl6.x86_64`) in this version.
    #[must_use]
    pub fn builder(short_name: &str, version: &str) -> DeliveryBuilder {
        DeliveryBuilder::new(short_name, version)
    }

    /// Brings the folder and both documents back to what was built, whatever was done to them.
    pub fn mend(&mut self) -> Result<()> {
        fs::create_dir_all(&self.dir).with_context(|| format!("failed to create {}", self.dir.display()))?;
        for entry in fs::read_dir(&self.dir).with_context(|| format!("failed to list {}", self.dir.display()))? {
            let path = entry?.path();
            fs::remove_file(&path).with_context(|| format!("failed to remove {}", path.display()))?;
        }
        for (name, bytes) in &self.whole.packages {
            write(&self.dir.join(name), bytes)?;
        }
        self.release_xml.clone_from(&self.whole.release_xml);
        self.checksums_xml = self.whole.list(&self.release_xml)?.render();
        self.write_documents()
    }

    /// Writes both documents into the folder.
    fn write_documents(&self) -> Result<()> {
        write(&self.dir.join(RELEASE_XML), &self.release_xml)?;
        write(&self.dir.join(CHECKSUMS_XML), &self.checksums_xml)
    }
}

impl Whole {
    /// The list of all packages and of this metadata.
    fn list(&self, release_xml: &str) -> Result<Checksums> {
        let packages = self.packages.iter().map(|(name, bytes)| listed(name, bytes));
        let files = packages.chain([listed(RELEASE_XML, release_xml.as_bytes())]);
        Ok(Checksums { files: files.collect::<Result<_>>()? })
    }
}

fn listed(name: &str, bytes: &[u8]) -> Result<ListedFile> {
    Ok(ListedFile {
        path: name.parse().with_context(|| format!("failed to list the file \"{name}\""))?,
        size: Some(bytes.len().try_into()?),
        digests: [(Algorithm::Sha256, Sha256::of(bytes).to_hex())].into(),
    })
}

fn write(path: &Path, bytes: impl AsRef<[u8]>) -> Result<()> {
    fs::write(path, bytes).with_context(|| format!("failed to write {}", path.display()))
}
