//! The finder's networks on a GPU: the photograph goes up once; a submission makes candidates of it, another one landmarks.

use std::collections::HashMap;
use std::sync::Arc;

use image::RgbImage;

use super::networks::{CUT, Detects, MOST_FACES, Net, OVERLAP};
use super::tile::Tile;
use crate::error::{Error, Result};
use crate::gpu::{Buffer, Gpu, Plan, Recording, Scratch, Slice, Wait};
use crate::graph::{Prepared, TensorId, Weights};
use crate::host::offload::shared;
use crate::kernels::{self, Cells, FacePart, Normalise, Source, TurnedPart, View};
use crate::operators::{Candidate, Decoding, MOST_CANDIDATES, Rect, Region, Similarity};
use crate::reference;
use crate::tensor::{Precision, Tensor};
use crate::weights::Model;

/// Bytes of the largest tensor of a run of a network at most, unless one image takes more: on a GPU, which needs them to be busy, and on a CPU adapter.
const MOST_TENSOR: [u64; 2] = [1 << 26, 1 << 23];
/// Squares of one submission at most.
const MOST_SQUARES: usize = 64;
/// Plans kept ready, the one used last at the end.
const MOST_PLANS: usize = 8;
/// Pixels that the smallest buffer of a photograph holds.
const LEAST_PIXELS: usize = 1 << 18;

/// Networks made ready when they are needed first, and plans for numbers of tiles and squares.
#[derive(Debug)]
pub(super) struct OnGpu {
    gpu: Gpu,
    model: Arc<Model>,
    precision: Precision,
    networks: HashMap<Net, (Prepared, Vec<TensorId>)>,
    anchors: HashMap<Detects, Buffer>,
    /// What holds the photograph that is searched, and its pixels.
    photo: Option<(Buffer, usize)>,
    scratch: Scratch,
    plans: Vec<(Key, Ready)>,
}

/// What a plan was made for.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Key {
    /// Upright and turned tiles.
    Detect {
        detects: Detects,
        tiles: [usize; 2],
        least: [f32; 2],
    },
    Mesh {
        squares: usize,
        turned: bool,
    },
    Blendshapes {
        faces: usize,
    },
}

#[derive(Debug)]
struct Ready {
    plan: Plan,
    /// Where parts of the photograph go up, a batch after the other.
    parts: Vec<Slice>,
    /// Where tiles' places go up, as many.
    places: Vec<Slice>,
    /// Uploads that are the same at every run.
    constants: Vec<(Slice, Vec<u8>)>,
}

impl OnGpu {
    pub fn new(gpu: Gpu, model: Arc<Model>, precision: Precision) -> Self {
        Self {
            gpu,
            model,
            precision,
            networks: HashMap::new(),
            anchors: HashMap::new(),
            photo: None,
            scratch: Scratch::default(),
            plans: Vec::new(),
        }
    }

    /// Pixels of the largest picture that one buffer holds.
    fn most_pixels(&self) -> usize {
        (self.gpu.max_binding() / 16 * 4) as usize
    }

    /// Sends a photograph up; of one that is too large, nothing: its tiles are cut on the host.
    pub fn bring(&mut self, photo: &RgbImage) -> Result<()> {
        if self.holds(photo) { self.send(photo) } else { Ok(()) }
    }

    fn holds(&self, photo: &RgbImage) -> bool {
        photo.width() as usize * photo.height() as usize <= self.most_pixels()
    }

    fn send(&mut self, photo: &RgbImage) -> Result<()> {
        let count = photo.width() as usize * photo.height() as usize;
        if self.photo.as_ref().is_none_or(|(_, held)| *held < count) {
            let held = count.next_power_of_two().clamp(LEAST_PIXELS, self.most_pixels());
            // Plans bind the old one.
            self.plans.clear();
            self.photo = None;
            self.photo = Some((self.gpu.reserve("photograph", 4 * held as u64)?, held));
        }
        let words: Vec<u32> = photo.pixels().map(|pixel| u32::from_le_bytes([pixel[0], pixel[1], pixel[2], 0])).collect();
        let Some((buffer, _)) = &self.photo else { return Ok(()) };
        self.gpu.write(buffer, 0, bytemuck::cast_slice(&words))
    }

