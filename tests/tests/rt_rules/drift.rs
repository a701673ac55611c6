//! `nsrw rt diff` and `nsrw rt apply`: a clean RT, one in which much was changed by hand, and what can not be mended.

use std::collections::BTreeSet;

use nsrw_tests::servers::rt::{ACCOUNT, Rt};
use nsrw_tests::site::Site;
use serde_json::Value;

/// What somebody changed in RT's pages, as Perl, and the drift that must be found: object and aspect.
const PLANTED: [(&str, &str, &str); 18] = [
    ("field('ReleaseType')->AddValue(Name => 'Delta');", "field ReleaseType", "values"),
    ("my $cf = field('Sync-Protocol'); $cf->DeleteValue($cf->Values->Last->Id);", "field Sync-Protocol", "values"),
    (
        "field('EmergencyRelease')->SetDefaultValues(Object => queue(), Values => 'Yes');",
        "field EmergencyRelease",
        "default",
    ),
    ("field('Sync-URL')->SetPattern('');", "field Sync-URL", "pattern"),
    ("field('UMDRelease')->SetDisabled(1);", "field UMDRelease", "disabled"),
    ("field('StageRollout-Report')->RemoveFromObject(queue());", "field StageRollout-Report", "queue"),
    ("field('Verification-Report')->SetDescription('?');", "field Verification-Report", "description"),
    (
        "group('sw-rel-qc')->PrincipalObj->RevokeRight(Object => queue(), Right => 'ModifyTicket');",
        "queue sw-rel",
        "right",
    ),
    (
        "my $at = RT::ObjectCustomField->new(RT->SystemUser); \
         $at->LoadByCols(CustomField => field('RepositoryURL')->Id, ObjectId => queue()->Id); $at->MoveDown;",
        "queue sw-rel",
        "order of fields",
    ),
    (
        "group('sw-rel-providers')->PrincipalObj->GrantRight(Object => field('RolloutProgress'), Right => 'ModifyCustomField');",
        "field RolloutProgress",
        "right",
    ),
    ("group('sw-rel-sr')->SetDisabled(1);", "group sw-rel-sr", "disabled"),
    ("group('sw-rel-production')->SetName('others');", "group sw-rel-production", "exists"),
    ("queue('staged-rollout')->SetDisabled(1);", "queue staged-rollout", "disabled"),
    (
        "queue()->DeleteWatcher(Type => 'AdminCc', PrincipalId => group('sw-rel-admin')->PrincipalId);",
        "queue sw-rel",
        "admin_cc",
    ),
    (
        "scrip('NSRW: tell the repository of a change')->SetDisabled(1);",
        "scrip NSRW: tell the repository of a change",
        "disabled",
    ),
    (
        "scrip('NSRW: notify the groups of an answer')->__Set(Field => 'Template', Value => 'Blank');",
        "scrip NSRW: notify the groups of an answer",
        "template",
    ),
    (
        "my $t = RT::Template->new(RT->SystemUser); $t->LoadByCols(Name => 'NSRW answer', Queue => queue()->Id); \
         $t->SetContent('Hello');",
        "template NSRW answer",
        "content",
    ),
    ("my $u = RT::User->new(RT->SystemUser); $u->Load('nsrw'); $u->SetDisabled(1);", "account nsrw", "disabled"),
];

/// What follows from a group that was renamed: nobody of the old name may see the groups, and somebody of the new one.
const FOLLOWING: [(&str, &str); 4] = [
    ("group sw-rel-qc", "right"),
    ("group sw-rel-sr", "right"),
    ("group sw-rel-production", "right"),
    ("group sw-rel-admin", "right"),
];

