//! `nsrw release new`: release.xml and checksums.xml from the packages of a folder, which providers refused to write
//! by hand.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::path::Path;

use anyhow::Context as _;
use egi_model::checksums::{Checksums, ListedFile};
use egi_model::content::ContentFile;
use egi_model::digest::{Algorithm, Sha256};
use egi_model::name::{RelPath, Segment};
use egi_model::release::{
    Emergency, Package, PackageFormat, Provider, Release, ReleaseType, RepofileHint, RepositoryHint, SoftwareComponent,
    Target,
};
use egi_model::release_xml;
use egi_model::sync::SyncSource;
use egi_repo::openpgp::Keyring;
use egi_repo::package::{Judge, PackageHeader, SignaturePolicy, inspect_all};
use egi_repo::progress::Silent;
use sha2::Digest as _;

use crate::cli::release::NewReleaseArgs;
use crate::exit::Exit;
use crate::output;

const RELEASE: &str = "release.xml";
const CHECKSUMS: &str = "checksums.xml";

pub(super) fn run(args: &NewReleaseArgs) -> anyhow::Result<Exit> {
    for name in [RELEASE, CHECKSUMS] {
        let path = args.folder.join(name);
        anyhow::ensure!(args.force || !path.exists(), "{} is there already; --force writes over it", path.display());
    }
    let files = read_folder(&args.folder)?;
    // Whether a site wants them signed is the site's to say.
    let judge = Judge { policy: SignaturePolicy::Off, keyring: &Keyring::default(), now: chrono::Utc::now() };
    let (headers, faults) = inspect_all(&args.folder, &files, &judge, &Silent);
    if !faults.is_empty() {
        for fault in &faults {
            output::line(crate::error_chain(fault));
        }
        return Ok(Exit::Found);
    }
    anyhow::ensure!(!headers.is_empty(), "{} has no rpm or deb package", args.folder.display());
    let xml = release_xml::render(&describe(args, &files, &headers)?);
    // What is written must be what can be read: the same check that intake makes.
    if let Err(problems) = release_xml::parse(xml.as_bytes()) {
        output::line(format!("the release can not be described with these options:\n{problems}"));
        return Ok(Exit::Found);
    }
    let listing = list(&files, &xml)?.render();
    write(&args.folder.join(RELEASE), &xml)?;
    write(&args.folder.join(CHECKSUMS), &listing)?;
    output::line(format!(
        "{} packages, {} files: {RELEASE} and {CHECKSUMS} are in {}",
        headers.len(),
        files.len(),
        args.folder.display()
    ));
    Ok(Exit::Done)
}

fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    std::fs::write(path, text).with_context(|| format!("failed to write {}", path.display()))
}

/// Every file below the folder, but for the two documents themselves.
fn read_folder(folder: &Path) -> anyhow::Result<Vec<ContentFile>> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        let entries =
            std::fs::read_dir(&next).with_context(|| format!("failed to read the folder {}", next.display()))?;
        for entry in entries {
            let path = entry?.path();
            let kind = std::fs::symlink_metadata(&path)?.file_type();
            if kind.is_dir() {
                folders.push(path);
                continue;
            }
            let relative = path.strip_prefix(folder)?.to_string_lossy().into_owned();
            anyhow::ensure!(kind.is_file(), "{} is no plain file; a release has plain files only", path.display());
            if relative != RELEASE && relative != CHECKSUMS {
                files.push(measure(&path, &relative)?);
            }
        }
    }
    files.sort();
    Ok(files)
}

fn measure(path: &Path, relative: &str) -> anyhow::Result<ContentFile> {
    let name: RelPath = relative.parse().with_context(|| format!("{} can not be delivered", path.display()))?;
    let mut file = std::fs::File::open(path).with_context(|| format!("failed to open {}", path.display()))?;
    let (mut digest, mut size, mut buffer) = (sha2::Sha256::new(), 0, vec![0; 1 << 16]);
    loop {
        let read = file.read(&mut buffer).with_context(|| format!("failed to read {}", path.display()))?;
        if read == 0 {
            break;
        }
        size += read as u64;
        digest.update(buffer.get(..read).unwrap_or_default());
    }
    Ok(ContentFile { path: name, size, sha256: Sha256::from_bytes(digest.finalize().into()) })
}

