//! Who is who through the frames of made scenes: faces of MediaPipe's network (tests/goldens/landmarks.py) moved about, one hiding another, and what the
//! networks would say of them.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use moue::face::{Landmarks, Mesh, Origin, Plan, Seen, Square, TrackId, Tracker, Tracking};

use crate::landmarks::Goldens;

/// Where a face is at a time, and how wide; none where it is hidden.
type Way = Box<dyn Fn(f32) -> Option<([f32; 2], f32)>>;

/// A person: a face, its place in space, nearer ones first.
struct Person {
    face: Landmarks,
    /// Centre and side of its square at a time in seconds; `None` where it is out of the picture.
    at: Way,
}

impl Person {
    fn new(name: &str, at: impl Fn(f32) -> Option<([f32; 2], f32)> + 'static) -> Self {
        Self { face: Goldens::read().face(name), at: Box::new(at) }
    }

    fn landmarks(&self, time: f32, random: &mut Random) -> Option<Landmarks> {
        let (centre, side) = (self.at)(time)?;
        let own = Square::from_landmarks(&self.face);
        let scale = side / own.side;
        let placed = |&[x, y, z]: &[f32; 3]| {
            let mut noise = || 0.004 * side * (random.next() - 0.5);
            [
                centre[0] + scale * (x - own.centre[0]) + noise(),
                centre[1] + scale * (y - own.centre[1]) + noise(),
                scale * z + noise(),
            ]
        };
        Landmarks::new(&self.face.points().iter().map(placed).collect::<Vec<_>>())
    }
}

struct Random(u64);

impl Random {
    fn next(&mut self) -> f32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 40) as f32 / (1 << 24) as f32
    }

    fn within(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * self.next()
    }
}

/// People before a camera of 25 frames a second, the nearest first.
struct Scene {
    people: Vec<Person>,
    random: Random,
}

/// Who was called what in a frame: the tracker's name of each person, `None` where it is not seen.
type Names = Vec<Option<TrackId>>;

impl Scene {
    fn new(people: Vec<Person>, seed: u64) -> Self {
        Self { people, random: Random(seed) }
    }

    /// Those whom nobody hides, by their positions, and what the network says of them: the hind one's points are drawn to the one before it.
    fn visible(&mut self, time: f32) -> Vec<(usize, Mesh)> {
        let mut visible: Vec<(usize, Mesh)> = Vec::new();
        for (at, person) in self.people.iter().enumerate() {
            let Some(own) = person.landmarks(time, &mut self.random) else { continue };
            let square = Square::from_landmarks(&own);
            let share = |front: &Mesh| distance(&Square::from_landmarks(&front.landmarks), &square) / square.side;
            let front = visible.iter().map(|(_, front)| (share(front), front)).min_by(|a, b| a.0.total_cmp(&b.0));
            // A square is 1.5 faces wide: at a third of it half of the hind face is hidden.
            let mesh = match front {
                Some((clear, _)) if clear < 0.3 => continue,
                Some((clear, front)) if clear < 0.6 => {
                    let drawn = 0.25 * (0.6 - clear) / 0.3;
                    let mixed = own.points().iter().zip(front.landmarks.points());
                    let points: Vec<[f32; 3]> =
                        mixed.map(|(own, front)| [0, 1, 2].map(|i| own[i] + drawn * (front[i] - own[i]))).collect();
                    Mesh { landmarks: Landmarks::new(&points).unwrap(), presence: 0.8, square }
                }
                _ => Mesh { landmarks: own, presence: 0.99, square },
            };
            visible.push((at, mesh));
        }
        visible
    }

