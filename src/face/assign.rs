//! Who is who at the least cost: the assignment problem (Kuhn, "The Hungarian method for the assignment problem", Naval Research Logistics Quarterly 2,
//! 1955), with shortest augmenting paths.

/// For each row the column that it gets, no column twice, so that the sum of costs is least. A row that gets none costs `none`; a pair whose cost is not
/// finite is never made. Rows may differ in length.
pub fn cheapest(costs: &[Vec<f64>], none: f64) -> Vec<Option<usize>> {
    let rows = costs.len();
    let columns = costs.iter().map(Vec::len).max().unwrap_or(0);
    // Behind the columns one a row, which is to get none. A forbidden pair costs more than any sum of those that are not.
    let finite = costs.iter().flatten().filter(|cost| cost.is_finite()).map(|cost| cost.abs());
    let forbidden = 1.0 + (rows + 1) as f64 * (2.0 * finite.fold(none.abs(), f64::max) + 1.0);
    let width = columns + rows;
    let cost = |row: usize, column: usize| match costs[row].get(column) {
        Some(cost) if cost.is_finite() => *cost,
        None if column == columns + row => none,
        _ => forbidden,
    };
    let mut rows_price = vec![0.0; rows];
    let mut columns_price = vec![0.0; width];
    let mut holder: Vec<Option<usize>> = vec![None; width];
    for row in 0..rows {
        // The cheapest path from this row to a column that nobody holds: Dijkstra's, on costs less prices.
        let mut least = vec![f64::INFINITY; width];
        let mut before: Vec<Option<usize>> = vec![None; width];
        let mut done = vec![false; width];
        let (mut at, mut from) = (row, None);
        let end = loop {
            let mut next: Option<usize> = None;
            for column in (0..width).filter(|&column| !done[column]) {
                let reached = cost(at, column) - rows_price[at] - columns_price[column];
                if reached < least[column] {
                    (least[column], before[column]) = (reached, from);
                }
                if next.is_none_or(|best| least[column] < least[best]) {
                    next = Some(column);
                }
            }
            // Of `width` columns at most `row` are held.
            let Some(next) = next else { return vec![None; rows] };
            let step = least[next];
            rows_price[row] += step;
            for column in 0..width {
                if done[column] {
                    if let Some(held) = holder[column] {
                        rows_price[held] += step;
                    }
                    columns_price[column] -= step;
                } else {
                    least[column] -= step;
                }
            }
            done[next] = true;
            match holder[next] {
                Some(held) => (at, from) = (held, Some(next)),
                None => break next,
            }
        };
        let mut column = end;
        while let Some(previous) = before[column] {
            holder[column] = holder[previous];
            column = previous;
        }
        holder[column] = Some(row);
    }
    let mut assigned = vec![None; rows];
    for (column, row) in holder.iter().enumerate().take(columns) {
        if let Some(row) = *row
            && costs[row].get(column).is_some_and(|cost| cost.is_finite())
        {
            assigned[row] = Some(column);
        }
    }
    assigned
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The least sum, by trying all.
    fn tried(costs: &[Vec<f64>], none: f64, row: usize, taken: &mut Vec<usize>) -> f64 {
        let Some(line) = costs.get(row) else { return 0.0 };
        let mut best = none + tried(costs, none, row + 1, taken);
        for (column, cost) in line.iter().enumerate().filter(|pair| pair.1.is_finite()) {
            if !taken.contains(&column) {
                taken.push(column);
                best = best.min(cost + tried(costs, none, row + 1, taken));
                taken.pop();
            }
        }
        best
    }

    #[test]
    fn no_other_assignment_is_cheaper() {
        let mut state = 1_u64;
        let mut random = move || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as f64 / (1_u64 << 31) as f64
        };
        for (rows, columns) in [(1, 1), (2, 2), (3, 1), (0, 3), (3, 0), (4, 6), (6, 4), (5, 5)].repeat(60) {
            let mut costs = vec![vec![0.0; columns]; rows];
            costs.iter_mut().flatten().for_each(|cost| *cost = if random() < 0.3 { f64::INFINITY } else { 3.0 * random() - 0.5 });
            let found = cheapest(&costs, 1.0);
            let sum: f64 = found.iter().zip(&costs).map(|(column, line)| column.map_or(1.0, |column| line[column])).sum();
            let mut held: Vec<_> = found.iter().flatten().collect();
            held.sort();
            assert!(held.windows(2).all(|pair| pair[0] < pair[1]), "{found:?}");
            let best = tried(&costs, 1.0, 0, &mut Vec::new());
            assert!((sum - best).abs() < 1e-9, "{found:?} costs {sum}, and {best} is possible: {costs:?}");
        }
    }
}
