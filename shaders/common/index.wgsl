// A grid of more than 65,535 workgroups is folded into a second dimension: the position of an invocation in the unfolded grid.
fn linear_index(id: vec3<u32>, groups: vec3<u32>, workgroup: u32) -> u32 {
    return id.y * groups.x * workgroup + id.x;
}