    /// A clip of so many frames through a tracker; `check` sees every plan.
    fn play(&mut self, tracker: &mut Tracker, frames: u32, mut check: impl FnMut(u32, &Plan)) -> Vec<Names> {
        let mut all = Vec::new();
        for frame in 0..frames {
            let time = Duration::from_millis(40 * u64::from(frame));
            let plan = tracker.plan(time);
            check(frame, &plan);
            let visible = self.visible(time.as_secs_f32());
            // The network finds the face that is nearest to the middle of its square, whoever it is.
            let seen_in = |square: &Square| {
                let near = |mesh: &Mesh| distance(&Square::from_landmarks(&mesh.landmarks), square) / square.side;
                let nearest = visible.iter().min_by(|a, b| near(&a.1).total_cmp(&near(&b.1)))?;
                (near(&nearest.1) < 0.4).then(|| nearest.clone())
            };
            let squares: Vec<_> = plan.squares.iter().filter_map(|(id, square)| Some((*id, seen_in(square)?))).collect();
            let found = plan.detect.then(|| visible.clone());
            let answers: Vec<_> = squares.iter().map(|(id, (_, mesh))| (*id, mesh.clone())).collect();
            let detections: Option<Vec<_>> = found.as_ref().map(|found| found.iter().map(|(_, mesh)| mesh.clone()).collect());
            let mut names: Names = vec![None; self.people.len()];
            for Seen { id, origin } in tracker.update(time, &answers, detections.as_deref()) {
                let person = match origin {
                    Origin::Square(at) => squares[at].1.0,
                    Origin::Detection(at) => found.as_ref().unwrap()[at].0,
                };
                assert_eq!(names[person].replace(id), None, "frame {frame}: person {person} is seen twice");
            }
            all.push(names);
        }
        all
    }
}

fn distance(a: &Square, b: &Square) -> f32 {
    (a.centre[0] - b.centre[0]).hypot(a.centre[1] - b.centre[1])
}

/// All names that each person was called by.
fn called(names: &[Names]) -> Vec<BTreeSet<TrackId>> {
    let people = names.first().map_or(0, Vec::len);
    (0..people).map(|person| names.iter().filter_map(|names| names[person]).collect()).collect()
}

/// A person who walks from one place to another, between two times.
fn walking(from: [f32; 2], to: [f32; 2], [start, end]: [f32; 2], side: f32) -> impl Fn(f32) -> Option<([f32; 2], f32)> {
    move |time| {
        let part = ((time - start) / (end - start)).clamp(0.0, 1.0);
        Some(([0, 1].map(|axis| from[axis] + part * (to[axis] - from[axis])), side))
    }
}

#[test]
fn people_who_cross_keep_their_names() {
    for seed in 0..40 {
        let mut random = Random(seed);
        let (near, far) = (random.within(150.0, 260.0), random.within(120.0, 200.0));
        let [first, second] = [random.within(200.0, 280.0), random.within(200.0, 280.0)];
        let (slow, quick) = (random.within(2.0, 4.0), random.within(1.2, 3.0));
        let people = vec![
            Person::new("astronaut", walking([100.0, first], [900.0, first + 40.0], [0.4, 0.4 + slow], near)),
            // Every other time both have the same face, and the way they go must tell them.
            Person::new(
                ["shouting", "astronaut"][seed as usize % 2],
                walking([900.0, second], [100.0, second], [0.5, 0.5 + quick], far),
            ),
        ];
        let names = Scene::new(people, seed).play(&mut Tracker::new(Tracking::default()), 120, |_, _| {});
        let called = called(&names);
        assert!(called.iter().all(|names| names.len() == 1) && called[0] != called[1], "scene {seed}: {called:?}");
        assert!(names.iter().all(|names| names[0].is_some()), "scene {seed}: the one in front is always seen");
        assert!(names[119].iter().all(Option::is_some), "scene {seed}");
    }
}

#[test]
fn who_turns_back_behind_another_is_told_by_the_face() {
    // As in a crossing until both faces lie on each other; then both go back, against what their motion says.
    for seed in 0..20 {
        let height = Random(seed).within(220.0, 260.0);
        let bounce = |from: f32, to: f32, height: f32| {
            move |time: f32| {
                let part = if time < 1.5 { time / 1.5 } else { (3.0 - time).max(0.0) / 1.5 };
                Some(([from + part * (to - from), height], 180.0))
            }
        };
        let people =
            vec![Person::new("astronaut", bounce(250.0, 490.0, 240.0)), Person::new("shouting", bounce(750.0, 510.0, height))];
        let called = called(&Scene::new(people, seed).play(&mut Tracker::new(Tracking::default()), 100, |_, _| {}));
        assert!(called.iter().all(|names| names.len() == 1) && called[0] != called[1], "scene {seed}: {called:?}");
    }
}

