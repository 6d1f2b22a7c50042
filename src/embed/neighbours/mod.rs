//! Exact nearest neighbours, the same on every device.
//!
//! A device gives every row a score in f32 by a product of matrices, as libraries that search by brute force do, and keeps the best few more than are wanted. Of those
//! the distances are computed on the host, in f64 and in one order of summing, and sorted, equal ones by row. How far a score can be off is known (Higham, "Accuracy and
//! Stability of Numerical Algorithms", 2002, section 3.1, whatever the order of the sum): where a row that was not kept could have been nearer, all rows of that query
//! are computed on the host. So answers have the same bits on every adapter, the processor and the twins.

mod bound;
mod gpu;
mod host;
mod metric;

use crate::device::Device;
use crate::error::{Error, Result};
use bound::Bound;
use gpu::OnGpu;
use host::OnCpu;
pub use metric::Metric;
use metric::{Candidate, MOST_QUERIES};

/// Neighbours of a query that devices look for; more are found on the host.
pub const MOST_NEIGHBOURS: usize = 64;
/// Rows that a device keeps beyond those that are wanted.
const SPARE: usize = 16;

/// A row that is near a query.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Neighbour {
    /// Its number.
    pub index: usize,
    /// How far it is, by the index's [`Metric`].
    pub distance: f64,
}

/// Vectors made ready to be searched. The device holds a copy of them: 4 bytes a number, and as many again on the host.
#[derive(Debug)]
pub struct Index {
    vectors: Vec<f32>,
    size: usize,
    metric: Metric,
    bound: Bound,
    place: Place,
    rescanned: usize,
}

#[derive(Debug)]
enum Place {
    Reference,
    Cpu(Box<OnCpu>),
    Gpu(Box<OnGpu>),
}

impl Index {
    /// Of `vectors` `[N, size]`, finite.
    ///
    /// # Errors
    /// [`Error::Argument`] where they are no whole rows, too many, or a number is not finite; the device's, [`Error::OutOfMemory`] among them.
    pub fn new(device: &Device, vectors: Vec<f32>, size: usize, metric: Metric) -> Result<Self> {
        whole("the vectors that are searched", &vectors, size)?;
        let rows = vectors.len() / size;
        if rows >= u32::MAX as usize {
            return Err(Error::Argument(format!("{rows} vectors: fewer than {} can be searched", u32::MAX)));
        }
        let bound = Bound::of(&vectors, size, metric);
        let prepared = |rows: std::ops::Range<usize>| bound.prepared(&vectors[rows.start * size..rows.end * size]);
        let place = match device {
            Device::Reference => Place::Reference,
            Device::Cpu(cpu) => Place::Cpu(Box::new(OnCpu::new(cpu, [rows, size], prepared)?)),
            Device::Gpu(gpu) => Place::Gpu(Box::new(OnGpu::new(gpu, [rows, size], prepared)?)),
        };
        Ok(Self { vectors, size, metric, bound, place, rescanned: 0 })
    }

    /// Number of vectors.
    pub fn len(&self) -> usize {
        self.vectors.len() / self.size
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.vectors.is_empty()
    }

    /// The vectors, `[N, size]`.
    pub fn vectors(&self) -> &[f32] {
        &self.vectors
    }

    /// Queries so far whose rows the host went through, as the device's scores did not tell enough.
    pub fn rescanned(&self) -> usize {
        self.rescanned
    }

