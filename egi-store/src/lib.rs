//! The database, and nothing but storage: inbox, journal, releases, history.