fn list(files: &[ContentFile], xml: &str) -> anyhow::Result<Checksums> {
    let listed = |path: RelPath, size: u64, sha256: Sha256| ListedFile {
        path,
        size: Some(size),
        digests: BTreeMap::from([(Algorithm::Sha256, sha256.to_hex())]),
    };
    let own = listed(RELEASE.parse()?, xml.len() as u64, Sha256::of(xml.as_bytes()));
    let rest = files.iter().map(|f| listed(f.path.clone(), f.size, f.sha256));
    Ok(Checksums { files: std::iter::once(own).chain(rest).collect() })
}

fn describe(args: &NewReleaseArgs, files: &[ContentFile], headers: &[PackageHeader]) -> anyhow::Result<Release> {
    let stem = short_name(args)?;
    let target = Target { platform: args.platform.clone(), arch: args.arch.clone() };
    let formats: BTreeSet<PackageFormat> = headers.iter().map(|h| h.format).collect();
    let summary = headers.first().map(|h| h.summary.clone()).filter(|s| !s.is_empty());
    let protocol = args.sync_url.split("://").next().unwrap_or_default();
    Ok(Release {
        product: args.product.clone(),
        short_name: stem.clone(),
        provider: Provider {
            name: args.provider_name.clone().unwrap_or_else(|| args.provider.to_string()),
            short: Some(args.provider.clone()),
        },
        version: args.version.clone(),
        date: Some(chrono::Utc::now().date_naive()),
        release_type: Some(if args.incremental { ReleaseType::Incremental } else { ReleaseType::NonIncremental }),
        emergency: Some(if args.emergency { Emergency::Yes } else { Emergency::No }),
        contact: args.contact.clone(),
        technical_contact: Some(args.contact.clone()),
        description: args.description.clone().or(summary).unwrap_or_else(|| args.product.clone()),
        keywords: Vec::new(),
        documentation: args.documentation.clone(),
        release_notes: args.notes.clone(),
        change_log: args.changes.clone(),
        sync: Some(SyncSource::parse(protocol, &args.sync_url)?),
        targets: vec![target],
        capabilities: Vec::new(),
        components: vec![SoftwareComponent {
            name: args.product.clone(),
            packages: headers.iter().map(|h| package(h, files)).collect(),
        }],
        repositories: formats.iter().map(|kind| repository(*kind, &stem)).collect(),
        repofiles: formats.iter().map(|kind| repofile(*kind, &stem, args)).collect(),
    })
}

/// `<PROVIDER>.<product>.<platform>.<arch>`, as in the generator of 2019.
fn short_name(args: &NewReleaseArgs) -> anyhow::Result<Segment> {
    let product = args.product.to_lowercase().replace(' ', "_");
    let name = format!("{}.{product}.{}.{}", args.provider.as_str().to_uppercase(), args.platform, args.arch);
    name.parse().with_context(|| format!("the product name \"{}\" can not become part of a path", args.product))
}

fn package(header: &PackageHeader, files: &[ContentFile]) -> Package {
    let file = files.iter().find(|f| f.sha256 == header.sha256 && f.path.file_name() == header.file_name);
    Package {
        name: header.name.clone(),
        version: header.version.clone(),
        release: header.release.clone(),
        arch: Some(header.arch.clone()),
        file: Some(file.map_or_else(|| header.file_name.clone(), |f| f.path.to_string())),
        license: header.license.clone(),
        ..Package::default()
    }
}

fn repository(kind: PackageFormat, stem: &Segment) -> RepositoryHint {
    RepositoryHint { kind, id: stem.to_string(), path: ".".to_owned(), external: false }
}

fn repofile(kind: PackageFormat, stem: &Segment, args: &NewReleaseArgs) -> RepofileHint {
    let (ending, entry) = match kind {
        PackageFormat::Rpm => ("repo", vec![("enabled", "1"), ("priority", "1"), ("protect", "1")]),
        PackageFormat::Deb => ("list", vec![("type", "deb"), ("entry", "./")]),
    };
    let mut entries = vec![("repoid".to_owned(), stem.to_string()), ("name".to_owned(), args.product.clone())];
    entries.extend(entry.into_iter().map(|(k, v)| (k.to_owned(), v.to_owned())));
    entries.push(("baseUrl".to_owned(), ".".to_owned()));
    RepofileHint {
        kind,
        filename: format!("{stem}.{ending}"),
        relative_path: "repofiles".to_owned(),
        entries: vec![entries],
    }
}
