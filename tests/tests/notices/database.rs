//! A database that somebody else has locked.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};

use crate::slow::SlowServer;
use crate::world::{FIELDS, World};

/// Another program with a write transaction in the site's database.
struct Holder {
    child: Child,
    input: ChildStdin,
}

impl Holder {
    fn lock(site: &Path) -> Self {
        let script = "import sqlite3, sys\n\
                      database = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=60)\n\
                      database.execute('BEGIN IMMEDIATE')\n\
                      print('locked', flush=True)\n\
                      sys.stdin.readline()\n\
                      database.execute('ROLLBACK')\n";
        let mut command = Command::new("python3");
        command.args(["-c", script]).arg(site.join("nsrw.db")).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut said = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut said).unwrap();
        assert_eq!(said, "locked\n");
        Self { input: child.stdin.take().unwrap(), child }
    }

    fn release(mut self) {
        self.input.write_all(b"\n").unwrap();
        assert!(self.child.wait().unwrap().success());
    }
}

#[test]
fn a_notice_that_can_not_be_stored_is_not_accepted_and_works_when_sent_again() {
    let world = World::new();
    let ticket = world.open("storm");
    let server = world.serve();
    let change = world.change(ticket, "carlos", "Unverified");
    let before = world.everything(ticket);
    let holder = Holder::lock(world.site.folder());

    let told = vec!["server: the notice could not be stored; send it again".to_owned()];
    let answer = change.post(&server);
    assert_eq!((answer.status, answer.errors()), (503, told.clone()));
    let faulty = server.post(&[("Ticket_Id", "1")]).unwrap();
    assert_eq!((faulty.status, faulty.errors()), (503, told), "the ticket would not hear of it");
    assert_eq!(server.get("/ready").unwrap().status, 200, "it can be read");
    let busy = world.site.nsrw(&["promote"]).unwrap();
    assert_eq!(busy.code, 4, "try again later: {}", busy.log);

    holder.release();
    world.flush(&server);
    assert_eq!(world.everything(ticket), before, "nothing was stored");
    assert_eq!(change.post(&server).status, 202);
    world.wait_for_history(ticket, 1);
    assert_eq!(world.stands(ticket), "Unverified OK");
    world.assert_sound();
}

#[test]
fn a_database_locked_in_the_middle_of_a_plan_holds_it_up_and_no_longer() {
    let world = World::new();
    let delivery = world.deliver("storm", "1.0.0");
    let provider = SlowServer::serve(delivery.dir.clone());
    let ticket = world.site.open_ticket(&delivery, &provider.url, &FIELDS).unwrap();
    let server = world.serve();
    world.change(ticket, "carlos", "Unverified").post(&server);
    provider.wait_for_half();
    let holder = Holder::lock(world.site.folder());
    provider.go_on();
    server.wait_for_log("the queue could not be worked on").unwrap();
    holder.release();
    assert_eq!(world.wait_for_history(ticket, 1), ["Submitted -> Unverified by carlos: performed"]);
    assert_eq!(world.stands(ticket), "Unverified OK");
    assert_eq!(world.site.comments(ticket).unwrap().len(), 1);
    assert_eq!(server.stop().unwrap(), 0);
    world.assert_sound();
}
