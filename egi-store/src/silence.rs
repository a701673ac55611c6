//! How long a database server may say nothing. One that is frozen, or whose machine lost its network, accepts what it is
//! asked and never answers; without a limit everybody who asks it would wait for ever.
//!
//! What is given up may have been done all the same, as when a connection is cut: whoever asked looks again.

use std::io;
use std::time::Duration;

use futures_util::stream::BoxStream;
use futures_util::{TryStreamExt as _, stream};
use tokio::time::timeout;

use crate::row::Result;

/// The limit, if there is one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Silence(Option<Duration>);

impl Silence {
    /// As long as it takes: the disk under a file says when it is done.
    pub(crate) const UNBOUNDED: Self = Self(None);

    pub(crate) const fn of(limit: Duration) -> Self {
        Self(Some(limit))
    }

    /// The answer, if it comes in time.
    pub(crate) async fn bound<T>(self, answer: impl Future<Output = Result<T>>) -> Result<T> {
        let Some(limit) = self.0 else { return answer.await };
        timeout(limit, answer).await.unwrap_or_else(|_| Err(silent(limit)))
    }

    /// The rows, as long as each comes in time after the one before.
    pub(crate) fn bound_rows<'r, T: Send + 'r>(self, rows: BoxStream<'r, Result<T>>) -> BoxStream<'r, Result<T>> {
        if self.0.is_none() {
            return rows;
        }
        let in_time = stream::unfold(Some(rows), move |rows| async move {
            let mut rows = rows?;
            match self.bound(rows.try_next()).await.transpose()? {
                Ok(row) => Some((Ok(row), Some(rows))),
                Err(error) => Some((Err(error), None)),
            }
        });
        Box::pin(in_time)
    }
}

fn silent(limit: Duration) -> sqlx::Error {
    let why = format!("the database server has said nothing for {} s; does it run?", limit.as_secs_f32());
    sqlx::Error::Io(io::Error::new(io::ErrorKind::TimedOut, why))
}

#[cfg(test)]
mod tests {
    use futures_util::StreamExt as _;

    use super::*;
    use crate::dialect::is_transient;

    const LIMIT: Duration = Duration::from_millis(20);

    #[tokio::test]
    async fn who_says_nothing_is_given_up_for_now() {
        let error = Silence::of(LIMIT).bound(std::future::pending::<Result<()>>()).await.unwrap_err();
        assert!(error.to_string().contains("said nothing for 0.02 s"), "{error}");
        assert!(is_transient(&error));
        assert_eq!(Silence::of(LIMIT).bound(async { Ok(7) }).await.unwrap(), 7);
    }

    #[tokio::test]
    async fn rows_that_stop_coming_are_an_error_after_those_that_came() {
        let half = stream::iter([Ok(1), Ok(2)]).chain(stream::pending::<Result<u8>>()).boxed();
        let mut rows = Silence::of(LIMIT).bound_rows(half);
        assert_eq!((rows.next().await.unwrap().unwrap(), rows.next().await.unwrap().unwrap()), (1, 2));
        assert!(rows.next().await.unwrap().is_err());
        assert!(rows.next().await.is_none());
        let whole = stream::iter([Ok(1), Ok(2)]).boxed();
        assert_eq!(Silence::of(LIMIT).bound_rows(whole).try_collect::<Vec<_>>().await.unwrap(), [1, 2]);
    }
}