#[test]
fn two_of_one_face_who_pass_behind_a_pillar_are_told_by_the_way_they_went() {
    for speed in [260.0, 330.0, 400.0] {
        // From both sides they reach the pillar, 200 pixels wide, at once, and leave it at once, each where the other went in.
        let walk = move |from: f32, way: f32| {
            move |time: f32| {
                let x = from + way * speed * time;
                (!(400.0..600.0).contains(&x)).then_some(([x, 300.0], 150.0))
            }
        };
        let people = vec![Person::new("astronaut", walk(150.0, 1.0)), Person::new("astronaut", walk(850.0, -1.0))];
        let called = called(&Scene::new(people, 4).play(&mut Tracker::new(Tracking::default()), 60, |_, _| {}));
        assert!(called.iter().all(|names| names.len() == 1) && called[0] != called[1], "{speed} pixels a second: {called:?}");
    }
}

#[test]
fn answers_that_lie_on_each_other_are_one_face() {
    let face = Goldens::read().face("astronaut");
    let side = Square::from_landmarks(&face).side;
    let moved = |by: f32| {
        let points: Vec<_> = face.points().iter().map(|&[x, y, z]| [x + by * side, y, z]).collect();
        let landmarks = Landmarks::new(&points).unwrap();
        Mesh { square: Square::from_landmarks(&landmarks), landmarks, presence: 0.9 }
    };
    let mut tracker = Tracker::new(Tracking::default());
    let seen = tracker.update(Duration::ZERO, &[], Some(&[moved(0.0), moved(0.02), moved(0.2), moved(1.0)]));
    assert_eq!(seen.iter().map(|seen| seen.origin).collect::<Vec<_>>(), [Origin::Detection(0), Origin::Detection(3)]);
    let doubtful = Mesh { presence: 0.4, ..moved(0.0) };
    assert_eq!(tracker.update(Duration::from_millis(40), &[(seen[0].id, doubtful)], None), []);
}

#[test]
fn who_is_back_within_two_seconds_near_the_place_is_the_same() {
    let away = |gone: [f32; 2], back: [f32; 2], side: f32| {
        move |time: f32| match time {
            time if time < gone[0] => Some(([400.0, 300.0], 160.0)),
            time if time < gone[1] => None,
            _ => Some((back, side)),
        }
    };
    let names = |at: Way| {
        let person = Person { face: Goldens::read().face("astronaut"), at };
        called(&Scene::new(vec![person], 5).play(&mut Tracker::new(Tracking::default()), 120, |_, _| {}))[0].len()
    };
    assert_eq!(names(Box::new(away([1.0, 1.9], [470.0, 320.0], 170.0))), 1, "0.9 seconds, beside where it was");
    assert_eq!(names(Box::new(away([1.0, 2.9], [470.0, 320.0], 170.0))), 1, "1.9 seconds");
    assert_eq!(names(Box::new(away([1.0, 3.3], [400.0, 300.0], 170.0))), 2, "2.3 seconds");
    assert_eq!(names(Box::new(away([1.0, 1.5], [900.0, 300.0], 170.0))), 2, "elsewhere");
    assert_eq!(names(Box::new(away([1.0, 1.5], [400.0, 300.0], 290.0))), 2, "another size");
}