    /// What may be faces in `tiles` of the photograph that was brought, upright ones first; `least` scores in upright and in turned ones.
    pub async fn candidates(
        &mut self,
        photo: &RgbImage,
        detects: Detects,
        tiles: &[Tile],
        least: [f32; 2],
        wait: Wait,
    ) -> Result<Vec<Candidate>> {
        // A crowd has more than one suppression goes through: then it is looked at in parts.
        let (mut left, mut found) = (vec![tiles], Vec::new());
        while let Some(tiles) = left.pop() {
            let (kept, all) = self.candidates_of(photo, detects, tiles, least, wait).await?;
            if !all && tiles.len() > 1 {
                let (first, second) = tiles.split_at(tiles.len() / 2);
                left.extend([second, first]);
            } else {
                found.push(kept);
            }
        }
        Ok(if found.len() == 1 { found.concat() } else { reference::suppress(&found.concat(), OVERLAP, usize::MAX) })
    }

    /// Candidates of tiles that are searched together, and whether they are all there are.
    async fn candidates_of(
        &mut self,
        photo: &RgbImage,
        detects: Detects,
        tiles: &[Tile],
        least: [f32; 2],
        wait: Wait,
    ) -> Result<(Vec<Candidate>, bool)> {
        let side = Net::Detector(detects).side();
        let (size, sent) = self.sent(photo, tiles, side)?;
        let mut parts: [Vec<u8>; 2] = Default::default();
        let mut counts = [0; 2];
        for tile in &sent {
            let (kind, bytes) = part(*tile, size);
            parts[kind].extend(bytes);
            counts[kind] += 1;
        }
        let key = Key::Detect { detects, tiles: counts, least };
        let places: Vec<[f32; 8]> = tiles.iter().map(|tile| tile.place(side)).collect();
        let answers = self.submit(key, &parts.concat(), bytemuck::cast_slice(&places), wait).await?;
        let [counts, kept] = <[Vec<u8>; 2]>::try_from(answers).map_err(|_| Error::Defect("candidates without a count".into()))?;
        let counts: Vec<u32> = bytemuck::pod_collect_to_vec(&counts);
        let [count, seen] = [0, 1].map(|at| counts.get(at).copied().unwrap_or(0) as usize);
        let mut kept: Vec<Candidate> =
            bytemuck::pod_collect_to_vec(&kept[..kept.len() / size_of::<Candidate>() * size_of::<Candidate>()]);
        kept.truncate(count.min(MOST_FACES));
        Ok((kept, count < MOST_FACES && seen <= MOST_CANDIDATES))
    }

    /// The mesh network's points and presence of each square of the photograph that was brought.
    pub async fn meshes(&mut self, photo: &RgbImage, squares: &[Similarity], wait: Wait) -> Result<[Vec<f32>; 2]> {
        let mut all = [Vec::new(), Vec::new()];
        for squares in squares.chunks(MOST_SQUARES) {
            let tiles: Vec<Tile> = squares.iter().map(|&square| Tile::alone(square)).collect();
            let (size, sent) = self.sent(photo, &tiles, Net::Mesh.side())?;
            let (kinds, parts): (Vec<usize>, Vec<Vec<u8>>) = sent.iter().map(|&tile| part(tile, size)).unzip();
            let (turned, parts) = (kinds.first() == Some(&1), parts.concat());
            let answers = self.submit(Key::Mesh { squares: squares.len(), turned }, &parts, &[], wait).await?;
            for (index, bytes) in answers.into_iter().enumerate() {
                all[index % 2].extend(bytemuck::pod_collect_to_vec::<u8, f32>(&bytes));
            }
        }
        Ok(all)
    }

