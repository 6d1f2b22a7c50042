//! What a face shows, as it is written to JSON: units by their columns' names.

use serde::{Serialize, Serializer};

use super::names::column;
use super::said::Emotions;
use super::unit::{Actions, Unit};

/// Units that `strongest` names.
const STRONGEST: usize = 5;

/// `{ "strongest": ["AU12"], "units": { "AU12": { "probability", "intensity", "present" } } }`: the five most probable units, and all that are read in the order of
/// the labels; `intensity` is left out where it is not answered. `emfacs` has what they say of emotions.
#[derive(Debug, Clone, Serialize)]
pub struct Named<'a> {
    strongest: Vec<String>,
    units: Each<'a>,
    emfacs: Emotions<'a>,
}

#[derive(Debug, Clone)]
struct Each<'a> {
    labels: &'a [String],
    actions: &'a Actions,
}

#[derive(Serialize)]
struct One {
    probability: f32,
    #[serde(skip_serializing_if = "Option::is_none")]
    intensity: Option<f32>,
    present: bool,
}

impl<'a> Named<'a> {
    /// Of a model of these labels, and of a face that the networks of expressions give the label `given`.
    pub fn new(actions: &'a Actions, labels: &'a [String], given: &str) -> Self {
        let name = |at: usize| labels.get(at).map(|label| column(label));
        let strongest = actions.strongest().into_iter().take(STRONGEST).filter_map(name).collect();
        Self { strongest, units: Each { labels, actions }, emfacs: Emotions::of(actions, labels, given) }
    }
}

impl Serialize for Each<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let one = |unit: Unit| One { probability: unit.probability, intensity: unit.intensity, present: unit.present };
        let read = self.labels.iter().zip(&self.actions.units).filter_map(|(label, unit)| Some((column(label), one((*unit)?))));
        serializer.collect_map(read)
    }
}
