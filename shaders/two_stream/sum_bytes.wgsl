// Of each of the four bytes of a picture's words: their sum, how many are not 0, and the least and the most inside an ellipse. In integers, so that means are exact.
// One workgroup a picture.

struct Params {
    width: u32,
    height: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> words: array<u32>;                  // [pictures, H, W] four bytes
@group(0) @binding(2) var<storage, read> spans: array<vec2<u32>>;            // [H]: first column inside, first beyond
@group(0) @binding(3) var<storage, read_write> output: array<vec4<u32>>;     // [pictures, 4]: sum, count, least, most of each byte

var<workgroup> sums: array<vec4<u32>, 256>;
var<workgroup> counts: array<vec4<u32>, 256>;
var<workgroup> least: array<vec4<u32>, 256>;
var<workgroup> most: array<vec4<u32>, 256>;

@compute @workgroup_size(256)
fn main(@builtin(local_invocation_index) lane: u32, @builtin(workgroup_id) group: vec3<u32>) {
    let size = params.width * params.height;
    var sum = vec4<u32>(0u);
    var count = vec4<u32>(0u);
    var low = vec4<u32>(255u);
    var high = vec4<u32>(0u);
    for (var at = lane; at < size; at += 256u) {
        let four = (vec4<u32>(words[group.x * size + at]) >> vec4<u32>(0u, 8u, 16u, 24u)) & vec4<u32>(255u);
        sum += four;
        count += min(four, vec4<u32>(1u));
        let span = spans[at / params.width];
        let x = at % params.width;
        if (x >= span.x && x < span.y) {
            low = min(low, four);
            high = max(high, four);
        }
    }
    sums[lane] = sum;
    counts[lane] = count;
    least[lane] = low;
    most[lane] = high;
    workgroupBarrier();
    for (var reach = 128u; reach > 0u; reach >>= 1u) {
        if (lane < reach) {
            sums[lane] += sums[lane + reach];
            counts[lane] += counts[lane + reach];
            least[lane] = min(least[lane], least[lane + reach]);
            most[lane] = max(most[lane], most[lane + reach]);
        }
        workgroupBarrier();
    }
    if (lane == 0u) {
        output[4u * group.x] = sums[0];
        output[4u * group.x + 1u] = counts[0];
        output[4u * group.x + 2u] = least[0];
        output[4u * group.x + 3u] = most[0];
    }
}