    /// Where the device finds `tiles` of a photograph, and the size of what lies there: itself, or its tiles cut out, one below the other.
    fn sent(&mut self, photo: &RgbImage, tiles: &[Tile], side: u32) -> Result<([u32; 2], Vec<Tile>)> {
        if self.holds(photo) {
            return Ok(([photo.width(), photo.height()], tiles.to_vec()));
        }
        let pictures = shared(tiles.to_vec(), usize::MAX, |tile| tile.cut(photo, side));
        let mut all = RgbImage::new(side, side * tiles.len() as u32);
        for (rows, picture) in all.chunks_exact_mut(3 * (side * side) as usize).zip(pictures) {
            rows.copy_from_slice(picture?.as_raw());
        }
        self.send(&all)?;
        let place = |index: u32| Tile::alone(Rect { x: 0, y: (index * side) as i32, width: side, height: side });
        Ok(([side, side * tiles.len() as u32], (0..tiles.len() as u32).map(place).collect()))
    }

    /// The blendshapes of faces, `input` `[faces, 146, 2]`.
    pub async fn blendshapes(&mut self, input: &Tensor, wait: Wait) -> Result<Vec<f32>> {
        let faces = input.shape.first().copied().unwrap_or(0);
        let answers = self.submit(Key::Blendshapes { faces }, bytemuck::cast_slice(&input.data), &[], wait).await?;
        Ok(answers.iter().flat_map(|bytes| bytemuck::pod_collect_to_vec::<u8, f32>(bytes)).collect())
    }

    /// Runs the plan of `key`, whose batches take their parts of `parts` and `places` in turn.
    async fn submit(&mut self, key: Key, parts: &[u8], places: &[u8], wait: Wait) -> Result<Vec<Vec<u8>>> {
        match self.plans.iter().position(|(other, _)| *other == key) {
            Some(at) => self.plans[at..].rotate_left(1),
            None => {
                let ready = self.record(key)?;
                self.plans.push((key, ready));
            }
        }
        let Some((_, Ready { plan, parts: to, places: to_places, constants })) = self.plans.last_mut() else {
            return Err(Error::Defect("a plan that was not made".into()));
        };
        let mut uploads: Vec<(Slice, &[u8])> = Vec::new();
        for (slices, mut rest) in [(&*to, parts), (&*to_places, places)] {
            for slice in slices {
                let (own, later) = rest.split_at(rest.len().min(slice.size as usize));
                uploads.push((*slice, own));
                rest = later;
            }
        }
        uploads.extend(constants.iter().map(|(slice, bytes)| (*slice, &bytes[..])));
        plan.abandon();
        plan.submit(&uploads)?;
        Ok(plan.take(wait).await?.0)
    }

    fn record(&mut self, key: Key) -> Result<Ready> {
        let net = match key {
            Key::Detect { detects, .. } => Net::Detector(detects),
            Key::Mesh { .. } => Net::Mesh,
            Key::Blendshapes { .. } => Net::Blendshapes,
        };
        self.prepare(net)?;
        let Some((prepared, answers)) = self.networks.get(&net) else {
            return Err(Error::Defect("a network that was not prepared".into()));
        };
        let batches = |images: usize| {
            let bytes = MOST_TENSOR[usize::from(self.gpu.capabilities().cpu)];
            let most = ((bytes / prepared.largest().max(1)).max(1) as usize).min(images.max(1));
            // Batches of one size share their slabs.
            let most = images.div_ceil(images.div_ceil(most).max(1)).max(1);
            (0..images).step_by(most).map(|first| most.min(images - first)).collect::<Vec<_>>()
        };
        let mut making = Making {
            recording: Recording::default(),
            ready: Parts::default(),
            slabs: Vec::new(),
            shared: HashMap::new(),
            most: 0,
            prepared,
            answers,
            net,
        };
        match key {
            Key::Detect { detects, tiles: [upright, turned], least } => {
                let batches: Vec<(usize, bool)> = batches(upright)
                    .into_iter()
                    .map(|images| (images, false))
                    .chain(batches(turned).into_iter().map(|images| (images, true)))
                    .collect();
                making.pool(batches.iter().map(|(images, _)| *images))?;
                let photo = making.photo(self.photo.as_ref())?;
                let anchors = match self.anchors.get(&detects) {
                    Some(anchors) => making.recording.shared("anchors", anchors),
                    None => return Err(Error::Defect("anchors that were not made".into())),
                };
                making.detect(&batches, detects, photo, anchors, least)?;
            }
            Key::Mesh { squares, turned } => {
                let batches = batches(squares);
                making.pool(batches.iter().copied())?;
                let photo = making.photo(self.photo.as_ref())?;
                for images in batches {
                    let input = making.pictures(images, turned, photo)?;
                    for slice in making.run(input, true)? {
                        making.recording.read(slice);
                    }
                }
            }
            Key::Blendshapes { faces } => {
                making.pool([faces])?;
                making.blendshapes(faces)?;
            }
        }
        let Making { mut recording, ready: Parts { parts, places, constants }, .. } = making;
        if !self.scratch.holds(&mut recording) {
            // Smaller plans would keep what they were lent; to record them again costs little.
            self.plans.clear();
        } else if self.plans.len() == MOST_PLANS {
            self.plans.remove(0);
        }
        let plan = Plan::with(&self.gpu, recording, &mut self.scratch)?;
        Ok(Ready { plan, parts, places, constants })
    }

