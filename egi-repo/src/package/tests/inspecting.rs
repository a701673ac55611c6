//! Packages made by rpmbuild and dpkg-deb, signed by gpg, and spoiled.

use std::path::PathBuf;
use std::process::Command;

use super::*;
use crate::openpgp::testing::{Person, run};

/// A folder with one good package in it.
struct Bench {
    shelf: Shelf,
    name: &'static str,
}

impl Bench {
    fn rpm() -> Self {
        let shelf = Shelf::new();
        let spec = "Name: gridsite\nVersion: 2.3.5\nRelease: 1\nSummary: A package for tests\nLicense: Apache-2.0\n\
                    BuildArch: noarch\n%description\nMade by a test.\n%install\nmkdir -p %{buildroot}/usr/share/gridsite\n\
                    seq 2000 >%{buildroot}/usr/share/gridsite/numbers\n%files\n/usr/share/gridsite\n";
        let spec = shelf.put("gridsite.spec", spec.as_bytes());
        let top = format!("_topdir {}", shelf.0.path().join("build").display());
        run(Command::new("rpmbuild").args(["--quiet", "-bb", "--define", &top]).arg(spec));
        let name = "gridsite-2.3.5-1.noarch.rpm";
        fs::copy(shelf.0.path().join("build/RPMS/noarch").join(name), shelf.0.path().join(name)).unwrap();
        Self { shelf, name }
    }

    fn deb() -> Self {
        Self::deb_with(|_| ())
    }

    /// A deb whose folder was changed before it was packed.
    fn deb_with(change: impl Fn(&Path)) -> Self {
        let shelf = Shelf::new();
        let root = shelf.0.path().join("build");
        fs::create_dir_all(root.join("DEBIAN")).unwrap();
        fs::create_dir_all(root.join("usr/share/gridsite")).unwrap();
        fs::write(root.join("DEBIAN/control"), control("gridsite", "2.3.5-1", "all")).unwrap();
        let numbers = (0..2000).map(|n| n.to_string()).collect::<Vec<_>>().join("\n");
        fs::write(root.join("usr/share/gridsite/numbers"), numbers).unwrap();
        fs::hard_link(root.join("usr/share/gridsite/numbers"), root.join("usr/share/gridsite/again")).unwrap();
        let sums = run(Command::new("md5sum")
            .args(["usr/share/gridsite/again", "usr/share/gridsite/numbers"])
            .current_dir(&root));
        fs::write(root.join("DEBIAN/md5sums"), sums).unwrap();
        change(&root);
        let name = "gridsite_2.3.5-1_all.deb";
        run(Command::new("dpkg-deb").args(["--root-owner-group", "--build"]).arg(&root).arg(shelf.0.path().join(name)));
        Self { shelf, name }
    }

    fn path(&self) -> PathBuf {
        self.shelf.0.path().join(self.name)
    }

    fn bytes(&self) -> Vec<u8> {
        fs::read(self.path()).unwrap()
    }

    /// What is wrong with the package as it lies there.
    fn faults(&self, policy: SignaturePolicy, keyring: &Keyring) -> Vec<String> {
        let bytes = self.bytes();
        let file =
            ContentFile { path: self.name.parse().unwrap(), size: bytes.len() as u64, sha256: Sha256::of(&bytes) };
        let judge = Judge { policy, keyring, now: chrono::Utc::now() };
        let (headers, faults) = inspect_all(self.shelf.0.path(), &[file], &judge, &Silent);
        assert!(faults.is_empty() || !faults[0].is_transient(), "{faults:?}");
        assert!(headers.len() == 1 || !faults.is_empty());
        faults.iter().map(tell).collect()
    }

    fn damage(&self) -> Vec<String> {
        self.faults(SignaturePolicy::Off, &Keyring::default())
    }
}

/// With its causes.
fn tell(error: &PackageError) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(next) = cause {
        text.push_str(": ");
        text.push_str(&next.to_string());
        cause = next.source();
    }
    text
}

/// How a person signs a package.
type Sign = fn(&Person, &Path);

fn both() -> [(Bench, Sign); 2] {
    [(Bench::rpm(), Person::sign_rpm), (Bench::deb(), Person::sign_deb)]
}

fn keyring(people: &[&Person]) -> Keyring {
    Keyring::load(&people.iter().map(|person| person.public_key()).collect::<Vec<_>>()).unwrap()
}

fn assert_one(faults: &[String], name: &str, part: &str) {
    assert_eq!(faults.len(), 1, "{faults:#?}");
    assert!(faults[0].starts_with(name) && faults[0].contains(part), "{}", faults[0]);
}

#[test]
fn good_packages_are_accepted_signed_or_not_as_the_site_asks() {
    for algorithm in ["ed25519", "rsa3072"] {
        let person = Person::new(algorithm);
        let keys = keyring(&[&person]);
        for (bench, sign) in both() {
            assert_eq!(bench.faults(SignaturePolicy::IfPresent, &keys), [""; 0]);
            assert_one(&bench.faults(SignaturePolicy::Required, &keys), bench.name, "it is not signed");
            sign(&person, &bench.path());
            assert_eq!(bench.faults(SignaturePolicy::Required, &keys), [""; 0], "{algorithm}");
            assert_eq!(bench.damage(), [""; 0]);
        }
    }
}

