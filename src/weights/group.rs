//! Members that share a network, to be computed together.

use super::model::{MemberWeights, Model};
use crate::error::Result;
use crate::graph::{Graph, Prepared};

/// Members that share a network, in the order of the model.
#[derive(Debug, Clone)]
pub(crate) struct Group {
    pub graph: Graph,
    pub members: Vec<usize>,
}

/// Members by their network; as many of one network together as a binding of `most` bytes holds one image of.
pub(crate) fn groups(model: &Model, most: u64) -> Result<Vec<Group>> {
    let description = &model.description;
    let mut names: Vec<&str> = Vec::new();
    let mut groups: Vec<Group> = Vec::new();
    for (index, member) in description.members.iter().enumerate() {
        if let Some(at) = names.iter().position(|&name| name == member.network) {
            groups[at].members.push(index);
        } else {
            let network = description
                .networks
                .get(&member.network)
                .ok_or_else(|| model.wrong(&member.network, "no such network".into()))?;
            names.push(&member.network);
            groups.push(Group { graph: Graph::new(network)?, members: vec![index] });
        }
    }
    let split = |group: Group| {
        let each = Prepared::largest_weight(&group.graph).max(group.graph.largest()).max(1);
        let together = (most / each).max(1) as usize;
        let parts = group.members.len().div_ceil(group.members.len().div_ceil(together));
        group
            .members
            .chunks(parts)
            .map(|members| Group { graph: group.graph.clone(), members: members.to_vec() })
            .collect::<Vec<_>>()
    };
    Ok(groups.into_iter().flat_map(split).collect())
}

pub(crate) fn weights_of<'m>(model: &'m Model, group: &Group) -> Vec<MemberWeights<'m>> {
    group.members.iter().map(|&index| model.member(&model.description.members[index].weights)).collect()
}