#[test]
fn of_two_who_come_the_one_who_left_is_told_by_the_face() {
    for (own, other) in [("astronaut", "shouting"), ("shouting", "astronaut"), ("baby", "astronaut"), ("astronaut", "baby")] {
        let hidden =
            |gone: [f32; 2], place: [f32; 2]| move |time: f32| (time < gone[0] || time >= gone[1]).then_some((place, 160.0));
        let people = vec![
            // Both appear at once, as far from where the one left: it to the left, the other to the right.
            Person::new(
                own,
                move |time| if time < 1.0 { Some(([400.0, 300.0], 160.0)) } else { hidden([1.0, 1.6], [310.0, 300.0])(time) },
            ),
            Person::new(other, move |time| (time >= 1.6).then_some(([490.0, 300.0], 160.0))),
        ];
        let names = Scene::new(people, 9).play(&mut Tracker::new(Tracking::default()), 60, |_, _| {});
        assert_eq!(called(&names)[0].len(), 1, "{own} and {other}: {:?}", called(&names));
        assert_ne!(names[59][0], names[59][1]);
    }
}

#[test]
fn the_detector_rests_while_faces_are_followed_and_runs_where_one_is_lost() {
    let until = |end: f32| move |time: f32| (time < end).then_some(([200.0 + 60.0 * time, 300.0], 160.0));
    let people =
        vec![Person::new("astronaut", until(2.0)), Person::new("baby", |time| (time >= 1.0).then_some(([700.0, 300.0], 150.0)))];
    let mut runs = BTreeMap::new();
    let names = Scene::new(people, 3).play(&mut Tracker::new(Tracking::default()), 130, |frame, plan| {
        runs.insert(frame, plan.detect);
    });
    let ran = |range: std::ops::Range<u32>| range.filter(|frame| runs[frame]).collect::<Vec<_>>();
    assert_eq!(ran(0..50), [0, 15, 30, 45]);
    // Lost in frame 50: looked for in the next one and then every third, until it is forgotten two seconds later.
    assert_eq!(ran(50..130), [(51..=99).step_by(3).collect::<Vec<_>>(), vec![114, 129]].concat());
    assert!(names[25..30].iter().all(|names| names[1].is_none()) && names[30..].iter().all(|names| names[1].is_some()));
}

#[test]
fn the_detector_runs_by_time_where_frames_are_far_apart() {
    let mut tracker = Tracker::new(Tracking::default());
    let (mut random, person) = (Random(9), Person::new("astronaut", |_| Some(([200.0, 300.0], 160.0))));
    let ran: Vec<u64> = (0..12)
        .filter(|at| {
            let time = Duration::from_millis(700 * at);
            let plan = tracker.plan(time);
            let landmarks = person.landmarks(0.0, &mut random).unwrap();
            let mesh = Mesh { square: Square::from_landmarks(&landmarks), landmarks, presence: 1.0 };
            let squares: Vec<_> = plan.squares.iter().map(|(id, _)| (*id, mesh.clone())).collect();
            tracker.update(time, &squares, plan.detect.then_some(std::slice::from_ref(&mesh)));
            plan.detect
        })
        .collect();
    assert_eq!(ran, [0, 3, 6, 9]);
}

#[test]
fn two_thousand_frames_of_a_crowd_keep_no_more_than_is_allowed() {
    let mut random = Random(77);
    let people = (0..12)
        .map(|at| {
            let [place, height, side] = [random.within(100.0, 1800.0), random.within(100.0, 900.0), random.within(60.0, 200.0)];
            let [period, phase, speed] = [random.within(1.5, 9.0), random.within(0.0, 9.0), random.within(-200.0, 200.0)];
            let name = ["astronaut", "turned", "baby", "shouting"][at % 4];
            Person::new(name, move |time| {
                let part = (time + phase) % period;
                (part < 0.7 * period).then_some(([place + speed * part, height], side))
            })
        })
        .collect();
    let tracking = Tracking { most: 6, ..Tracking::default() };
    let (mut tracker, mut most) = (Tracker::new(tracking), 0);
    let names = Scene::new(people, 1).play(&mut tracker, 2000, |_, plan| most = most.max(plan.squares.len()));
    assert_eq!(most, 6, "so many that all places are taken, and no more");
    assert!(names.iter().all(|names| names.iter().flatten().count() <= 6));
    assert!(names.iter().flatten().flatten().collect::<BTreeSet<_>>().len() > 50, "people come and go");
}
