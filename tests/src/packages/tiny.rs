//! Tiny packages, made in milliseconds: one text file in an rpm or a deb.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};
use tempfile::TempDir;

use super::{BUILD_TIME, create_dirs, write_file};
use crate::process::run;

/// A package with one file, `/usr/share/<name>/content`.
///
/// ```
/// use nsrw_tests::packages::TinyPackage;
/// let dir = tempfile::tempdir()?;
/// let rpm = TinyPackage::new("storm-client", "1.8.2").requires("storm-libs").write_rpm(dir.path())?;
/// assert!(rpm.ends_with("storm-client-1.8.2-1.noarch.rpm"));
/// # anyhow::Ok(())
/// ```
#[derive(Debug, Clone)]
pub struct TinyPackage {
    name: String,
    version: String,
    release: String,
    arch: Option<String>,
    content: String,
    requires: Vec<String>,
}

impl TinyPackage {
    /// A package of release 1 for every architecture, with nothing required.
    #[must_use]
    pub fn new(name: &str, version: &str) -> Self {
        Self {
            name: name.to_owned(),
            version: version.to_owned(),
            release: "1".to_owned(),
            arch: None,
            content: format!("{name} {version}\n"),
            requires: Vec::new(),
        }
    }

    /// Another release number.
    #[must_use]
    pub fn release(self, release: &str) -> Self {
        Self { release: release.to_owned(), ..self }
    }

    /// For one architecture, as the format names it.
    #[must_use]
    pub fn arch(self, arch: &str) -> Self {
        Self { arch: Some(arch.to_owned()), ..self }
    }

    /// Other content: the same name then has other bytes.
    #[must_use]
    pub fn content(self, content: &str) -> Self {
        Self { content: content.to_owned(), ..self }
    }

    /// It needs another package, in whatever version.
    #[must_use]
    pub fn requires(mut self, package: &str) -> Self {
        self.requires.push(package.to_owned());
        self
    }

    /// Writes `<name>-<version>-<release>.<arch>.rpm` into `dir`.
    pub fn write_rpm(&self, dir: &Path) -> Result<PathBuf> {
        let arch = self.arch.as_deref().unwrap_or("noarch");
        let path = dir.join(format!("{}-{}-{}.{arch}.rpm", self.name, self.version, self.release));
        self.build_rpm(arch, &path).with_context(|| format!("failed to make the package {}", path.display()))?;
        Ok(path)
    }

    fn build_rpm(&self, arch: &str, path: &Path) -> Result<(), rpm::Error> {
        let summary = format!("{} for tests", self.name);
        let mut builder = rpm::PackageBuilder::new(&self.name, &self.version, "Apache-2.0", arch, &summary);
        builder.using_config(rpm::BuildConfig::v4().compression(rpm::CompressionType::Gzip).source_date(BUILD_TIME));
        builder.release(self.release.as_str()).build_host("localhost");
        builder.with_file_contents(self.content.as_bytes(), rpm::FileOptions::new(self.content_path()))?;
        for package in &self.requires {
            builder.requires(rpm::Dependency::any(package.as_str()));
        }
        builder.build()?.write_file(path)
    }

    /// Writes `<name>_<version>-<release>_<arch>.deb` into `dir`.
    pub fn write_deb(&self, dir: &Path) -> Result<PathBuf> {
        let arch = self.arch.as_deref().unwrap_or("all");
        let version = format!("{}-{}", self.version, self.release);
        let path = dir.join(format!("{}_{version}_{arch}.deb", self.name));
        let tree = TempDir::new().context("failed to create a folder to make a package in")?;
        let inside = |absolute: &str| tree.path().join(absolute.trim_start_matches('/'));
        create_dirs(&inside(&format!("/usr/share/{}", self.name)))?;
        create_dirs(&inside("/DEBIAN"))?;
        write_file(&inside(&self.content_path()), &self.content)?;
        write_file(&inside("/DEBIAN/control"), self.control(&version, arch))?;
        let mut build = Command::new("dpkg-deb");
        build.env("SOURCE_DATE_EPOCH", BUILD_TIME.to_string());
        build.args(["--root-owner-group", "-Zgzip", "--build"]).arg(tree.path()).arg(&path);
        run(&mut build)?;
        Ok(path)
    }

    fn control(&self, version: &str, arch: &str) -> String {
        let depends =
            if self.requires.is_empty() { String::new() } else { format!("Depends: {}\n", self.requires.join(", ")) };
        format!(
            "Package: {name}\nVersion: {version}\nArchitecture: {arch}\n{depends}\
             Maintainer: Technology Provider <provider@example.org>\nDescription: {name} for tests\n",
            name = self.name,
        )
    }

    fn content_path(&self) -> String {
        format!("/usr/share/{}/content", self.name)
    }
}
