//! Indexes packed one way or the other.

use super::*;

fn packed(packing: Packing) -> (World, Vec<String>) {
    let world = World::with(TreeOptions { yum_packing: packing, ..TreeOptions::default() });
    let content = world.content(&[("storm-1.0-1.x86_64.rpm", rpm("storm", "1.0"))]);
    world.place(&updates(), &placement(1, "storm", content, Mode::Add));
    let repomd = world.text(&updates(), "repodata/repomd.xml");
    let hrefs = repomd.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap());
    let kinds = hrefs.map(|href| href.split_once('-').unwrap().1.to_owned());
    let kinds = kinds.collect();
    (world, kinds)
}

#[test]
fn a_site_chooses_how_indexes_are_packed() {
    let of = |ending: &str| ["primary", "filelists", "other"].map(|kind| format!("{kind}.xml.{ending}"));
    for (packing, kinds) in [(Packing::Gzip, of("gz")), (Packing::Zstd, of("zst"))] {
        let (world, found) = packed(packing);
        assert_eq!(found, kinds);
        assert_eq!(world.listed(&updates()), ["storm-1.0-1.x86_64.rpm"], "{packing}");
    }
}

#[test]
fn indexes_packed_with_zstd_are_assembled_from_kept_runs_too() {
    let (world, _) = packed(Packing::Zstd);
    let (rendered, read) = world.tree.metadata.effort();
    let key = key(Area::StageRollout, "x/1");
    let content = world.tree.probe_live(&updates()).unwrap().unwrap().placements[0].content;
    world.place(&key, &placement(1, "storm", content, Mode::Add));
    let now = world.tree.metadata.effort();
    assert_eq!((now.0, now.1 - read), (rendered, 0), "what it is stands in the pack's index, the run is there");
    let index = |key: &RepoKey| {
        let entries = fs::read_dir(world.public(key, "repodata")).unwrap();
        entries.map(|entry| entry.unwrap().file_name()).collect::<BTreeSet<_>>()
    };
    assert_eq!(index(&key), index(&updates()));
}
