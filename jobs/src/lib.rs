//! One executable, nsrw: config, HTTP API, worker, batch jobs. The only crate that knows all the others.
