//! Frames that wait until the flows around them are known.

use std::collections::VecDeque;
use std::ops::RangeInclusive;
use std::time::Duration;

use super::made::Made;

/// When a frame is shown.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment {
    pub index: u64,
    pub pts: Option<i64>,
    pub timestamp: Duration,
}

/// Frames and flows, of which flow k leads from frame k - 1 to frame k: there is none of the first.
#[derive(Debug)]
pub(super) struct Window {
    /// Flows of a stack before its frame, and after it: that of its own frame is the first of these.
    reach: [u64; 2],
    /// From frame `next` on.
    frames: VecDeque<(Moment, Made)>,
    next: u64,
    /// From flow `first` on.
    flows: VecDeque<Made>,
    first: u64,
    ended: bool,
}

impl Window {
    /// For stacks of so many flows: n - 5 to n + 4 of ten.
    pub fn new(flows: usize) -> Self {
        let before = (flows / 2) as u64;
        let reach = [before, (flows as u64).saturating_sub(before + 1)];
        Self { reach, frames: VecDeque::new(), next: 0, flows: VecDeque::new(), first: 1, ended: false }
    }

    pub fn push(&mut self, frames: impl IntoIterator<Item = (Moment, Made)>, flows: Vec<Made>) {
        self.frames.extend(frames);
        self.flows.extend(flows);
    }

    /// There are no more.
    pub fn end(&mut self) {
        self.ended = true;
    }

    /// Frames whose stacks are whole.
    pub fn ready(&self) -> usize {
        let known = self.first + self.flows.len() as u64;
        let waiting = if self.ended { u64::MAX } else { known.saturating_sub(self.next + self.reach[1]) };
        usize::try_from(waiting).unwrap_or(usize::MAX).min(self.frames.len())
    }

    /// The first frames.
    pub fn frames(&self, count: usize) -> impl Iterator<Item = &(Moment, Made)> {
        self.frames.iter().take(count)
    }

    /// Flows that are kept.
    pub fn flows(&self) -> impl Iterator<Item = &Made> {
        self.flows.iter()
    }

    /// The stack of the frame at `at` of [`Window::frames`]: positions among [`Window::flows`]; none where there is no such flow.
    pub fn stack(&self, at: usize) -> impl Iterator<Item = Option<(usize, &Made)>> {
        let frame = (self.next + at as u64) as i64;
        let [before, after] = self.reach.map(|reach| reach as i64);
        let range: RangeInclusive<i64> = frame - before..=frame + after;
        range.map(|flow| {
            let place = usize::try_from(flow - self.first as i64).ok()?;
            self.flows.get(place).map(|made| (place, made))
        })
    }

    /// The first frames are done.
    pub fn pass(&mut self, count: usize) {
        let count = count.min(self.frames.len());
        self.frames.drain(..count);
        self.next += count as u64;
        while self.first + self.reach[0] < self.next && self.flows.pop_front().is_some() {
            self.first += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::ByteSums;

    fn made(value: u32) -> Made {
        Made { words: vec![value], sums: ByteSums::default() }
    }

    /// What the stack of a frame is made of, by the numbers of flows.
    fn stacks(flows: usize, count: u64, together: usize) -> Vec<Vec<Option<u32>>> {
        let mut window = Window::new(flows);
        let mut found = Vec::new();
        let mut take = |window: &mut Window| {
            let ready = window.ready();
            for at in 0..ready {
                found.push(window.stack(at).map(|flow| flow.map(|(_, made)| made.words[0])).collect());
            }
            window.pass(ready);
        };
        let frames: Vec<u64> = (0..count).collect();
        for part in frames.chunks(together) {
            let moment = |&index: &u64| (Moment { index, pts: None, timestamp: Duration::ZERO }, made(0));
            let flows = part.iter().filter(|&&index| index > 0).map(|&index| made(index as u32)).collect();
            window.push(part.iter().map(moment), flows);
            take(&mut window);
        }
        window.end();
        take(&mut window);
        found
    }

    #[test]
    fn a_stack_has_ten_flows_around_its_frame_and_none_beyond_the_video() {
        let all = stacks(10, 20, 1);
        assert_eq!(all.len(), 20);
        let flow = |frame: i64, place: i64| u32::try_from(frame - 5 + place).ok().filter(|flow| (1..20).contains(flow));
        for (frame, stack) in (0..).zip(&all) {
            assert_eq!(*stack, (0..10).map(|place| flow(frame, place)).collect::<Vec<_>>(), "frame {frame}");
        }
        for together in [3, 20] {
            assert_eq!(stacks(10, 20, together), all, "{together} at a time");
        }
        assert_eq!(stacks(1, 3, 2), [[None], [Some(1)], [Some(2)]]);
    }
}
