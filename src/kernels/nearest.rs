//! Nearest neighbours: of the scores of tiles of rows, the best of every query.

use super::{holds, loops, one_a_item};
use crate::error::{Error, Result};
use crate::gpu::shader::{self, NEAREST_MERGE, NEAREST_SELECT};
use crate::gpu::{Dispatch, Slice, Work};

/// Entries of a list at most: the shader's own arrays.
pub const MOST_LISTED: usize = 80;
/// An entry: the bits of its score, and its row.
const ENTRY: u64 = 8;

/// The lists in which the best rows of every query are kept while tiles go by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lists {
    /// Number of queries.
    pub queries: usize,
    /// Lists of a query: each sees every so manieth vec4 of a tile.
    pub lanes: usize,
    /// Entries of a list, [`MOST_LISTED`] at most.
    pub most: usize,
}

impl Lists {
    /// Bytes of all lists.
    pub fn bytes(self) -> u64 {
        ENTRY * (self.queries * self.lanes * self.most) as u64
    }

    /// Bytes of the list of every query that they become.
    pub fn merged_bytes(self) -> u64 {
        ENTRY * (self.queries * self.most) as u64
    }

    /// Rows of a tile at most: a lane's loops end where every row of it is better than those before.
    pub fn most_rows(self) -> usize {
        super::MAX_ITERATIONS.saturating_sub(2 * self.most) / self.iterations() * 16 * self.lanes
    }

    /// Of the loops of a lane for 16 scores, where all of them are kept.
    fn iterations(self) -> usize {
        17 + 16 * self.most
    }

    fn check(self, at: &str) -> Result<()> {
        if !(1..=MOST_LISTED).contains(&self.most) || self.lanes == 0 {
            return Err(Error::shape(
                at,
                format!("{} entries in {} lists of a query: 1 to {MOST_LISTED}", self.most, self.lanes),
            ));
        }
        Ok(())
    }
}

/// The rows whose scores are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScoredRows {
    /// Number of the first.
    pub first: usize,
    /// How many.
    pub count: usize,
    /// Whether nothing was seen before: the lists are empty, whatever lies there.
    pub begins: bool,
}

/// The scores of some rows, `[queries, rows / 4]` vec4, into `lists` `[most, queries x lanes]`: the highest scores of each lane's rows, best first, equal ones by row.
///
/// # Errors
/// [`Error::Shape`] where a buffer is too small, or there are more rows than [`Lists::most_rows`].
pub fn nearest_select(at: &str, lists: Lists, rows: ScoredRows, scores: Slice, kept: Slice) -> Result<Dispatch> {
    lists.check(at)?;
    let stride = rows.count.div_ceil(4);
    holds(at, scores, 16 * (lists.queries * stride) as u64)?;
    holds(at, kept, lists.bytes())?;
    loops(at, stride.div_ceil(4 * lists.lanes) * lists.iterations() + 2 * lists.most)?;
    let params = shader::nearest_select::Params {
        queries: lists.queries as u32,
        lanes: lists.lanes as u32,
        most: lists.most as u32,
        rows: rows.count as u32,
        stride: stride as u32,
        first_row: rows.first as u32,
        begins: u32::from(rows.begins),
    };
    let work = Work { flops: 0, bytes: 16 * (lists.queries * stride) as u64 + 2 * lists.bytes() };
    one_a_item(at, &NEAREST_SELECT, params, vec![scores, kept], lists.queries * lists.lanes, work)
}

/// The lists of every query as one, `[queries, most]`: bits of the score and row, highest score first, equal ones by row. Rows that are none have the number `u32::MAX`.
///
/// # Errors
/// [`Error::Shape`] where a buffer is too small.
pub fn nearest_merge(at: &str, lists: Lists, kept: Slice, merged: Slice) -> Result<Dispatch> {
    lists.check(at)?;
    holds(at, kept, lists.bytes())?;
    holds(at, merged, lists.merged_bytes())?;
    // A binary search in every other list.
    loops(at, lists.lanes * 9)?;
    let params =
        shader::nearest_merge::Params { queries: lists.queries as u32, lanes: lists.lanes as u32, most: lists.most as u32 };
    let count = lists.queries * lists.lanes * lists.most;
    let work = Work { flops: 0, bytes: lists.bytes() + lists.merged_bytes() };
    one_a_item(at, &NEAREST_MERGE, params, vec![kept, merged], count, work)
}
