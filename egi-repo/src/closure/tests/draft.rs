//! Random packages, and the indexes of repositories with them.

use std::fmt::Write as _;
use std::path::Path;

use egi_model::digest::Sha256;
use rand::Rng as _;
use rand::rngs::StdRng;

/// A name with a version or without, such as `p3 >= 2`.
pub(super) type Relation = (String, Option<(&'static str, u8)>);

/// What a package says.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    pub(super) name: String,
    pub(super) version: u8,
    pub(super) provides: Vec<Relation>,
    /// Each with its alternatives.
    pub(super) needs: Vec<Vec<Relation>>,
    pub(super) conflicts: Vec<Relation>,
    /// Boolean dependencies, as rpm writes them.
    pub(super) rich: Vec<String>,
}

/// What kinds of things random packages may say.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wild {
    pub(super) conflicts: bool,
    pub(super) rich: bool,
}

const OPS: [&str; 5] = ["LT", "LE", "EQ", "GE", "GT"];

/// `number` names, some of them in two versions, that need one another; of what they need, a little is not there.
pub(super) fn random(dice: &mut StdRng, number: usize, wild: Wild) -> Vec<Draft> {
    let mut drafts = Vec::new();
    for at in 0..number {
        let versions = if dice.gen_bool(0.2) { vec![1, 3] } else { vec![dice.gen_range(1..4)] };
        drafts.extend(versions.into_iter().map(|version| draft(dice, at, version, number, wild)));
    }
    drafts
}

fn draft(dice: &mut StdRng, at: usize, version: u8, number: usize, wild: Wild) -> Draft {
    let provides = (0..2).filter(|_| dice.gen_bool(0.3)).collect::<Vec<_>>();
    let provides = provides.into_iter().map(|_| {
        let name = format!("v{}", dice.gen_range(0..number / 4 + 1));
        (name, dice.gen_bool(0.6).then(|| ("EQ", dice.gen_range(1..4))))
    });
    let provides = provides.collect();
    let needs = (0..dice.gen_range(0..4)).map(|_| {
        let alternatives = if dice.gen_bool(0.25) { 2 } else { 1 };
        (0..alternatives).map(|_| relation(dice, number)).collect()
    });
    let needs = needs.collect();
    let conflicts = usize::from(wild.conflicts && dice.gen_bool(0.25));
    let conflicts = (0..conflicts).map(|_| relation(dice, number)).collect();
    let rich = usize::from(wild.rich && dice.gen_bool(0.4));
    let rich = (0..rich).map(|_| expression(dice, number)).collect();
    Draft { name: format!("p{at}"), version, provides, needs, conflicts, rich }
}

fn relation(dice: &mut StdRng, number: usize) -> Relation {
    let name = match dice.gen_range(0..20) {
        0 => format!("absent{}", dice.gen_range(0..3)),
        1..=4 => format!("v{}", dice.gen_range(0..number / 4 + 1)),
        _ => format!("p{}", dice.gen_range(0..number)),
    };
    (name, dice.gen_bool(0.35).then(|| (OPS[dice.gen_range(0..OPS.len())], dice.gen_range(1..4))))
}

fn expression(dice: &mut StdRng, number: usize) -> String {
    let mut one = || {
        let (name, bound) = relation(dice, number);
        bound.map_or(name.clone(), |(op, version)| format!("{name} {} {version}", sign(op)))
    };
    let (a, b, c) = (one(), one(), one());
    match dice.gen_range(0..7) {
        0 => format!("({a} or {b} or {c})"),
        1 => format!("({a} and {b})"),
        2 => format!("({a} if {b})"),
        3 => format!("({a} if {b} else {c})"),
        4 => format!("({a} with {b})"),
        5 => format!("({a} without {b})"),
        _ => format!("(({a} if {b}) or {c})"),
    }
}

fn sign(op: &str) -> &'static str {
    match op {
        "LT" => "<",
        "LE" => "<=",
        "GE" => ">=",
        "GT" => ">",
        _ => "=",
    }
}

impl Draft {
    /// Its identity as an rpm.
    pub(super) fn rpm(&self) -> String {
        format!("{}-{}-1.noarch", self.name, self.version)
    }

    /// Its identity as a deb.
    pub(super) fn deb(&self) -> String {
        format!("{}_{}_all", self.name, self.version)
    }
}