    fn prepare(&mut self, net: Net) -> Result<()> {
        if !self.networks.contains_key(&net) {
            let (graph, weights, answers) = net.of(&self.model)?;
            let prepared = Prepared::new(&self.gpu, graph, &[&weights as &dyn Weights], &[], self.precision)?;
            self.networks.insert(net, (prepared, answers));
        }
        if let Net::Detector(detects) = net
            && !self.anchors.contains_key(&detects)
        {
            let buffer = self.gpu.upload("anchors", bytemuck::cast_slice(&detects.anchors()))?;
            self.anchors.insert(detects, buffer);
        }
        Ok(())
    }
}

/// What the kernels are told of a tile of a picture of `[width, height]`: 0 and its part where it is upright, 1 and its part where it is turned.
fn part(tile: Tile, [width, height]: [u32; 2]) -> (usize, Vec<u8>) {
    match tile.region {
        Region::Rect(rect) => (0, bytemuck::bytes_of(&FacePart::new(0, width, height, rect, false)).to_vec()),
        Region::Turned(turned) => (1, bytemuck::bytes_of(&TurnedPart::new(0, width, height, turned, false)).to_vec()),
    }
}

/// What a plan is given at every run.
#[derive(Default)]
struct Parts {
    parts: Vec<Slice>,
    places: Vec<Slice>,
    constants: Vec<(Slice, Vec<u8>)>,
}

/// A recording on its way.
struct Making<'p> {
    recording: Recording,
    ready: Parts,
    slabs: Vec<Slice>,
    /// What batches write in turns.
    shared: HashMap<(&'static str, usize), Slice>,
    /// Images of the largest batch.
    most: usize,
    prepared: &'p Prepared,
    answers: &'p [TensorId],
    net: Net,
}

