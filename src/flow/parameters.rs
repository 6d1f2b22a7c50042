//! How the flow is computed, under OpenCV's names.

use crate::error::{Error, Result};
use crate::operators::{Expansion, FlowWindow, MOST_POLY_N};

/// How much each pixel of the window counts: OpenCV's `OPTFLOW_FARNEBACK_GAUSSIAN`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Window {
    /// All as much.
    #[default]
    Box,
    /// A Gaussian of 0.3 times half the window: sharper, and slower.
    Gaussian,
}

/// Parameters of OpenCV's `calcOpticalFlowFarneback`, under their names there. Its flag `OPTFLOW_USE_INITIAL_FLOW` is [`super::Flow::between_from`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Parameters {
    /// How large a level of the pyramid is beside the one below it: 0.1 to 0.99.
    pub pyr_scale: f64,
    /// Levels beyond the frames themselves, 0 to 32; fewer where one would have a side below 32 pixels.
    pub levels: u32,
    /// Pixels of the window's side, 2 to 1001: larger ones bear more noise and faster motion, and blur the field.
    pub winsize: u32,
    /// How often a level is solved, 1 to 1000.
    pub iterations: u32,
    /// Neighbours on either side of a pixel that its polynomial is fitted to, 1 to 16: 2 is fast and sharp, 5 is OpenCV's usual, 7 is smooth.
    pub poly_n: u32,
    /// Pixels of the Gaussian under which it is fitted, 0.2 to 100; 0 is 0.3 `poly_n`.
    pub poly_sigma: f64,
    /// The window: flags 0 or 256.
    pub window: Window,
}

impl Default for Parameters {
    fn default() -> Self {
        Self::OPENCV
    }
}

impl Parameters {
    /// What OpenCV's documentation and tutorials take.
    pub const OPENCV: Self =
        Self { pyr_scale: 0.5, levels: 3, winsize: 15, iterations: 3, poly_n: 5, poly_sigma: 1.2, window: Window::Box };

    /// What the two-stream network for action units was trained on: Bocklisch, Herold, Rzepka and Werkmeister, 2015.
    pub const TWO_STREAM: Self = Self { poly_n: 2, poly_sigma: 1.1, ..Self::OPENCV };

    /// Checks that the flow can be computed.
    ///
    /// # Errors
    /// [`Error::Argument`] with the parameter's name and what it may be.
    pub fn check(&self) -> Result<()> {
        let Self { pyr_scale, levels, winsize, iterations, poly_n, poly_sigma, window: _ } = *self;
        let wrong =
            |name: &str, value: f64, may: &str| Err(Error::Argument(format!("{name}: {value} cannot be computed: {may}")));
        if !(0.1..=0.99).contains(&pyr_scale) {
            return wrong("pyr_scale", pyr_scale, "a level is 0.1 to 0.99 times as large as the one below it");
        }
        if levels > 32 {
            return wrong("levels", levels.into(), "0 to 32");
        }
        if !(2..=1001).contains(&winsize) {
            return wrong(
                "winsize",
                winsize.into(),
                "a window has 2 to 1001 pixels on a side; of one pixel alone there is no flow",
            );
        }
        if !(1..=1000).contains(&iterations) {
            return wrong("iterations", iterations.into(), "1 to 1000");
        }
        if !(1..=MOST_POLY_N as u32).contains(&poly_n) {
            return wrong("poly_n", poly_n.into(), "1 to 16 neighbours on either side");
        }
        if poly_sigma != 0.0 && !(0.2..=100.0).contains(&poly_sigma) {
            return wrong("poly_sigma", poly_sigma, "0.2 to 100 pixels, or 0 for 0.3 poly_n");
        }
        Ok(())
    }

    pub(super) fn expansion(&self) -> Expansion {
        Expansion::new(self.poly_n as usize, self.poly_sigma)
    }

    pub(super) fn flow_window(&self) -> FlowWindow {
        match self.window {
            Window::Box => FlowWindow::all(self.winsize as usize),
            Window::Gaussian => FlowWindow::gaussian(self.winsize as usize),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_computed_is_refused_by_name() {
        assert!(Parameters::OPENCV.check().is_ok() && Parameters::TWO_STREAM.check().is_ok());
        let good = Parameters::OPENCV;
        let bad = [
            ("pyr_scale", Parameters { pyr_scale: 1.0, ..good }),
            ("pyr_scale", Parameters { pyr_scale: f64::NAN, ..good }),
            ("levels", Parameters { levels: 33, ..good }),
            ("winsize", Parameters { winsize: 1, ..good }),
            ("iterations", Parameters { iterations: 0, ..good }),
            ("poly_n", Parameters { poly_n: 17, ..good }),
            ("poly_sigma", Parameters { poly_sigma: 0.1, ..good }),
        ];
        for (name, parameters) in bad {
            let error = parameters.check().unwrap_err().to_string();
            assert!(error.starts_with(&format!("{name}: ")), "{error}");
        }
    }
}
