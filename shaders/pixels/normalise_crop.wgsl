// Lookup, crop, normalise: as normalise.wgsl where nothing is resized, and so with the same bits: there every weight is zero. One invocation a pixel; rows of
// 32, so that narrow crops leave few invocations idle, over [images, crops] in the third dimension.
#include "pixels/common/normalise.wgsl"

@compute @workgroup_size(32, 8)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    if (id.x >= params.out_width || id.y >= params.out_height) {
        return;
    }
    let crop = crops[id.z % params.crops];
    // Beyond the picture its edge is repeated.
    let y = min(crop.x + id.y, params.in_height - 1u);
    let x = min(crop.y + id.x, params.in_width - 1u);
    let row = (params.first + id.z) * params.out_height + id.y;
    keep(row * params.out_width + id.x, normalised(colour(id.z / params.crops, y, x)));
}
