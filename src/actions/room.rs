//! Slots for crops and flows on a device, which a reader lends to the videos that it follows.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The slots of one reader. Clones are the same ones.
#[derive(Debug, Clone, Default)]
pub(super) struct Room(Arc<Mutex<Lent>>);

#[derive(Debug, Default)]
struct Lent {
    crops: Slots,
    levels: Slots,
}

/// Numbers that are lent.
#[derive(Debug, Default)]
struct Slots {
    free: Vec<u32>,
    count: u32,
}

impl Slots {
    fn lend(&mut self) -> u32 {
        self.free.pop().unwrap_or_else(|| {
            self.count += 1;
            self.count - 1
        })
    }
}

impl Room {
    /// Whether both are of one reader.
    pub fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// A slot for a crop.
    pub fn crop(&self) -> u32 {
        self.lent().crops.lend()
    }

    /// A slot for the levels of a flow.
    pub fn levels(&self) -> u32 {
        self.lent().levels.lend()
    }

    /// Slots that nobody reads any more.
    pub fn take_back(&self, crops: impl IntoIterator<Item = u32>, levels: impl IntoIterator<Item = u32>) {
        let mut lent = self.lent();
        lent.crops.free.extend(crops);
        lent.levels.free.extend(levels);
    }

    /// Slots of crops and of levels that were lent at most.
    pub fn counts(&self) -> (usize, usize) {
        let lent = self.lent();
        (lent.crops.count as usize, lent.levels.count as usize)
    }

    fn lent(&self) -> MutexGuard<'_, Lent> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
