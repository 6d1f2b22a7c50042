//! A node's attributes, and axes counted from the end.

use super::proto;
use super::value::{Constant, External};

/// The attributes of one node.
#[derive(Clone)]
pub(super) struct Attributes<'n> {
    node: &'n proto::Node,
    external: &'n External<'n>,
    /// In the place of the file's `axis`.
    axis: Option<i64>,
}

impl<'n> Attributes<'n> {
    pub fn new(node: &'n proto::Node, external: &'n External<'n>) -> Self {
        Self { node, external, axis: None }
    }

    /// The same with another `axis`.
    pub fn with_axis(&self, axis: i64) -> Self {
        Self { axis: Some(axis), ..self.clone() }
    }

    fn find(&self, name: &str) -> Option<&'n proto::Attribute> {
        self.node.attribute.iter().find(|attribute| attribute.name.as_deref() == Some(name))
    }

    pub fn has(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    pub fn int(&self, name: &str, default: i64) -> Result<i64, String> {
        if let (Some(axis), "axis") = (self.axis, name) {
            return Ok(axis);
        }
        // Some writers leave a 0 out.
        match self.find(name) {
            None => Ok(default),
            Some(attribute) if attribute.f.is_some() || attribute.s.is_some() || !attribute.ints.is_empty() => {
                Err(format!("its `{name}` is no integer"))
            }
            Some(attribute) => Ok(attribute.i.unwrap_or(0)),
        }
    }

    pub fn float(&self, name: &str, default: f32) -> Result<f32, String> {
        match self.find(name) {
            None => Ok(default),
            Some(attribute) if attribute.i.is_some() || attribute.s.is_some() || !attribute.floats.is_empty() => {
                Err(format!("its `{name}` is no number"))
            }
            Some(attribute) => Ok(attribute.f.unwrap_or(0.0)),
        }
    }

    pub fn text(&self, name: &str, default: &str) -> Result<String, String> {
        match self.find(name) {
            None => Ok(default.to_owned()),
            Some(attribute) => attribute
                .s
                .as_ref()
                .and_then(|bytes| std::str::from_utf8(bytes).ok())
                .map(str::to_owned)
                .ok_or_else(|| format!("its `{name}` is no text")),
        }
    }

    pub fn ints(&self, name: &str) -> Result<Option<&'n [i64]>, String> {
        Ok(self.find(name).map(|attribute| &attribute.ints[..]))
    }

    pub fn floats(&self, name: &str) -> Result<Option<&'n [f32]>, String> {
        Ok(self.find(name).map(|attribute| &attribute.floats[..]))
    }

    pub fn tensor(&self, name: &str) -> Result<Option<Constant>, String> {
        let Some(attribute) = self.find(name) else { return Ok(None) };
        let tensor = attribute.t.as_ref().ok_or_else(|| format!("its `{name}` is no tensor"))?;
        Constant::read(tensor, self.external).map(Some).map_err(|reason| format!("its `{name}`: {reason}"))
    }

    /// `N` sizes of an attribute, or `default` in every place.
    pub fn sizes<const N: usize>(&self, name: &str, default: usize) -> Result<[usize; N], String> {
        let Some(ints) = self.ints(name)? else { return Ok([default; N]) };
        let sizes: Vec<usize> = ints.iter().filter_map(|&n| usize::try_from(n).ok()).collect();
        if sizes.len() != ints.len() {
            return Err(format!("its `{name}` is {ints:?}: negative sizes are not read"));
        }
        sizes.try_into().map_err(|_| format!("its `{name}` is {ints:?}: {N} numbers are wanted"))
    }
}

/// `axis` of `rank` dimensions, counted from the end where negative.
pub(super) fn axis_of(axis: i64, rank: usize) -> Result<usize, String> {
    let at = if axis < 0 { axis.saturating_add(rank as i64) } else { axis };
    usize::try_from(at).ok().filter(|&at| at < rank).ok_or_else(|| format!("axis {axis} of {rank} dimensions"))
}

/// As [`axis_of`], of several.
pub(super) fn axes_of(axes: &[i64], rank: usize) -> Result<Vec<usize>, String> {
    axes.iter().map(|&axis| axis_of(axis, rank)).collect()
}
