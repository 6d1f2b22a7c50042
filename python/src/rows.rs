//! Rows of answers as columns: a row a face; a picture without a face, or one that could not be read, has a row too.

use moue::actions::column;
use moue::records::Record;

/// A column's name and what it holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    pub name: String,
    pub kind: Kind,
    pub nullable: bool,
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    Text,
    Bool,
    U32,
    I32,
    F32,
    F64,
    /// So many f32.
    Vector(usize),
}

/// The values of a column, as Arrow lays them out; those that are none are 0.
#[derive(Debug)]
pub enum Values {
    Text {
        offsets: Vec<i32>,
        bytes: Vec<u8>,
    },
    /// A bit a row.
    Bool(Vec<u8>),
    U32(Vec<u32>),
    I32(Vec<i32>),
    F32(Vec<f32>),
    F64(Vec<f64>),
    Vector(Vec<f32>),
}

/// A column, and which of its values are there: a bit a row.
#[derive(Debug)]
pub struct Column {
    pub values: Values,
    pub valid: Vec<u8>,
    pub nulls: usize,
}

/// Some rows.
#[derive(Debug)]
pub struct Batch {
    pub rows: usize,
    pub columns: Vec<Column>,
}

/// A value of a row.
enum Value<'a> {
    Null,
    Text(&'a str),
    Bool(bool),
    U32(u32),
    I32(i32),
    F32(f32),
    F64(f64),
    Vector(&'a [f32]),
}

/// The columns for a model's labels, those of a model of action units, and embeddings of so many numbers.
pub fn fields(labels: &[String], units: Option<&[String]>, embedding: Option<usize>) -> Vec<Field> {
    let field = |name: &str, kind| Field { name: name.to_owned(), kind, nullable: true };
    let mut fields = vec![Field { nullable: false, ..field("key", Kind::Text) }];
    let numbers = [("width", Kind::U32), ("height", Kind::U32), ("face", Kind::U32)];
    let place = [("x", Kind::I32), ("y", Kind::I32), ("w", Kind::U32), ("h", Kind::U32), ("score", Kind::F64)];
    let pose = [("yaw", Kind::F32), ("pitch", Kind::F32), ("roll", Kind::F32)];
    let said = [("label", Kind::Text), ("unsure", Kind::Bool)];
    fields.extend(numbers.into_iter().chain(place).chain(pose).chain(said).map(|(name, kind)| field(name, kind)));
    fields.extend(labels.iter().map(|label| field(label, Kind::F32)));
    for unit in units.into_iter().flatten() {
        fields.extend([field(&column(unit), Kind::F32), field(&format!("{}_intensity", column(unit)), Kind::F32)]);
    }
    fields.extend(embedding.map(|numbers| field("embedding", Kind::Vector(numbers))));
    fields.push(field("error", Kind::Text));
    fields
}

impl Batch {
    /// No row yet.
    pub fn new(fields: &[Field]) -> Self {
        Self { rows: 0, columns: fields.iter().map(|field| Column::new(field.kind)).collect() }
    }

    /// The rows of a picture. `labels` and `units`: how many there are.
    pub fn add(&mut self, record: &Record, labels: usize, units: usize, embeds: bool) {
        let size = |side: Option<u32>| side.map_or(Value::Null, Value::U32);
        let begin = [Value::Text(&record.input), size(record.size.map(|size| size.0)), size(record.size.map(|size| size.1))];
        let mut rows: Vec<Vec<Value<'_>>> = Vec::new();
        for (index, face) in record.faces.iter().enumerate() {
            let rect = face.rect;
            let number = u32::try_from(index + 1).unwrap_or(u32::MAX);
            let mut row =
                vec![Value::U32(number), Value::I32(rect.x), Value::I32(rect.y), Value::U32(rect.width), Value::U32(rect.height)];
            row.push(face.score.map_or(Value::Null, Value::F64));
            match face.pose {
                Some(pose) => row.extend([pose.yaw, pose.pitch, pose.roll].map(Value::F32)),
                None => row.extend([Value::Null, Value::Null, Value::Null]),
            }
            row.extend([Value::Text(&face.label), Value::Bool(face.unsure())]);
            row.extend((0..labels).map(|at| face.probabilities.get(at).map_or(Value::Null, |&share| Value::F32(share))));
            for at in 0..units {
                let unit = face.actions.as_ref().and_then(|actions| actions.units.get(at).copied().flatten());
                row.push(unit.map_or(Value::Null, |unit| Value::F32(unit.probability)));
                row.push(unit.and_then(|unit| unit.intensity).map_or(Value::Null, Value::F32));
            }
            if embeds {
                row.push(face.embedding.as_deref().map_or(Value::Null, Value::Vector));
            }
            rows.push(row);
        }
        if rows.is_empty() {
            rows.push(Vec::new());
        }
        let error = || record.error.as_deref().map_or(Value::Null, Value::Text);
        let between = self.columns.len().saturating_sub(begin.len() + 1);
        for row in rows {
            let mut columns = self.columns.iter_mut();
            let mut put = |value: &Value<'_>| {
                if let Some(column) = columns.next() {
                    column.push(self.rows, value);
                }
            };
            begin.iter().for_each(&mut put);
            let missing = between.saturating_sub(row.len());
            row.iter().for_each(&mut put);
            (0..missing).for_each(|_| put(&Value::Null));
            put(&error());
            self.rows += 1;
        }
    }
}

