//! What differs between the databases RT runs on.

/// A kind of database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    Sqlite,
    Postgres,
    /// `MySQL` and `MariaDB`.
    Mysql,
}

impl Dialect {
    /// The dialect of the database at `url`.
    pub(super) fn of(url: &str) -> Option<Self> {
        match url.split_once("://")? {
            ("sqlite", file) if !file.is_empty() && file != ":memory:" => Some(Self::Sqlite),
            ("postgres" | "postgresql", _) => Some(Self::Postgres),
            ("mysql" | "mariadb", _) => Some(Self::Mysql),
            _ => None,
        }
    }

    /// The URL to read from. A missing file is not created.
    pub(super) fn reading(self, url: &str) -> String {
        match self {
            Self::Sqlite if !url.contains('?') => format!("{url}?mode=ro"),
            Self::Sqlite | Self::Postgres | Self::Mysql => url.to_owned(),
        }
    }

    /// Makes the connection one that can not write, whatever its account may.
    pub(super) const fn forbid_writing(self) -> &'static str {
        match self {
            Self::Sqlite => "PRAGMA query_only = ON",
            Self::Postgres => "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY",
            Self::Mysql => "SET SESSION TRANSACTION READ ONLY",
        }
    }

    /// The place of the only value of a statement.
    pub(super) const fn placeholder(self) -> &'static str {
        match self {
            Self::Sqlite | Self::Mysql => "?",
            Self::Postgres => "$1",
        }
    }

    /// The seconds since 1970 of a column. RT writes all its times in UTC, whatever the zones of server and session.
    pub(super) fn seconds(self, column: &str) -> String {
        match self {
            Self::Sqlite => format!("CAST(strftime('%s', {column}) AS INTEGER)"),
            Self::Postgres => format!("CAST(EXTRACT(EPOCH FROM {column}) AS BIGINT)"),
            Self::Mysql => format!("TIMESTAMPDIFF(SECOND, '1970-01-01 00:00:00', {column})"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_is_known_by_its_url() {
        assert_eq!(Dialect::of("sqlite:///var/lib/rt.sqlite"), Some(Dialect::Sqlite));
        assert_eq!(Dialect::of("postgresql://reader@host/rt5"), Some(Dialect::Postgres));
        assert_eq!(Dialect::of("mysql://reader@host/rt5"), Some(Dialect::Mysql));
        assert_eq!(Dialect::of("sqlite://:memory:"), None);
        assert_eq!(Dialect::of("/var/lib/rt.sqlite"), None);
    }

    #[test]
    fn a_missing_file_is_not_created() {
        assert_eq!(Dialect::Sqlite.reading("sqlite:///rt.sqlite"), "sqlite:///rt.sqlite?mode=ro");
    }
}
