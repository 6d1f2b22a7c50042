//! Weights of a caffemodel by the name of their layer, and mean images.

use std::collections::HashMap;

use prost::Message;

use super::proto;

/// The blobs of each layer.
#[derive(Debug, Default)]
pub(super) struct Blobs(HashMap<String, Vec<proto::Blob>>);

impl Blobs {
    /// Reads both forms of layers.
    pub fn read(bytes: &[u8]) -> Result<Self, String> {
        let net =
            proto::Net::decode(bytes).map_err(|_| "not a caffemodel, or cut short: copy or download it again".to_owned())?;
        let mut all: HashMap<String, Vec<proto::Blob>> = HashMap::new();
        let legacy = net.layers.into_iter().map(|layer| (layer.name, layer.blobs));
        for (name, blobs) in net.layer.into_iter().map(|layer| (layer.name, layer.blobs)).chain(legacy) {
            if !blobs.is_empty() {
                all.insert(name.unwrap_or_default(), blobs);
            }
        }
        Ok(Self(all))
    }

    pub fn layers(&self) -> usize {
        self.0.len()
    }

    /// How many blobs the layer has; 0 where it is not there.
    pub fn count(&self, layer: &str) -> usize {
        self.0.get(layer).map_or(0, Vec::len)
    }

    /// Checks that the layer has no more blobs than the prototxt asks for: a bias that nobody adds would be a wrong answer.
    pub fn at_most(&self, layer: &str, most: usize) -> Result<(), String> {
        match self.count(layer) {
            count if count <= most => Ok(()),
            count => {
                Err(format!("the caffemodel has {count} blobs of it, the prototxt asks for {most}: is its bias_term right?"))
            }
        }
    }

    /// Blob `index` of a layer, which has `count` values whatever its own shape says: legacy blobs always have four dimensions. `None` where the
    /// file has no such layer.
    pub fn values(&self, layer: &str, index: usize, count: usize) -> Result<Option<Vec<f32>>, String> {
        let Some(blobs) = self.0.get(layer) else { return Ok(None) };
        let blob =
            blobs.get(index).ok_or_else(|| format!("the caffemodel has {} blobs of it, blob {index} is wanted", blobs.len()))?;
        let (shape, values) = read(blob)?;
        if values.len() != count {
            return Err(format!("blob {index} of the caffemodel has the shape {shape:?}, {count} values are wanted"));
        }
        Ok(Some(values))
    }

    /// As [`Blobs::values`], of however many values there are.
    pub fn any(&self, layer: &str, index: usize) -> Result<Option<Vec<f32>>, String> {
        match self.0.get(layer).and_then(|blobs| blobs.get(index)) {
            None => Ok(None),
            Some(blob) => Ok(Some(read(blob)?.1)),
        }
    }
}

/// Shape and values of a blob.
pub(super) fn read(blob: &proto::Blob) -> Result<(Vec<usize>, Vec<f32>), String> {
    let sizes: Vec<i64> = match &blob.shape {
        Some(shape) => shape.dim.clone(),
        None => [blob.num, blob.channels, blob.height, blob.width].map(|n| n.unwrap_or(1).into()).to_vec(),
    };
    let shape = sizes
        .iter()
        .map(|&n| usize::try_from(n).map_err(|_| format!("a blob with a size of {n}")))
        .collect::<Result<Vec<_>, _>>()?;
    let values =
        if blob.data.is_empty() { blob.double_data.iter().map(|&value| value as f32).collect() } else { blob.data.clone() };
    let count = shape.iter().try_fold(1_usize, |product, &n| product.checked_mul(n));
    if count != Some(values.len()) {
        return Err(format!("a blob of shape {shape:?} with {} values: the file is damaged or cut short", values.len()));
    }
    Ok((shape, values))
}
