//! What was learned: `moue.fuse/1`.

use serde::Serialize;

use crate::ensemble::fusion::Quality;

/// What was learned, and what it changed.
#[derive(Debug, Serialize)]
pub struct Report {
    pub schema: &'static str,
    /// Faces it was learned on.
    pub images: usize,
    /// One a member, in the order of the model.
    pub members: Vec<MemberReport>,
    /// The learned weights, in the same order.
    pub weights: Vec<f64>,
    /// The learned temperature.
    pub temperature: f64,
    /// With the model's own weights and temperature.
    pub before: Figures,
    /// With the learned ones.
    pub after: Figures,
}

/// One member alone.
#[derive(Debug, Serialize)]
pub struct MemberReport {
    pub name: String,
    pub accuracy: f64,
    /// Negative log-likelihood, nats a face.
    pub nll: f64,
    pub weight_before: f64,
    pub weight: f64,
}

/// The fused answer.
#[derive(Debug, Serialize)]
pub struct Figures {
    pub accuracy: f64,
    pub nll: f64,
    pub ece: f64,
    pub temperature: f64,
}

impl Figures {
    pub fn of(quality: &Quality, temperature: f64) -> Self {
        Self { accuracy: quality.accuracy, nll: quality.nll, ece: quality.ece, temperature }
    }
}

impl Report {
    /// The member of the largest accuracy.
    pub fn best(&self) -> &MemberReport {
        self.members.iter().fold(&self.members[0], |best, member| if member.accuracy > best.accuracy { member } else { best })
    }

    /// Whether the learned fusion is right more often than every member alone.
    pub fn gains(&self) -> bool {
        self.after.accuracy > self.best().accuracy
    }

    /// The members, heaviest first.
    pub fn by_weight(&self) -> Vec<&MemberReport> {
        let mut members: Vec<&MemberReport> = self.members.iter().collect();
        members.sort_by(|a, b| b.weight.total_cmp(&a.weight));
        members
    }
}
