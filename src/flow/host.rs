//! The flow by the twins, on the threads of a processor.

use std::sync::Arc;

use image::GrayImage;

use super::field::Field;
use super::job::Job;
use super::parameters::Parameters;
use super::pyramid::{Level, levels};
use crate::cpu::Cpu;
use crate::operators::{Expansion, FlowWindow};
use crate::reference::{self, Polynomial};

/// The polynomials of a frame, a level after the other.
pub(crate) type Expanded = Arc<Vec<Vec<Polynomial>>>;

/// Frames of one size.
#[derive(Debug)]
pub(crate) struct OnHost {
    cpu: Option<Cpu>,
    levels: Vec<Level>,
    expansion: Expansion,
    window: FlowWindow,
    iterations: u32,
    /// What displacements of a level are multiplied by on the finer one.
    factor: f32,
    kept: Option<Expanded>,
}

impl OnHost {
    /// With the threads of `cpu`, or the one that calls.
    pub fn new(cpu: Option<Cpu>, size: [usize; 2], parameters: &Parameters) -> Self {
        Self {
            cpu,
            levels: levels(size, parameters),
            expansion: parameters.expansion(),
            window: parameters.flow_window(),
            iterations: parameters.iterations,
            factor: (1.0 / parameters.pyr_scale) as f32,
            kept: None,
        }
    }

    pub fn keeps(&self) -> bool {
        self.kept.is_some()
    }

    pub fn forget(&mut self) {
        self.kept = None;
    }

    pub(super) fn run(&mut self, job: &Job<'_>) -> Vec<Field> {
        let expanded = self.map(job.frames.to_vec(), |frame| Arc::new(self.expand(frame)));
        let all: Vec<Expanded> = self.kept.iter().filter(|_| job.after_kept).cloned().chain(expanded).collect();
        let pairs =
            job.pairs.iter().enumerate().map(|(index, pair)| (pair.map(|at| &all[at]), job.initial.map(|all| &all[index])));
        let fields = self.map(pairs.collect(), |([first, second], initial)| self.flow(first, second, initial));
        if job.keeps {
            self.kept = all.last().cloned();
        }
        fields
    }

    /// `work` on every one of `parts`, on the threads there are.
    pub fn map<T: Send, R: Send>(&self, parts: Vec<T>, work: impl Fn(T) -> R + Sync + Send) -> Vec<R> {
        match &self.cpu {
            Some(cpu) => cpu.map(parts, work),
            None => parts.into_iter().map(work).collect(),
        }
    }

    /// The polynomials of a frame.
    pub fn expand(&self, frame: &GrayImage) -> Vec<Vec<Polynomial>> {
        let of = |level: &Level| {
            let across = reference::shrink_across(frame.as_raw(), frame.width() as usize, &level.across);
            let picture = reference::shrink_down(&across, level.width, &level.down);
            reference::expand(&picture, level.width, &self.expansion)
        };
        self.levels.iter().map(of).collect()
    }

    /// The flow from one frame to another.
    pub fn flow(&self, first: &Expanded, second: &Expanded, initial: Option<&Field>) -> Field {
        let mut coarse: Option<(Vec<[f32; 2]>, f32)> = initial
            .zip(self.levels.first())
            .map(|(field, level)| (field.smaller([level.width, level.height], level.scale as f32), 1.0));
        let mut size = self.levels.first().map_or(0, |level| level.width);
        for (index, level) in self.levels.iter().enumerate() {
            let [rows, columns] = &level.enlarge;
            let mut flow = match coarse.take() {
                None => vec![[0.0; 2]; level.pixels()],
                Some((coarse, factor)) => reference::enlarge(&coarse, size, [rows, columns], factor),
            };
            for _ in 0..self.iterations {
                let equations = reference::equations(&first[index], &second[index], level.width, &flow);
                flow = reference::flow_solve(
                    &reference::window_down(&equations, level.width, &self.window),
                    level.width,
                    &self.window,
                );
            }
            size = level.width;
            coarse = Some((flow, self.factor));
        }
        let (data, _) = coarse.unwrap_or_default();
        let finest = self.levels.last().map_or([0; 2], |level| [level.width as u32, level.height as u32]);
        Field { width: finest[0], height: finest[1], data }
    }
}
