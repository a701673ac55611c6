//! The area of each state: the configuration that belongs to a transition.

use crate::sql::Tx;
use egi_model::area::Area;
use egi_model::rollout::RolloutState;
use egi_workflow::policy::{TargetAreas, default_target_areas};

use crate::Store;
use crate::error::{Operation, StoreError};
use crate::row;

impl Store {
    /// The area each state's releases lie in; states without one are missing.
    pub async fn load_target_areas(&self) -> Result<TargetAreas, StoreError> {
        let operation = Operation::new("load the target areas");
        let rows = sqlx::query("SELECT state, area FROM target_areas WHERE area IS NOT NULL").fetch_all(&self.read);
        let rows = rows.await.map_err(operation.failed())?;
        let areas = rows.iter().map(|row| Ok((row::parsed(row, "state")?, area(row)?)));
        areas.collect::<row::Result<_>>().map_err(operation.failed())
    }

    /// Sets the area that releases lie in while they stand in `state`; `None` for none.
    pub async fn save_target_area(&self, state: RolloutState, area: Option<Area>) -> Result<(), StoreError> {
        let operation = Operation::new("save a target area");
        let update = sqlx::query("UPDATE target_areas SET area = ? WHERE state = ?")
            .bind(area.map(Area::as_str))
            .bind(state.as_str());
        update.execute(&self.write).await.map(|_| ()).map_err(operation.failed())
    }
}

fn area(row: &sqlx::any::AnyRow) -> row::Result<Area> {
    let name = row::text(row, "area")?;
    let area = Area::ALL.into_iter().find(|area| area.as_str() == name);
    row::decoded(row, "area", area.ok_or_else(|| format!("\"{name}\" is no area")))
}

/// Writes a row for every state that has none: the default where the site has not chosen yet.
pub(crate) async fn seed(connection: &mut Tx) -> row::Result<()> {
    let defaults = default_target_areas();
    for state in RolloutState::ALL {
        let known = sqlx::query("SELECT state FROM target_areas WHERE state = ?").bind(state.as_str());
        if known.fetch_optional(&mut *connection).await?.is_none() {
            let insert = sqlx::query("INSERT INTO target_areas (state, area) VALUES (?, ?)")
                .bind(state.as_str())
                .bind(defaults.get(&state).copied().map(Area::as_str));
            insert.execute(&mut *connection).await?;
        }
    }
    Ok(())
}