    /// The `k` rows that are nearest to each of `queries` `[Q, size]`, nearest first, equally near ones by their number; all where there are fewer.
    ///
    /// # Errors
    /// [`Error::Argument`] where the queries are no whole rows or a number is not finite; the device's.
    pub fn nearest(&mut self, queries: &[f32], k: usize) -> Result<Vec<Vec<Neighbour>>> {
        whole("the vectors that are looked for", queries, self.size)?;
        let k = k.min(self.len());
        if k == 0 {
            return Ok(vec![Vec::new(); queries.len() / self.size]);
        }
        if k > MOST_NEIGHBOURS || matches!(self.place, Place::Reference) {
            let scan = |query: &[f32]| self.scan(query, k);
            return Ok(match &self.place {
                Place::Cpu(place) => place.cpu().map(queries.chunks_exact(self.size).collect(), scan),
                _ => queries.chunks_exact(self.size).map(scan).collect(),
            });
        }
        let most = (k + SPARE).min(self.len());
        let mut found = Vec::with_capacity(queries.len() / self.size);
        for part in queries.chunks(MOST_QUERIES * self.size) {
            let prepared = self.bound.prepared(part).0;
            let candidates = match &mut self.place {
                Place::Reference => Vec::new(),
                Place::Cpu(place) => place.search(&prepared, most),
                Place::Gpu(place) => place.search(&prepared, most)?,
            };
            for (query, candidates) in part.chunks_exact(self.size).zip(candidates) {
                found.push(match self.refine(query, &candidates, [k, most]) {
                    Some(nearest) => nearest,
                    None => {
                        self.rescanned += 1;
                        self.scan(query, k)
                    }
                });
            }
        }
        Ok(found)
    }

    /// As [`Index::nearest`], of the vectors that are searched themselves, each without itself.
    ///
    /// # Errors
    /// The device's.
    pub fn others(&mut self, k: usize) -> Result<Vec<Vec<Neighbour>>> {
        let vectors = self.vectors.clone();
        let mut found = self.nearest(&vectors, k.saturating_add(1))?;
        for (own, nearest) in found.iter_mut().enumerate() {
            match nearest.iter().position(|neighbour| neighbour.index == own) {
                Some(place) => drop(nearest.remove(place)),
                // More than k others are as near as itself.
                None => nearest.truncate(k),
            }
        }
        Ok(found)
    }

    fn row(&self, row: usize) -> &[f32] {
        self.vectors.get(row * self.size..(row + 1) * self.size).unwrap_or(&[])
    }

    /// The `k` nearest of the candidates; `None` where a row that is none of them could be nearer.
    fn refine(&self, query: &[f32], candidates: &[Candidate], [k, most]: [usize; 2]) -> Option<Vec<Neighbour>> {
        if candidates.len() < most {
            return None;
        }
        let measure = self.metric.measure();
        let mut all: Vec<(f64, u32)> = candidates.iter().map(|&(_, row)| (measure(query, self.row(row as usize)), row)).collect();
        all.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let worst = candidates.last().map_or(f32::NAN, |candidate| candidate.0);
        let (farthest, _) = *all.get(k - 1)?;
        let certain = most == self.len() || farthest < self.bound.least(query, worst);
        all.truncate(k);
        certain.then(|| self.told(all))
    }

    /// The `k` nearest of all rows.
    fn scan(&self, query: &[f32], k: usize) -> Vec<Neighbour> {
        let measure = self.metric.measure();
        let rows = self.vectors.chunks_exact(self.size);
        let mut all: Vec<(f64, u32)> = rows.zip(0..).map(|(row, at)| (measure(query, row), at)).collect();
        let order = |a: &(f64, u32), b: &(f64, u32)| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1));
        if k < all.len() {
            all.select_nth_unstable_by(k, order);
            all.truncate(k);
        }
        all.sort_by(order);
        self.told(all)
    }

    fn told(&self, all: Vec<(f64, u32)>) -> Vec<Neighbour> {
        let one = |(measure, row): (f64, u32)| Neighbour { index: row as usize, distance: self.metric.distance(measure) };
        all.into_iter().map(one).collect()
    }
}

/// Checks that these are whole vectors of finite numbers.
fn whole(what: &str, vectors: &[f32], size: usize) -> Result<()> {
    if size == 0 || !vectors.len().is_multiple_of(size) {
        return Err(Error::Argument(format!("{what}: {} numbers are no whole vectors of {size}", vectors.len())));
    }
    match vectors.iter().position(|value| !value.is_finite()) {
        Some(at) => {
            let (row, place) = (at / size, at % size);
            Err(Error::Argument(format!("{what}: vector {row} has {} at {place}: numbers are finite", vectors[at])))
        }
        None => Ok(()),
    }
}