/// `primary.xml` with these packages. Releases are 1, dependencies name none.
pub(super) fn primary(drafts: &[Draft]) -> String {
    let mut xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<metadata xmlns=\"http://linux.duke.edu/metadata/common\" \
         xmlns:rpm=\"http://linux.duke.edu/metadata/rpm\" packages=\"{}\">\n",
        drafts.len()
    );
    for draft in drafts {
        let Draft { name, version, .. } = draft;
        let own = format!("<rpm:entry name=\"{name}\" flags=\"EQ\" epoch=\"0\" ver=\"{version}\" rel=\"1\"/>");
        let provides: String = draft.provides.iter().map(entry).collect();
        let single = |need: &Vec<Relation>| match need.as_slice() {
            [one] => entry(one),
            several => rich(&format!("({})", several.iter().map(shown).collect::<Vec<_>>().join(" or "))),
        };
        let needs: String = draft.needs.iter().map(single).chain(draft.rich.iter().map(|text| rich(text))).collect();
        let conflicts: String = draft.conflicts.iter().map(entry).collect();
        let _ = writeln!(
            xml,
            "<package type=\"rpm\"><name>{name}</name><arch>noarch</arch><version epoch=\"0\" ver=\"{version}\" rel=\"1\"/>\
             <checksum type=\"sha256\" pkgid=\"YES\">{}</checksum><summary>s</summary><description>d</description>\
             <packager/><url/><time file=\"1\" build=\"1\"/><size package=\"1\" installed=\"1\" archive=\"1\"/>\
             <location href=\"{}.rpm\"/><format><rpm:license>MIT</rpm:license><rpm:vendor/><rpm:group>g</rpm:group>\
             <rpm:buildhost>h</rpm:buildhost><rpm:sourcerpm>s.src.rpm</rpm:sourcerpm>\
             <rpm:header-range start=\"1\" end=\"2\"/><rpm:provides>{own}{provides}</rpm:provides>\
             <rpm:requires>{needs}</rpm:requires><rpm:conflicts>{conflicts}</rpm:conflicts></format></package>",
            Sha256::of(draft.rpm().as_bytes()),
            draft.rpm(),
        );
    }
    xml + "</metadata>\n"
}

fn entry((name, bound): &Relation) -> String {
    match bound {
        Some((op, version)) => format!("<rpm:entry name=\"{name}\" flags=\"{op}\" epoch=\"0\" ver=\"{version}\"/>"),
        None => format!("<rpm:entry name=\"{name}\"/>"),
    }
}

fn shown((name, bound): &Relation) -> String {
    bound.map_or(name.clone(), |(op, version)| format!("{name} {} {version}", sign(op)))
}

fn rich(text: &str) -> String {
    format!("<rpm:entry name=\"{}\"/>", text.replace('<', "&lt;").replace('>', "&gt;"))
}

/// `Packages` with these packages.
pub(super) fn packages(drafts: &[Draft]) -> String {
    let deb = |(name, bound): &Relation| {
        let signs = |op: &str| match op {
            "LT" => "<<",
            "GT" => ">>",
            op => sign(op),
        };
        bound.map_or(name.clone(), |(op, version)| format!("{name} ({} {version})", signs(op)))
    };
    let field = |name: &str, items: Vec<String>| {
        if items.is_empty() { String::new() } else { format!("{name}: {}\n", items.join(", ")) }
    };
    let stanza = |draft: &Draft| {
        let needs = draft.needs.iter().map(|need| need.iter().map(deb).collect::<Vec<_>>().join(" | ")).collect();
        format!(
            "Package: {}\nVersion: {}\nArchitecture: all\n{}{}{}Filename: {}.deb\nSize: 1\nSHA256: {}\n\n",
            draft.name,
            draft.version,
            field("Provides", draft.provides.iter().map(deb).collect()),
            field("Depends", needs),
            field("Conflicts", draft.conflicts.iter().map(deb).collect()),
            draft.deb(),
            Sha256::of(draft.deb().as_bytes()),
        )
    };
    drafts.iter().map(stanza).collect()
}

/// Writes a yum repository with these packages, whose files are not there.
pub(super) fn write_yum(folder: &Path, drafts: &[Draft]) {
    let repodata = folder.join("repodata");
    std::fs::create_dir_all(&repodata).unwrap();
    let empty = |document: &str, kind: &str| {
        format!(
            "<?xml version=\"1.0\"?>\n<{document} xmlns=\"http://linux.duke.edu/metadata/{kind}\" packages=\"0\"></{document}>\n"
        )
    };
    let mut repomd =
        "<?xml version=\"1.0\"?>\n<repomd xmlns=\"http://linux.duke.edu/metadata/repo\">\n<revision>1</revision>\n"
            .to_owned();
    for (kind, xml) in [
        ("primary", primary(drafts)),
        ("filelists", empty("filelists", "filelists")),
        ("other", empty("otherdata", "other")),
    ] {
        let name = format!("{kind}.xml");
        std::fs::write(repodata.join(&name), &xml).unwrap();
        let _ = writeln!(
            repomd,
            "<data type=\"{kind}\"><checksum type=\"sha256\">{sum}</checksum><open-checksum type=\"sha256\">{sum}</open-checksum>\
             <location href=\"repodata/{name}\"/><timestamp>1</timestamp><size>{len}</size><open-size>{len}</open-size></data>",
            sum = Sha256::of(xml.as_bytes()),
            len = xml.len()
        );
    }
    std::fs::write(repodata.join("repomd.xml"), repomd + "</repomd>\n").unwrap();
}
