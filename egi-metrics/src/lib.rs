//! Numbers and reports from history. Never touches the database.
