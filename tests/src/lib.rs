//! The world in a box: what surrounds the workflow, real and on this machine.
//!
//! - [`servers`]: a provider's rsync, HTTP and FTP server, on the loopback interface, gone when dropped;
//! - [`packages`]: real rpm and deb packages to release;
//! - [`provider`]: the delivery a provider offers, and every way to spoil it;
//! - [`clients`]: throw-away roots into which the real `dnf` and `apt-get` install;
//! - [`site`]: a site of `nsrw` itself, driven by its command line as people drive it;
//! - [`browser`]: a real Chromium, for pages that people use;
//! - [`serve`]: a running `nsrw serve` of such a site, asked over HTTP, ended by signals;
//! - [`queue`]: an inbox with as many messages as are wanted;
//! - [`old_rt`]: the database of a Request Tracker that was in use for years, on each kind of database it runs on;
//! - [`scenario`]: scripts of what people do, run against such a site: script in, transcript out;
//! - [`keys`]: secret keys, made by `gpg`, and [`certificate`]s, by `openssl`;
//! - [`dice`]: random numbers that are the same each time;
//! - [`crash`]: the worker killed at any moment, and what is left compared with the undisturbed run;
//! - [`torn`]: readers beside a writer, ours and others, and whether anybody sees a repository torn;
//! - [`numbers`]: random logs, and `DuckDB` to compute from them what `nsrw report` does;
//! - [`demo`]: the main job from delivery to production, narrated: `make demo`;
//! - [`mod@bench`]: our commands timed beside the same work done by hand: `make bench`.
//!
//! Nothing here changes the
//! machine it runs on: no service, no system package database, no file outside a temporary folder and the build's
//! `target` folder. Everything works as root and as an ordinary user. The packages it needs from Debian are the sets of
//! `scripts/install-packages`.

pub mod bench;
pub mod browser;
pub mod certificate;
pub mod clients;
pub mod crash;
pub mod demo;
pub mod dice;
pub mod keys;
pub mod numbers;
pub mod old_rt;
pub mod packages;
pub mod process;
pub mod provider;
pub mod queue;
pub mod scenario;
pub mod serve;
pub mod servers;
pub mod site;
pub mod torn;