#[test]
fn a_key_that_nobody_knows_has_expired_or_was_taken_back_is_refused() {
    let (known, stranger, old) = (Person::new("ed25519"), Person::new("ed25519"), Person::of_2024("rsa3072"));
    for (bench, sign) in both() {
        sign(&stranger, &bench.path());
        let key = stranger.fingerprint.to_lowercase();
        let faults = bench.faults(SignaturePolicy::IfPresent, &keyring(&[&known, &old]));
        assert_one(&faults, bench.name, &format!("signed by the key {key}, which is not in the keyring"));
    }
    for (bench, sign) in both() {
        sign(&old, &bench.path());
        let faults = bench.faults(SignaturePolicy::IfPresent, &keyring(&[&known, &old]));
        assert_one(&faults, bench.name, "which expired on 2024-01-15");
    }
    let signed = both().map(|(bench, sign)| {
        sign(&known, &bench.path());
        assert_eq!(bench.faults(SignaturePolicy::Required, &keyring(&[&known])), [""; 0]);
        bench
    });
    known.revoke();
    for bench in signed {
        assert_one(&bench.faults(SignaturePolicy::Required, &keyring(&[&known])), bench.name, "which was revoked");
    }
}

#[test]
fn a_signature_of_something_else_is_refused() {
    let person = Person::new("ed25519");
    let keys = keyring(&[&person]);
    let (signed, other) =
        (Bench::deb(), Bench::deb_with(|root| fs::write(root.join("usr/share/more"), "more").unwrap()));
    person.sign_deb(&signed.path());
    let member = Command::new("ar").arg("p").arg(signed.path()).arg("_gpgorigin").output().unwrap().stdout;
    let member = signed.shelf.put("_gpgorigin", &member);
    run(Command::new("ar").arg("q").arg(other.path()).arg(member));
    assert_one(&other.faults(SignaturePolicy::IfPresent, &keys), other.name, "does not fit");
}

#[test]
fn a_truncated_package_is_refused() {
    for (bench, _) in both() {
        let whole = bench.bytes();
        for cut in (1..whole.len()).step_by(whole.len() / 40) {
            fs::write(bench.path(), &whole[..whole.len() - cut]).unwrap();
            assert_one(&bench.damage(), bench.name, "Deliver it again");
        }
    }
}

#[test]
fn a_flipped_bit_in_the_payload_is_refused() {
    for (bench, _) in both() {
        let whole = bench.bytes();
        let payload = match rpm::load(&bench.path()) {
            Ok(metadata) => metadata.get_package_segment_offsets().payload,
            // dpkg-deb packs with xz: every byte of it is under a check sum.
            Err(_) => whole.len() as u64 - deb::open(&bench.path()).unwrap().archive.data.1.size,
        };
        let payload = usize::try_from(payload).unwrap();
        // The last byte of a deb may be padding.
        for at in (payload..whole.len() - 1).step_by(7) {
            let mut bad = whole.clone();
            bad[at] ^= 0x04;
            fs::write(bench.path(), &bad).unwrap();
            let faults = bench.damage();
            assert!(!faults.is_empty() && faults[0].contains("Deliver it again"), "byte {at}: {faults:?}");
        }
    }
}

#[test]
fn the_payloads_digest_is_compared_even_where_it_unpacks() {
    let bench = Bench::rpm();
    let mut bytes = bench.bytes();
    let payload = usize::try_from(rpm::load(&bench.path()).unwrap().get_package_segment_offsets().payload).unwrap();
    assert_eq!(bytes[payload..payload + 2], [0x1f, 0x8b], "rpmbuild packs with gzip here");
    // The time in gzip's header: whoever unpacks does not mind, the digest does.
    bytes[payload + 4] ^= 1;
    fs::write(bench.path(), &bytes).unwrap();
    assert_one(&bench.damage(), bench.name, "the sha256 of the payload is");
}

#[test]
fn a_deb_whose_files_are_not_those_of_its_md5sums_is_refused() {
    let altered = Bench::deb_with(|root| fs::write(root.join("usr/share/gridsite/numbers"), "other").unwrap());
    let sum = "the md5 of usr/share/gridsite/again is";
    assert_one(&altered.damage(), altered.name, sum);
    let fewer = Bench::deb_with(|root| fs::remove_file(root.join("usr/share/gridsite/again")).unwrap());
    assert_one(&fewer.damage(), fewer.name, "found no usr/share/gridsite/again");
    let none = Bench::deb_with(|root| fs::remove_file(root.join("DEBIAN/md5sums")).unwrap());
    assert_eq!(none.damage(), [""; 0]);
    let nonsense = Bench::deb_with(|root| fs::write(root.join("DEBIAN/md5sums"), "nonsense").unwrap());
    assert_one(&nonsense.damage(), nonsense.name, "lines of an md5 and a path");
}

#[test]
fn files_of_keys_are_read_armoured_or_not_and_refused_if_they_are_none() {
    let (one, other) = (Person::new("ed25519"), Person::new("ed25519"));
    let shelf = Shelf::new();
    let armoured = [one.public_key(), other.public_key()].map(|path| fs::read(path).unwrap()).concat();
    let binary = one.gpg().arg("--export").output().unwrap().stdout;
    let bench = Bench::deb();
    other.sign_deb(&bench.path());
    let ring = |name: &str, bytes: &[u8]| Keyring::load(&[shelf.put(name, bytes)]);
    assert_eq!(bench.faults(SignaturePolicy::Required, &ring("two.asc", &armoured).unwrap()), [""; 0]);
    assert_one(
        &bench.faults(SignaturePolicy::Required, &ring("one.gpg", &binary).unwrap()),
        bench.name,
        "not in the keyring",
    );
    let error = ring("none.asc", b"hello").unwrap_err().to_string();
    assert!(error.contains("none.asc can not be used"), "{error}");
}
