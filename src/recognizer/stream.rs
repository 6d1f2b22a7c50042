//! Answers for photographs without end, in their order.

use std::collections::VecDeque;

use image::RgbImage;

use super::Recognizer;
use super::analysis::Analysis;
use super::prefetch::{MOST_PIXELS, Prefetch, Prefetched, Ready, Source, pixels};
use crate::error::Result;
use crate::gpu::Wait;

/// Faces, and photographs, that are read together at most: what one submission takes.
const BATCH: usize = 64;

/// The answer for one source.
#[derive(Debug)]
#[non_exhaustive]
pub struct Answer<S> {
    /// The source.
    pub source: S,
    /// Its photograph, where it could be read.
    pub photo: Option<RgbImage>,
    /// What it says, or why it says nothing: the errors of [`Source::read`] and [`Recognizer::analyze`].
    pub analysis: Result<Analysis>,
}

/// Answers in the order of the sources, from [`Recognizer::analyze_stream`]. Dropped, it stops the threads.
#[derive(Debug)]
pub struct Stream<'r, S> {
    recognizer: &'r mut Recognizer,
    photos: Prefetch<S>,
    answered: VecDeque<Answer<S>>,
}

impl Recognizer {
    /// Decodes photographs and finds their faces on other threads from now on, for [`Recognizer::analyze_stream`].
    ///
    /// # Errors
    /// [`crate::Error::Defect`] where the system gives no thread.
    pub fn prefetch<S, I>(&self, sources: I) -> Result<Prefetch<S>>
    where
        S: Source,
        I: IntoIterator<Item = S>,
        I::IntoIter: Send + 'static,
    {
        Prefetch::start(&self.finder, sources)
    }

    /// The answers for photographs without end, in their order: while some are decoded and searched on other threads, the faces of those that are
    /// ready share submissions. Memory does not grow with their number: see [`Prefetch`].
    pub fn analyze_stream<S: Source>(&mut self, photos: Prefetch<S>) -> Stream<'_, S> {
        Stream { recognizer: self, photos, answered: VecDeque::new() }
    }
}

impl<S: Source> Stream<'_, S> {
    /// The recognizer that reads.
    pub fn recognizer(&mut self) -> &mut Recognizer {
        self.recognizer
    }

    /// Time that the threads spent so far.
    pub fn prefetched(&self) -> Prefetched {
        self.photos.spent()
    }

    /// Reads what is ready together: one photograph at least, unless there is none left.
    fn read(&mut self) {
        let mut batch: Vec<Ready<S>> = self.photos.wait().into_iter().collect();
        let (mut faces, mut size) = batch.iter().map(cost).fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
        while !batch.is_empty() && batch.len() < BATCH && faces < BATCH && size < MOST_PIXELS {
            let Some(ready) = self.photos.ready() else { break };
            let (more_faces, more_pixels) = cost(&ready);
            (faces, size) = (faces + more_faces, size + more_pixels);
            batch.push(ready);
        }
        let mut found = Vec::with_capacity(batch.len());
        let mut photos = Vec::with_capacity(batch.len());
        for Ready { source, photo } in batch {
            match photo {
                Ok((photo, faces)) => {
                    found.push(faces);
                    photos.push((source, Ok(photo)));
                }
                Err(error) => photos.push((source, Err(error))),
            }
        }
        let wanted = photos.iter().filter_map(|(_, photo)| photo.as_ref().ok()).zip(found).collect();
        let mut analyses = pollster::block_on(self.recognizer.read_whole(wanted, Wait::Here)).into_iter();
        self.answered.extend(photos.into_iter().filter_map(|(source, photo)| match photo {
            Ok(photo) => analyses.next().map(|analysis| Answer { source, photo: Some(photo), analysis }),
            Err(error) => Some(Answer { source, photo: None, analysis: Err(error) }),
        }));
    }
}

impl<S: Source> Iterator for Stream<'_, S> {
    type Item = Answer<S>;

    fn next(&mut self) -> Option<Answer<S>> {
        if self.answered.is_empty() {
            self.read();
        }
        self.answered.pop_front()
    }
}

/// Faces and pixels of a photograph.
fn cost<S>(ready: &Ready<S>) -> (usize, u64) {
    let Ok((photo, found)) = &ready.photo else { return (0, 0) };
    (found.as_ref().map_or(0, Vec::len), pixels(photo))
}
