//! Winograd's F(4 x 4, 3 x 3) and F(2 x 2, 3 x 3), as far as who computes them agrees (Lavin & Gray 2016, arXiv:1509.09308).

/// Side of a tile of output pixels: m of F(m x m, 3 x 3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WinogradSize {
    /// F(2 x 2, 3 x 3).
    Two,
    /// F(4 x 4, 3 x 3).
    Four,
}

impl WinogradSize {
    /// Both, the larger first.
    pub const ALL: [Self; 2] = [Self::Four, Self::Two];

    /// In pixels.
    pub fn pixels(self) -> usize {
        match self {
            Self::Two => 2,
            Self::Four => 4,
        }
    }

    /// Products: values of a transformed tile.
    pub fn points(self) -> usize {
        self.kernel().len() * self.kernel().len()
    }

    /// What each value of a 3 x 3 kernel is multiplied by for one of the products: G g G^T at `point`.
    pub fn factors(self, point: usize) -> [f64; 9] {
        let kernel = self.kernel();
        let (down, across) = (kernel[point / kernel.len() % kernel.len()], kernel[point % kernel.len()]);
        std::array::from_fn(|index| down[index / 3] * across[index % 3])
    }

    /// G of Lavin & Gray.
    fn kernel(self) -> &'static [[f64; 3]] {
        match self {
            Self::Two => &KERNEL_2,
            Self::Four => &KERNEL_4,
        }
    }
}

/// Rows for 0, 1, -1 and infinity.
const KERNEL_2: [[f64; 3]; 4] = [[1.0, 0.0, 0.0], [0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0.0, 0.0, 1.0]];
/// Rows for 0, 1, -1, 2, -2 and infinity.
const KERNEL_4: [[f64; 3]; 6] = [
    [1.0 / 4.0, 0.0, 0.0],
    [-1.0 / 6.0, -1.0 / 6.0, -1.0 / 6.0],
    [-1.0 / 6.0, 1.0 / 6.0, -1.0 / 6.0],
    [1.0 / 24.0, 1.0 / 12.0, 1.0 / 6.0],
    [1.0 / 24.0, -1.0 / 12.0, 1.0 / 6.0],
    [0.0, 0.0, 1.0],
];