impl Making<'_> {
    /// Slabs for runs of each of `batches` images.
    fn pool(&mut self, batches: impl IntoIterator<Item = usize>) -> Result<()> {
        let mut lists = Vec::new();
        for images in batches {
            self.prepared.tune(images)?;
            self.most = self.most.max(images);
            lists.push(self.prepared.slabs(images));
        }
        self.slabs = self.recording.pool(lists);
        Ok(())
    }

    fn photo(&mut self, photo: Option<&(Buffer, usize)>) -> Result<Slice> {
        let (buffer, _) = photo.ok_or_else(|| Error::Defect("no photograph was brought".into()))?;
        Ok(self.recording.shared("photograph", buffer))
    }

    fn constant(&mut self, label: &str, bytes: &[u8]) -> Slice {
        let slice = self.recording.upload(label, bytes.len() as u64);
        self.ready.constants.push((slice, bytes.to_vec()));
        slice
    }

    /// `images` pictures of the photograph, upright or turned, as the network's input.
    fn pictures(&mut self, images: usize, turned: bool, photo: Slice) -> Result<View> {
        let side = self.net.side();
        let (at, size) = (self.net.name(), [side; 2]);
        let each = kernels::part_bytes(turned);
        // Of its own size, so that the next batch's parts begin where these end.
        let parts = self.recording.upload("parts", (images * each) as u64);
        let parts = Slice { size: (images * each) as u64, ..parts };
        self.ready.parts.push(parts);
        let pixels = (side * side) as usize;
        let pictures = self.slab(("pictures", 0), 4 * pixels as u64);
        self.recording.dispatch(if turned {
            kernels::turn(at, images, parts, photo, size, pictures)?
        } else {
            kernels::warp(at, images, parts, photo, size, pictures)?
        });
        let precision = self.prepared.precision();
        let slice = self.slab(("input", 0), View::bytes(precision, 1, 3, side as usize, side as usize));
        let view = View { slice, images, channels: 3, height: side as usize, width: side as usize, precision };
        let corner = self.constant("corner", &[0; 8]);
        let [mean, scale] = self.net.normalise();
        let how = Normalise {
            source: Source::Colour,
            size,
            resize: size,
            crops: 1,
            reversed: false,
            mean: [mean; 3],
            scale: [scale; 3],
        };
        self.recording.dispatch(kernels::normalise(at, how, pictures, corner, corner, images, view, 0)?);
        Ok(view)
    }

    /// What batches write in turns: `each` bytes an image of the largest.
    fn slab(&mut self, name: (&'static str, usize), each: u64) -> Slice {
        let Self { recording, shared, most, .. } = self;
        *shared.entry(name).or_insert_with(|| recording.slab(name.0, each * *most as u64))
    }

    /// The network's answers for `input`, each a list of f32, which the next batch overwrites unless they are `kept`.
    fn run(&mut self, input: View, kept: bool) -> Result<Vec<Slice>> {
        let mut slices = Vec::new();
        let outputs = self.prepared.record(&mut self.recording, &self.slabs, &[input], self.answers)?;
        for (index, output) in outputs.into_iter().enumerate() {
            let values = output.channels * output.pixels();
            let logical = match kept {
                true => self.recording.slab("answer", 4 * (output.images * values) as u64),
                false => self.slab(("answer", index), 4 * values as u64),
            };
            self.recording.dispatch(kernels::unpack("answer", output, logical, values)?);
            slices.push(Slice { size: 4 * (output.images * values) as u64, ..logical });
        }
        Ok(slices)
    }

    fn detect(
        &mut self,
        batches: &[(usize, bool)],
        detects: Detects,
        photo: Slice,
        anchors: Slice,
        least: [f32; 2],
    ) -> Result<()> {
        let cells = detects.anchors().len();
        let count = self.constant("count", &[0; 4]);
        let found = self.recording.slab("found", (size_of::<Candidate>() * MOST_CANDIDATES) as u64);
        let mut first = 0;
        for &(images, turned) in batches {
            let input = self.pictures(images, turned, photo)?;
            let [boxes, scores] = <[Slice; 2]>::try_from(self.run(input, false)?)
                .map_err(|_| Error::Defect("a detector answers boxes and scores".into()))?;
            let tiles = self.recording.upload("places", 32 * images as u64);
            self.ready.places.push(tiles);
            let how = Decoding { side: self.net.side() as f32, least: least[usize::from(turned)], cut: CUT, first };
            let from = Cells { boxes, scores, anchors, tiles };
            self.recording.dispatch(kernels::decode("decode", [images, cells], how, from, count, found)?);
            first += (images * cells) as u32;
        }
        let kept_count = self.recording.slab("kept count", 16);
        let kept = self.recording.slab("kept", (size_of::<Candidate>() * MOST_FACES) as u64);
        self.recording.dispatch(kernels::suppress("suppress", OVERLAP, count, found, kept_count, kept, MOST_FACES)?);
        self.recording.read(kept_count);
        self.recording.read(kept);
        Ok(())
    }

    fn blendshapes(&mut self, faces: usize) -> Result<()> {
        let graph = self.prepared.graph();
        let [channels, height, width] = graph.tensors[0].shape;
        let upload = self.recording.upload("points", 4 * (faces * graph.tensors[0].values()) as u64);
        self.ready.parts.push(upload);
        let precision = self.prepared.precision();
        let slice = self.recording.slab("input", View::bytes(precision, faces, channels, height, width));
        let view = View { slice, images: faces, channels, height, width, precision };
        self.recording.dispatch(kernels::pack("points", upload, view)?);
        for slice in self.run(view, true)? {
            self.recording.read(slice);
        }
        Ok(())
    }
}
