//! Stacks of dense flow.

use crate::operators::FlowLevels;

/// A flow `[H, W]` of displacements in pixels as levels, across and down.
pub fn flow_levels(flow: &[[f32; 2]], how: &FlowLevels) -> Vec<[u8; 2]> {
    let level = |moved: f32| (moved * how.times + (how.plus + 0.5)).floor().clamp(0.0, 255.0) as u8;
    flow.iter().map(|moved| moved.map(level)).collect()
}

/// Flows of `pixels` levels each, or none, as channels `[2 flows, H, W]`: across and down of each in turn, (level - `mean`) x `scale`.
pub fn flow_stack(flows: &[Option<&[[u8; 2]]>], pixels: usize, how: &FlowLevels, [mean, scale]: [f32; 2]) -> Vec<f32> {
    let value = |level: u8| (f32::from(level) - mean) * scale;
    let channel = |flow: &Option<&[[u8; 2]]>, axis: usize| match flow {
        Some(levels) => levels.iter().map(|level| value(level[axis])).collect(),
        None => vec![value(how.missing); pixels],
    };
    flows.iter().flat_map(|flow| [channel(flow, 0), channel(flow, 1)]).flatten().collect()
}
