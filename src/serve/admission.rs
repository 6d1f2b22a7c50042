//! What may wait: pictures and their pixels, by semaphores that refuse at once. A tower layer that limits concurrency would let requests wait without bound.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::config::Limits;

/// Pixels of a permit: semaphores count in u32.
const UNIT: u64 = 1024;

/// Places for pictures.
#[derive(Debug)]
pub struct Admission {
    pictures: Arc<Semaphore>,
    units: Arc<Semaphore>,
    most_pictures: usize,
    most_units: u64,
}

/// A picture's place, until it is dropped.
#[derive(Debug)]
pub struct Place {
    _picture: OwnedSemaphorePermit,
    _units: OwnedSemaphorePermit,
}

/// Why there is none.
#[derive(Debug, PartialEq)]
pub enum Full {
    /// Others must end first.
    Now,
    /// It is more than there is.
    Ever,
}

impl Admission {
    /// Within these limits.
    pub fn new(limits: &Limits) -> Self {
        let units = units(limits.pixels);
        Self {
            pictures: Arc::new(Semaphore::new(limits.pictures)),
            units: Arc::new(Semaphore::new(units as usize)),
            most_pictures: limits.pictures,
            most_units: units,
        }
    }

    /// Places for pictures of so many pixels: all of them, or none.
    ///
    /// # Errors
    /// There are not as many.
    pub fn admit(&self, pixels: &[u64]) -> Result<Vec<Place>, Full> {
        let own: Vec<u64> = pixels.iter().map(|&pixels| units(pixels)).collect();
        let all: u64 = own.iter().sum();
        let (Ok(count), Ok(sum)) = (u32::try_from(pixels.len()), u32::try_from(all)) else { return Err(Full::Ever) };
        if pixels.len() > self.most_pictures || all > self.most_units {
            return Err(Full::Ever);
        }
        let mut pictures = Arc::clone(&self.pictures).try_acquire_many_owned(count).map_err(|_| Full::Now)?;
        let mut units = Arc::clone(&self.units).try_acquire_many_owned(sum).map_err(|_| Full::Now)?;
        let place = |own: u64| Some(Place { _picture: pictures.split(1)?, _units: units.split(own as usize)? });
        own.into_iter().map(place).collect::<Option<_>>().ok_or(Full::Now)
    }

    /// Pictures that have places, and their pixels.
    pub fn taken(&self) -> (usize, u64) {
        let units = self.most_units - (self.units.available_permits() as u64).min(self.most_units);
        (self.most_pictures.saturating_sub(self.pictures.available_permits()), units * UNIT)
    }
}

fn units(pixels: u64) -> u64 {
    pixels.div_ceil(UNIT).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_of_a_request_or_nothing_has_places_and_they_come_back() {
        let limits = Limits { pixels: 10 * UNIT, pictures: 3, ..Limits::default() };
        let admission = Admission::new(&limits);
        assert_eq!(admission.admit(&[11 * UNIT]).unwrap_err(), Full::Ever);
        assert_eq!(admission.admit(&[1; 4]).unwrap_err(), Full::Ever);
        let places = admission.admit(&[6 * UNIT, 1]).unwrap();
        assert_eq!((places.len(), admission.taken()), (2, (2, 7 * UNIT)));
        assert_eq!(admission.admit(&[1, 1]).unwrap_err(), Full::Now);
        assert_eq!(admission.admit(&[4 * UNIT]).unwrap_err(), Full::Now);
        assert_eq!(admission.taken(), (2, 7 * UNIT), "what was refused keeps nothing");
        drop(places);
        assert_eq!(admission.admit(&[10 * UNIT]).unwrap().len(), 1);
    }
}
