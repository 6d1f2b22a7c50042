// Local Binary Pattern codes of 8 neighbours at radius 1, ties decided exactly. One invocation eight codes, from whole words of gray values.
//
// At radius 1 a diagonal neighbour minus the centre c is a positive multiple of t = (d - c) + (sqrt 2 - 1) (e + n - 2 c), d the corner pixel and e, n those
// beside it: reference::lbp::Diagonal has k = 0. In its place stands 985 (d - c) + 408 (e + n - 2 c) >= 0, which has the sign of t for all bytes. With
// x = d - c and y = e + n - 2 c, |x| <= 255 and |y| <= 510: t is zero only where x = y = 0, as sqrt 2 is irrational. Elsewhere t = (x - y) + y sqrt 2, and
// |t| |(x - y) - y sqrt 2| = |(x - y)^2 - 2 y^2| is an integer other than zero, so |t| >= 1 / (|x - y| + |y| sqrt 2) > 1 / 1487, whereas 408 / 985 is wrong by
// 3.7e-7 and so y times it by less than 1 / 5000. Its terms, gathered, are sums of bytes times 985, 408 and 1801: below 2^19, nothing overflows.

struct Params {
    images: u32,
    height: u32,
    width: u32,
}

const CORNER: i32 = 985;
const BESIDE: i32 = 408;
const CENTRE: i32 = CORNER + 2 * BESIDE;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> gray: array<u32>;                 // [images, H, W] bytes, four a word
@group(0) @binding(2) var<storage, read_write> codes: array<vec2<u32>>;    // [images, H - 2, W - 2] bytes, eight an element

#include "common/index.wgsl"

// Twelve bytes from byte `first` on; those beyond the last word are anything.
fn bytes(first: u32, last_word: u32) -> vec3<u32> {
    let at = first >> 2u;
    let a = gray[min(at, last_word)];
    let b = gray[min(at + 1u, last_word)];
    let c = gray[min(at + 2u, last_word)];
    let d = gray[min(at + 3u, last_word)];
    let shift = 8u * (first & 3u);
    // A shift by 32 is not defined: where nothing is to be shifted, the next word goes in two steps.
    return (vec3<u32>(a, b, c) >> vec3<u32>(shift)) | ((vec3<u32>(b, c, d) << vec3<u32>(31u - shift)) << vec3<u32>(1u));
}

// Four bytes, `by` of them on.
fn moved(words: vec2<u32>, by: u32) -> u32 {
    return (words.x >> (8u * by)) | (words.y << (32u - 8u * by));
}

// Bit 7 of each byte: whether that of `a` is at least that of `b`. Lower bits of the difference never borrow from the byte above.
fn at_least(a: u32, b: u32) -> u32 {
    let low = (a | 0x80808080u) - (b & 0x7f7f7f7fu);
    return ((a & ~b) | (~(a ^ b) & low)) & 0x80808080u;
}

fn four(word: u32) -> vec4<i32> {
    return vec4<i32>((vec4<u32>(word) >> vec4<u32>(0u, 8u, 16u, 24u)) & vec4<u32>(255u));
}

// Bit `bit` of each byte: whether that of four numbers is negative.
fn negative(numbers: vec4<i32>, bit: u32) -> u32 {
    let signs = vec4<u32>(numbers) >> (vec4<u32>(31u, 23u, 15u, 7u) - vec4<u32>(bit));
    return (signs.x & (1u << bit)) | (signs.y & (256u << bit)) | (signs.z & (65536u << bit)) | (signs.w & (16777216u << bit));
}

// Codes of the pixels 1 to 4 of a row, from eight pixels of it and of the rows above and below.
fn codes_of(above: vec2<u32>, row: vec2<u32>, below: vec2<u32>) -> u32 {
    let centre = moved(row, 1u);
    let axes = (at_least(moved(row, 2u), centre) >> 7u)
        | (at_least(moved(above, 1u), centre) >> 5u)
        | (at_least(row.x, centre) >> 3u)
        | (at_least(moved(below, 1u), centre) >> 1u);

    // By column, what a diagonal has beside the centre's column and what it has in it.
    let n0 = four(above.x);
    let n1 = four(above.y);
    let c0 = four(row.x);
    let c1 = four(row.y);
    let s0 = four(below.x);
    let s1 = four(below.y);
    let up0 = CORNER * n0 + BESIDE * c0;
    let up1 = CORNER * n1 + BESIDE * c1;
    let down0 = CORNER * s0 + BESIDE * c0;
    let down1 = CORNER * s1 + BESIDE * c1;
    let c = CENTRE * vec4<i32>(c0.yzw, c1.x);
    let north = c - BESIDE * vec4<i32>(n0.yzw, n1.x);
    let south = c - BESIDE * vec4<i32>(s0.yzw, s1.x);
    let less = negative(vec4<i32>(up0.zw, up1.xy) - north, 1u)
        | negative(up0 - north, 3u)
        | negative(down0 - south, 5u)
        | negative(vec4<i32>(down0.zw, down1.xy) - south, 7u);
    return axes | (~less & 0xaaaaaaaau);
}

// Codes of eight neighbouring pixels; the first's upper left neighbour is byte `first`.
fn eight(first: u32, last_word: u32) -> vec2<u32> {
    let above = bytes(first, last_word);
    let row = bytes(first + params.width, last_word);
    let below = bytes(first + 2u * params.width, last_word);
    return vec2<u32>(codes_of(above.xy, row.xy, below.xy), codes_of(above.yz, row.yz, below.yz));
}

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let element = linear_index(id, groups, 256u);
    let width = params.width - 2u;
    let height = params.height - 2u;
    let count = params.images * height * width;
    let first = 8u * element;
    if (first >= count) {
        return;
    }
    let last_word = (params.images * params.height * params.width - 1u) >> 2u;
    let row = first / width;
    let x = first - row * width;
    var image = 0u;
    // A division less.
    if (params.images > 1u) {
        image = row / height;
    }
    var y = row - image * height;
    var at = (row + 2u * image) * params.width;
    var found = eight(at + x, last_word);
    // Where a row ends, the codes from there on are those of the next one.
    let end = min(8u, count - first);
    for (var done = width - x; done < end; done += width) {
        at += params.width;
        y += 1u;
        if (y == height) {
            y = 0u;
            at += 2u * params.width;
        }
        // As many rows lie before `at` as make up for what it goes back.
        let next = eight(at - done, last_word);
        let from_here = 0xffffffffu << (8u * (done & 3u));
        let mask = select(vec2<u32>(0u, from_here), vec2<u32>(from_here, 0xffffffffu), done < 4u);
        found = (found & ~mask) | (next & mask);
    }
    codes[element] = found;
}
