//! Writes the third generation.
//!
//! What that generation has no room for is not written: keywords, and of a package its licence, category, services,
//! dependencies and texts. Two things go beyond it, both as its own elements allow: the level of components, as
//! `release:softwareComponent` in `UMDmeta:packages`, and one `UMDmeta:UMDmeta` for each target when there are several.

use super::Generation;
use super::schema::{
    ARCHITECTURE, CHANGE_LOG, CONTACT, DATE, DESCRIPTION, EMERGENCY, Field, INCREMENTAL, MAJOR, MINOR, PLATFORM,
    PRODUCT, PROVIDER, PROVIDER_SHORT, RELEASE_NOTES, REVISION, SHORT_NAME, SYNC_PROTOCOL, SYNC_URL, TECHNICAL_CONTACT,
};
use crate::release::{
    Emergency, Package, PackageFormat, Release, ReleaseType, RepofileHint, RepositoryHint, SoftwareComponent, Target,
};
use crate::xml::{Writer, element_name};

const NAMESPACES: [(&str, &str); 6] = [
    ("xmlns:release", "http://repo.egi.eu/0.2/release"),
    ("xmlns:UMDmeta", "http://repo.egi.eu/0.2/UMDmeta"),
    ("xmlns:repofile", "http://repo.egi.eu/0.2/repofile"),
    ("xmlns:repository", "http://repo.egi.eu/0.2/repository"),
    ("xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance"),
    ("xsi:noNamespaceSchemaLocation", "release.xsd"),
];

/// Writes a release in the third generation, whatever it was read from.
#[must_use]
pub fn render(release: &Release) -> String {
    let mut xml = Writer::new();
    xml.start("release:release", &NAMESPACES);
    render_identity(&mut xml, release);
    render_texts(&mut xml, release);
    render_metas(&mut xml, release);
    release.repositories.iter().for_each(|hint| render_repository(&mut xml, hint));
    release.repofiles.iter().for_each(|hint| render_repofile(&mut xml, hint));
    xml.finish()
}

fn leaf(xml: &mut Writer, field: &Field, text: &str) {
    xml.text(field.name(Generation::G3), &[], text);
}

fn render_identity(xml: &mut Writer, release: &Release) {
    leaf(xml, &PRODUCT, &release.product);
    leaf(xml, &SHORT_NAME, release.short_name.as_str());
    leaf(xml, &PROVIDER, &release.provider.name);
    leaf(xml, &PROVIDER_SHORT, release.provider.short.as_ref().map_or("", |short| short.as_str()));
    leaf(xml, &CONTACT, &release.contact);
    leaf(xml, &TECHNICAL_CONTACT, release.technical_contact.as_deref().unwrap_or_default());
    leaf(xml, &DESCRIPTION, &release.description);
}

fn render_texts(xml: &mut Writer, release: &Release) {
    for link in &release.documentation {
        xml.text("release:documentationLink", &[], link);
    }
    if release.documentation.is_empty() {
        xml.text("release:documentationLink", &[], "");
    }
    leaf(xml, &DATE, &release.date.map(|date| date.format("%Y%m%d").to_string()).unwrap_or_default());
    leaf(xml, &INCREMENTAL, release.release_type.map_or("", |kind| boolean(kind == ReleaseType::Incremental)));
    leaf(xml, &EMERGENCY, release.emergency.map_or("", |emergency| boolean(emergency == Emergency::Yes)));
    let parts = release.version.path_parts();
    let part = |index: usize| parts.get(index).map_or("0", String::as_str);
    leaf(xml, &MAJOR, part(0));
    leaf(xml, &MINOR, part(1));
    leaf(xml, &REVISION, &parts.get(2..).unwrap_or_default().join("."));
    leaf(xml, &RELEASE_NOTES, &release.release_notes);
    leaf(xml, &CHANGE_LOG, &release.change_log);
    let (protocol, url) = match &release.sync {
        Some(source) => (source.protocol.as_str(), source.url.as_str()),
        None => (no_protocol(release), "n/a"),
    };
    leaf(xml, &SYNC_PROTOCOL, protocol);
    leaf(xml, &SYNC_URL, url);
}

const fn boolean(value: bool) -> &'static str {
    if value { "true" } else { "false" }
}

/// Since 2019 a release without a place to fetch from names the kind of its repositories instead.
fn no_protocol(release: &Release) -> &'static str {
    let deb = release.repositories.iter().any(|hint| hint.kind == PackageFormat::Deb);
    if deb { "deb" } else { "yum" }
}

/// The first target carries capabilities and packages; G3 has no other place for them.
fn render_metas(xml: &mut Writer, release: &Release) {
    let (first, more) = match release.targets.split_first() {
        Some((first, more)) => (Some(first), more),
        None => (None, release.targets.as_slice()),
    };
    xml.start("UMDmeta:UMDmeta", &[]);
    render_target(xml, first);
    for capability in &release.capabilities {
        xml.text("UMDmeta:capability", &[], capability);
    }
    xml.start("UMDmeta:packages", &[]);
    release.components.iter().for_each(|component| render_component(xml, component));
    xml.end();
    xml.end();
    for target in more {
        xml.start("UMDmeta:UMDmeta", &[]);
        render_target(xml, Some(target));
        xml.end();
    }
}

fn render_target(xml: &mut Writer, target: Option<&Target>) {
    leaf(xml, &PLATFORM, target.map_or("", |target| target.platform.as_str()));
    leaf(xml, &ARCHITECTURE, target.map_or("", |target| target.arch.as_str()));
}

fn render_component(xml: &mut Writer, component: &SoftwareComponent) {
    xml.start("release:softwareComponent", &[("name", &component.name)]);
    component.packages.iter().for_each(|package| render_package(xml, package));
    xml.end();
}

fn render_package(xml: &mut Writer, package: &Package) {
    let optional = [
        ("release", &package.release),
        ("arch", &package.arch),
        ("filename", &package.file),
        ("url", &package.url),
        ("pkgtype", &package.kind),
    ];
    let mut attributes = vec![("pkgname", package.name.as_str()), ("version", package.version.as_str())];
    attributes.extend(optional.iter().filter_map(|(name, value)| value.as_deref().map(|value| (*name, value))));
    xml.empty("UMDmeta:package", &attributes);
}

fn render_repository(xml: &mut Writer, hint: &RepositoryHint) {
    let attributes = [("id", hint.id.as_str()), ("path", &hint.path), ("external", boolean(hint.external))];
    xml.empty(&format!("repository:{}Repository", prefix(hint.kind)), &attributes);
}

fn render_repofile(xml: &mut Writer, hint: &RepofileHint) {
    let attributes = [("filename", hint.filename.as_str()), ("relativePath", &hint.relative_path)];
    xml.start(&format!("repofile:{}Repofile", prefix(hint.kind)), &attributes);
    for entry in &hint.entries {
        xml.start(&format!("repofile:{}Repository", prefix(hint.kind)), &[]);
        for (setting, value) in entry {
            let relative = setting == "baseUrl" && !value.contains("://");
            let attributes: &[(&str, &str)] = if relative { &[("type", "relative")] } else { &[] };
            xml.text(&format!("repofile:{}", element_name(setting)), attributes, value);
        }
        xml.end();
    }
    xml.end();
}

const fn prefix(kind: PackageFormat) -> &'static str {
    match kind {
        PackageFormat::Rpm => "yum",
        PackageFormat::Deb => "deb",
    }
}
