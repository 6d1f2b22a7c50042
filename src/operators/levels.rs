//! Flow as whole levels.

/// How a displacement becomes a level from 0 to 255.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FlowLevels {
    /// Pixels times this,
    pub times: f32,
    /// plus this, rounded half up.
    pub plus: f32,
    /// What stands where there is no flow.
    pub missing: u8,
}
