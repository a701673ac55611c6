//! A site moved from its file to a server and from there to another.

use nsrw_tests::servers::database::{DatabaseKind, DatabaseServer};

use crate::world::World;

#[test]
fn a_site_moves_from_its_file_to_postgres_and_on_to_mariadb_and_goes_on_there() {
    let world = World::new();
    let ticket = world.open_unverified("storm");
    let waiting = world.open("dpm");
    world.site.done(&["ticket", "set", "--as", "carlos", &waiting.to_string(), "RolloutProgress=Unverified"]).unwrap();
    let (before, head) = (world.everything(ticket), world.site.done(&["history", "verify"]).unwrap());
    let servers = DatabaseKind::ALL.map(|kind| DatabaseServer::start(kind).unwrap());
    for server in &servers {
        let url = server.make_database().unwrap();
        let told = world.site.done(&["store", "copy", "--to", &url]).unwrap();
        assert!(told.contains(&format!("set store.url = \"{url}\"")), "{told}");
        let again = world.site.nsrw(&["store", "copy", "--to", &url]).unwrap();
        assert_eq!(again.code, 1, "{}", again.log);
        assert!(again.log.contains("name an empty database"), "{}", again.log);
        world.site.use_database(&url).unwrap();
        assert_eq!(world.everything(ticket), before);
        assert_eq!(world.site.done(&["history", "verify"]).unwrap(), head);
    }
    world.site.done(&["promote"]).unwrap();
    assert_eq!(world.history(waiting), ["Submitted -> Unverified by carlos: performed"]);
    world.assert_sound();
}
