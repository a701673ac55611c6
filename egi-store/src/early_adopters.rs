//! The early-adopter teams of a site.

use egi_model::early_adopter::Team;

use crate::Store;
use crate::error::{Operation, StoreError};
use crate::row;

impl Store {
    /// All teams, by name.
    pub async fn load_teams(&self) -> Result<Vec<Team>, StoreError> {
        let operation = Operation::new("load the early-adopter teams");
        let rows = sqlx::query("SELECT name, document FROM teams ORDER BY name").fetch_all(&self.read);
        let rows = rows.await.map_err(operation.failed())?;
        rows.iter().map(|row| row::json(row, "document")).collect::<row::Result<_>>().map_err(operation.failed())
    }

    /// Makes `teams` the teams of the site, in the place of those before.
    pub async fn save_teams(&self, teams: &[Team]) -> Result<(), StoreError> {
        let operation = Operation::new("save the early-adopter teams");
        let mut tx = self.begin_write(operation).await?;
        let write = async {
            sqlx::query("DELETE FROM teams").execute(&mut tx).await?;
            for team in teams {
                let insert = sqlx::query("INSERT INTO teams (name, active, document) VALUES (?, ?, ?)")
                    .bind(team.name.as_str())
                    .bind(i64::from(team.active))
                    .bind(row::render_json(team)?);
                insert.execute(&mut tx).await?;
            }
            tx.commit().await
        };
        write.await.map_err(operation.failed())
    }
}