impl Column {
    fn new(kind: Kind) -> Self {
        let values = match kind {
            Kind::Text => Values::Text { offsets: vec![0], bytes: Vec::new() },
            Kind::Bool => Values::Bool(Vec::new()),
            Kind::U32 => Values::U32(Vec::new()),
            Kind::I32 => Values::I32(Vec::new()),
            Kind::F32 => Values::F32(Vec::new()),
            Kind::F64 => Values::F64(Vec::new()),
            Kind::Vector(numbers) => Values::Vector(Vec::with_capacity(numbers)),
        };
        Self { values, valid: Vec::new(), nulls: 0 }
    }

    /// The value of row `at`, which is the next one.
    fn push(&mut self, at: usize, value: &Value<'_>) {
        let there = match (&mut self.values, value) {
            (Values::Text { bytes, offsets }, value) => {
                let text = if let Value::Text(text) = value { text } else { "" };
                bytes.extend_from_slice(text.as_bytes());
                // A batch has a few hundred rows.
                offsets.push(i32::try_from(bytes.len()).unwrap_or(i32::MAX));
                matches!(value, Value::Text(_))
            }
            (Values::Bool(bits), value) => {
                set(bits, at, matches!(value, Value::Bool(true)));
                matches!(value, Value::Bool(_))
            }
            (Values::U32(all), value) => push(all, if let Value::U32(value) = value { Some(*value) } else { None }),
            (Values::I32(all), value) => push(all, if let Value::I32(value) = value { Some(*value) } else { None }),
            (Values::F32(all), value) => push(all, if let Value::F32(value) = value { Some(*value) } else { None }),
            (Values::F64(all), value) => push(all, if let Value::F64(value) = value { Some(*value) } else { None }),
            (Values::Vector(all), Value::Vector(vector)) => {
                all.extend_from_slice(vector);
                true
            }
            (Values::Vector(all), _) => {
                all.resize(all.len() + moue::embed::DIMENSIONS, 0.0);
                false
            }
        };
        set(&mut self.valid, at, there);
        self.nulls += usize::from(!there);
    }
}

fn push<T: Default>(all: &mut Vec<T>, value: Option<T>) -> bool {
    let there = value.is_some();
    all.push(value.unwrap_or_default());
    there
}

fn set(bits: &mut Vec<u8>, at: usize, value: bool) {
    if bits.len() <= at / 8 {
        bits.push(0);
    }
    if let Some(byte) = bits.get_mut(at / 8) {
        *byte |= u8::from(value) << (at % 8);
    }
}
