//! What holds for any document and any release.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::*;
use crate::release::{Package, Provider, RepofileHint, RepositoryHint, SoftwareComponent};
use crate::sync::SyncSource;
use crate::xml::element_name;

/// Text as it comes back: without blanks around it.
fn text() -> impl Strategy<Value = String> {
    "[ -~äß€\u{1F980}\r\n\t]{0,20}".prop_map(|s| s.trim().to_owned())
}

fn some_text() -> impl Strategy<Value = String> {
    ("[A-Za-z<&]", text()).prop_map(|(head, tail)| format!("{head}{tail}"))
}

fn name() -> impl Strategy<Value = String> {
    "[a-z0-9][A-Za-z0-9._+~^:%-]{0,12}"
}

fn link() -> impl Strategy<Value = String> {
    "https://[a-z]{1,8}/[a-z&?='\"<>;]{0,8}"
}

fn package() -> impl Strategy<Value = Package> {
    let optional = || option::of(name());
    (name(), name(), optional(), optional(), option::of(some_text()), optional(), option::of(link())).prop_map(
        |(name, version, release, arch, kind, file, url)| Package {
            name,
            version,
            release,
            arch,
            kind,
            file,
            url,
            ..Package::default()
        },
    )
}

fn components() -> impl Strategy<Value = Vec<SoftwareComponent>> {
    prop::collection::btree_map(some_text(), vec(package(), 0..3), 0..4)
        .prop_map(|parts| parts.into_iter().map(|(name, packages)| SoftwareComponent { name, packages }).collect())
}

fn targets() -> impl Strategy<Value = Vec<Target>> {
    vec(("[a-z][a-z0-9-]{0,8}", "[a-z][a-z0-9_]{0,8}").prop_map(|(p, a)| target(&p, &a)), 0..3)
}

fn format() -> impl Strategy<Value = PackageFormat> {
    prop_oneof![Just(PackageFormat::Rpm), Just(PackageFormat::Deb)]
}

fn hints() -> impl Strategy<Value = (Vec<RepositoryHint>, Vec<RepofileHint>)> {
    let repository = (format(), some_text(), "([a-z]{1,4}/){0,2}", any::<bool>())
        .prop_map(|(kind, id, path, external)| RepositoryHint { kind, id, path, external });
    let entry = vec(("[a-zA-Z]{1,8}", text()), 0..3);
    let repofile = (format(), name(), "([a-z]{1,4}/){0,2}", vec(entry, 0..3))
        .prop_map(|(kind, filename, relative_path, entries)| RepofileHint { kind, filename, relative_path, entries });
    (vec(repository, 0..3), vec(repofile, 0..3))
}

fn source() -> impl Strategy<Value = Option<SyncSource>> {
    option::of("[a-z]{1,8}/[a-z0-9&=./]{0,8}[a-z]")
        .prop_map(|rest| rest.and_then(|rest| SyncSource::parse("rsync", &format!("rsync://{rest}")).ok()))
}

/// All that the third generation can carry.
fn release() -> impl Strategy<Value = Release> {
    let texts = (some_text(), some_text(), some_text(), some_text(), text(), text());
    let options = (
        option::of(name()),
        option::of(some_text()),
        option::of((1970i32..2100, 1u32..=12, 1u32..=28)),
        option::of(any::<bool>()),
        option::of(any::<bool>()),
        source(),
    );
    let lists = (vec(link(), 0..3), targets(), vec(some_text(), 0..3), components(), hints());
    (name(), "[0-9]{1,3}([.-][0-9]{1,3}){0,4}", texts, options, lists).prop_map(
        |(short_name, version, texts, options, lists)| Release {
            product: texts.0,
            short_name: short_name.parse().unwrap(),
            provider: Provider { name: texts.1, short: options.0.map(|short| short.parse().unwrap()) },
            version: version.parse().unwrap(),
            date: options.2.and_then(|(y, m, d)| day(y, m, d)),
            release_type: options
                .3
                .map(|yes| [ReleaseType::NonIncremental, ReleaseType::Incremental][usize::from(yes)]),
            emergency: options.4.map(|yes| [Emergency::No, Emergency::Yes][usize::from(yes)]),
            contact: texts.2,
            technical_contact: options.1,
            description: texts.3,
            keywords: vec![],
            documentation: lists.0,
            release_notes: texts.4,
            change_log: texts.5,
            sync: options.5,
            targets: lists.1,
            capabilities: lists.2,
            components: lists.3,
            repositories: lists.4.0,
            repofiles: lists.4.1,
        },
    )
}

proptest! {
    #[test]
    fn a_release_survives_writing_and_reading(release in release()) {
        let written = render(&release);
        let parsed = parse(written.as_bytes());
        prop_assert_eq!(parsed.as_ref().map(|p| &p.release), Ok(&release), "{}", written);
    }

    #[test]
    fn texts_that_xml_can_not_hold_are_still_written_well_formed(mut release in release(), any in any::<String>()) {
        release.description = format!("x{any}");
        release.repofiles.push(RepofileHint {
            kind: PackageFormat::Rpm,
            filename: "a.repo".to_owned(),
            relative_path: String::new(),
            entries: vec![vec![(any.clone(), any)]],
        });
        prop_assert!(parse(render(&release).as_bytes()).is_ok());
    }

    #[test]
    fn any_setting_becomes_an_element_name(any in any::<String>()) {
        let name = element_name(&any);
        let document = format!("<{name}></{name}>");
        let limits = Limits { bytes: MAX_BYTES, elements: 1 };
        prop_assert!(crate::xml::read(document.as_bytes(), limits).is_ok());
    }

    #[test]
    fn any_bytes_are_answered(bytes in vec(any::<u8>(), 0..200)) {
        if let Err(problems) = parse(&bytes) {
            prop_assert!(!problems.0.is_empty());
        }
    }

    #[test]
    fn anything_like_markup_is_answered(text in "[<>/!?a&;'\"= \\[\\]\u{FEFF}-]{0,60}") {
        if let Err(problems) = parse(text.as_bytes()) {
            prop_assert!(!problems.0.is_empty());
        }
    }

    #[test]
    fn damaged_documents_are_answered(
        which in 0..GOOD.len(),
        cuts in vec((any::<prop::sample::Index>(), 0..40usize, "[<>/&\"'\\[! a-zA-Z0-9]{0,6}"), 1..5),
    ) {
        let mut bytes = GOOD[which].to_vec();
        for (at, length, patch) in cuts {
            let start = at.index(bytes.len());
            let end = (start + length).min(bytes.len() - 1).max(start);
            bytes.splice(start..end, patch.into_bytes());
        }
        if let Err(problems) = parse(&bytes) {
            prop_assert!(!problems.0.is_empty());
            prop_assert!(problems.0.iter().all(|p| !p.to_string().contains('\n') && !p.message.is_empty()));
        }
    }
}
