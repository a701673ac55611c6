//! What people are told: pages that stay what they are, feeds that stay short, and nothing that can stop a publication.

use std::os::unix::fs::MetadataExt as _;

use egi_model::release::{Emergency, ReleaseType};

use super::*;
use crate::page::feed::{Arrival, LENGTH};

fn world() -> World {
    World::with(TreeOptions {
        public_url: Some("http://repository.example.org/sw".to_owned()),
        ..TreeOptions::default()
    })
}

fn about(product: &str, version: &str) -> About {
    About {
        major: "umd-4".parse().unwrap(),
        major_title: "UMD 4".to_owned(),
        short_name: product.parse().unwrap(),
        product: product.to_owned(),
        version: version.parse().unwrap(),
        released: "2026-10-30".parse().ok(),
        provider: "INFN".to_owned(),
        description: "Made & <tried>".to_owned(),
        release_type: ReleaseType::Incremental,
        emergency: Emergency::No,
        documentation: vec!["javascript:alert(1)".to_owned(), "https://example.org/docs".to_owned()],
        notes: "https://example.org/notes".to_owned(),
        changes: "Nothing".to_owned(),
        ticket_url: None,
    }
}

/// Places a release of one package, of which something is told.
fn tell(world: &World, number: u64, product: &str, version: &str) {
    let content = world.content(&[(&format!("{product}-{version}-1.x86_64.rpm"), rpm(product, version))]);
    world.tree.keep_about(&world.lock, ticket(number), &about(product, version)).unwrap();
    world.place(&updates(), &placement(number, product, content, Mode::Add));
}

#[test]
fn a_page_that_says_the_same_is_the_same_file() {
    let mut world = world();
    tell(&world, 1, "storm", "1.0");
    let inode =
        |number: u64| fs::metadata(world.public(&updates(), &format!("@releases/{number}.html"))).unwrap().ino();
    let first = inode(1);
    let page = world.text(&updates(), "@releases/1.html");
    assert!(page.contains("Made &amp; &lt;tried&gt;") && page.contains("https://example.org/docs"), "{page}");
    assert!(!page.contains("javascript:"), "{page}");
    tell(&world, 2, "argus", "1.0");
    assert_eq!(inode(1), first);

    let emergency = About { emergency: Emergency::Yes, ..about("storm", "1.0") };
    world.tree.keep_about(&world.lock, ticket(1), &emergency).unwrap();
    world.later(TimeDelta::hours(1));
    world.tree.publish_anew(&world.lock, &updates(), world.now).unwrap();
    assert!(world.text(&updates(), "@releases/1.html").contains("<dd>security</dd>"));
    assert!(world.text(&updates(), "index.html").contains("Generation 3, published <time"));
}

#[test]
fn a_feed_has_the_newest_entries_of_its_major_release() {
    let world = world();
    let old = |n: u64| Arrival {
        repo: updates(),
        ticket: ticket(1000 + n),
        at: world.now - TimeDelta::days(i64::try_from(n).unwrap()),
        about: about("old", &format!("1.{n}")),
    };
    let mut arrivals: Vec<_> = (1..=60).map(old).collect();
    arrivals.push(Arrival { about: About { major: "cmd-1".parse().unwrap(), ..about("old", "1.0") }, ..old(99) });
    let path = world.tree.layout.arrivals(Area::Production);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, serde_json::to_vec(&arrivals).unwrap()).unwrap();
    tell(&world, 1, "storm", "2.0");
    let feed = fs::read_to_string(world.tree.public_root().join("production/feeds/umd-4.atom")).unwrap();
    let titles: Vec<&str> = feed.split("<title>").skip(2).map(|rest| rest.split('<').next().unwrap()).collect();
    assert_eq!((titles.len(), titles[0], titles[LENGTH - 1]), (LENGTH, "storm 2.0", "old 1.49"));
    let other = fs::read_to_string(world.tree.public_root().join("production/feeds/cmd-1.atom")).unwrap();
    assert_eq!(other.matches("<entry>").count(), 1);
}

#[test]
fn what_is_told_stops_no_publication() {
    let world = world();
    tell(&world, 1, "storm", "1.0");
    fs::write(world.tree.layout.about(ticket(1)), "{").unwrap();
    fs::write(world.tree.layout.arrivals(Area::Production), "{").unwrap();
    // No page can be put where a folder is.
    let page = world.tree.public_root().join("production/index.html");
    fs::remove_file(&page).unwrap();
    fs::create_dir(&page).unwrap();
    tell(&world, 2, "argus", "1.0");
    assert_eq!(world.listed(&updates()).len(), 2);
    assert!(world.tree.layout.due().exists(), "it is still due");
    fs::remove_dir(&page).unwrap();
    drop(world.lock);
    world.tree.lock().unwrap();
    assert!(!world.tree.layout.due().exists());
    assert!(fs::read_to_string(&page).unwrap().contains("umd/"));
    let shown = fs::read_to_string(world.tree.public_root().join(updates().public_path()).join("index.html")).unwrap();
    assert!(shown.contains(">storm</a>") && shown.contains(">argus 1.0</a>"), "{shown}");
}

#[test]
fn a_folder_that_is_left_empty_goes_with_its_page() {
    let world = world();
    tell(&world, 1, "storm", "1.0");
    let folder = world.tree.public_root().join("production/umd");
    assert!(folder.join("4/sl6/index.html").exists());
    world.withdraw(&updates(), 1);
    assert!(!folder.exists());
    let area = fs::read_to_string(world.tree.public_root().join("production/index.html")).unwrap();
    assert!(!area.contains("umd/") && area.contains("feeds/umd-4.atom"), "{area}");
    let feed = fs::read_to_string(world.tree.public_root().join("production/feeds/umd-4.atom")).unwrap();
    assert!(feed.contains("it has left its repository since"), "{feed}");
}