/// What the planted lines speak of.
const HELPERS: &str = r"
    sub queue { my $q = RT::Queue->new(RT->SystemUser); $q->Load($_[0] // 'sw-rel'); $q }
    sub group { my $g = RT::Group->new(RT->SystemUser); $g->LoadUserDefinedGroup($_[0]); $g }
    sub field { my $f = RT::CustomField->new(RT->SystemUser); $f->LoadByName(Name => $_[0], IncludeDisabled => 1); $f }
    sub scrip { my $s = RT::Scrip->new(RT->SystemUser); $s->LoadByCols(Description => $_[0]); $s }
";

/// The two commands, run on an RT as an operator runs them.
struct Setup<'a> {
    rt: &'a Rt,
    site: Site,
    _folder: tempfile::TempDir,
}

impl<'a> Setup<'a> {
    fn new(rt: &'a Rt) -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { rt, site: Site::init(&folder.path().join("site"), "http://localhost/sw").unwrap(), _folder: folder }
    }

    /// The exit code and the answer.
    fn run(&self, command: &str, more: &[&str]) -> (i32, String) {
        let line = self.rt.setup_command();
        let ended = self.site.nsrw(&[&["rt", command, "--command", &line], more].concat()).unwrap();
        assert!([0, 3].contains(&ended.code), "{}: {}", ended.answer, ended.log);
        (ended.code, ended.answer)
    }

    /// The drifts, as object and aspect.
    fn drifts(&self, command: &str) -> (i32, Vec<Value>) {
        let (code, answer) = self.run(command, &["--json"]);
        (code, serde_json::from_str(&answer).unwrap())
    }
}

fn named(drifts: &[Value]) -> BTreeSet<(&str, &str)> {
    drifts.iter().map(|drift| (drift["object"].as_str().unwrap(), drift["aspect"].as_str().unwrap())).collect()
}

#[test]
fn what_was_changed_by_hand_is_found_and_mended() {
    let mut rt = Rt::start().unwrap();
    {
        let setup = Setup::new(&rt);
        nothing_differs(&setup);
        // Each in a block of its own: their variables share names.
        let code = PLANTED.map(|(code, ..)| code).join("} {");
        rt.perl(&format!("{HELPERS} {{ {code} }}")).unwrap();
        let (code, found) = setup.drifts("diff");
        assert_eq!(code, 3);
        let expected: BTreeSet<_> =
            PLANTED.iter().map(|(_, object, aspect)| (*object, *aspect)).chain(FOLLOWING).collect();
        assert_eq!(named(&found).difference(&expected).collect::<Vec<_>>(), Vec::<&(&str, &str)>::new(), "{found:#?}");
        assert_eq!(expected.difference(&named(&found)).collect::<Vec<_>>(), Vec::<&(&str, &str)>::new(), "{found:#?}");
        let surplus = found.iter().find(|drift| drift["found"] == "group sw-rel-providers: ModifyCustomField").unwrap();
        assert_eq!(surplus["wanted"], Value::Null);

        let (code, mended) = setup.drifts("apply");
        assert_eq!(code, 0, "{mended:#?}");
        assert!(mended.iter().all(|drift| drift["mended"] == true), "{mended:#?}");
        assert!(named(&mended).is_superset(&expected), "{mended:#?}");
        nothing_differs(&setup);
        a_token_is_made_once(&setup);
    }
    what_can_not_be_mended_is_said(&mut rt);
}

fn nothing_differs(setup: &Setup<'_>) {
    let as_it_should_be = "Request Tracker has everything as it should be\n";
    assert_eq!(setup.run("diff", &[]), (0, as_it_should_be.to_owned()));
    let nothing_changed = "Request Tracker had everything already; nothing was changed\n";
    assert_eq!(setup.run("apply", &[]), (0, nothing_changed.to_owned()));
}

fn a_token_is_made_once(setup: &Setup<'_>) {
    let file = setup.site.folder().join("secrets/rt.token");
    let path = file.to_string_lossy().into_owned();
    let (code, said) = setup.run("apply", &["--token-file", &path]);
    let token = std::fs::read_to_string(&file).unwrap();
    assert!(code == 0 && !said.contains(token.trim()), "{said}");
    let account = setup.rt.person_with_token(ACCOUNT, token.trim());
    assert_eq!(account.get("rt").unwrap().status, 200);
    let line = setup.rt.setup_command();
    let again = setup.site.nsrw(&["rt", "apply", "--command", &line, "--token-file", &path]).unwrap();
    assert_eq!(again.code, 1);
    assert!(again.log.contains("a token that is there is not made anew"), "{}", again.log);
}

/// An older configuration, and an RT that does not load the extension at all.
fn what_can_not_be_mended_is_said(rt: &mut Rt) {
    let file = rt.config_folder().join("80-nsrw.pm");
    let rendered = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, rendered.replace("Set($NSRWVersion, '", "Set($NSRWDigest, 'older');\nSet($NSRWVersion, '"))
        .unwrap();
    let (code, found) = Setup::new(rt).drifts("apply");
    assert_eq!((code, named(&found)), (3, [("configuration", "digest")].into()));

    std::fs::write(&file, "1;\n").unwrap();
    let (code, answer) = Setup::new(rt).run("diff", &[]);
    assert_eq!((code, answer.as_str()), (3, "extension is not enabled\n"));
}
