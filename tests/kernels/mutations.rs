//! Mistakes planted in the kernels: each must make the kernel's own test fail, or that test proves nothing.

use crate::problems;

use std::sync::Mutex;
use std::thread;

use crate::common::{open_all, through_texels};
use moue::gpu::Gpu;
use moue::gpu::shader::{self, Shader};

/// Each opens every adapter.
const MOST_THREADS: usize = 4;

/// What every f16 form that reads or writes buffers has, and is mistaken in: the function that uses it, what stands there, the mistake.
const HALF_MISTAKES: [(&str, &str, &str); 2] = [
    ("widen(", "unpack2x16float(held.y)", "unpack2x16float(held.x)"),
    ("narrow(", "pack2x16float(held.zw)", "pack2x16float(held.xy)"),
];

/// What every form that writes a texture is mistaken in.
const TEXEL_MISTAKES: [(&str, &str); 2] =
    [("index & 1023u, index >> 10u), widen", "index & 1023u ^ 1u, index >> 10u), widen"), ("index >> 10u), widen", "0u), widen")];

/// (shader, what stands there, the mistake): the first place where it stands is changed.
const MISTAKES: &[(&str, &str, &str)] = &[
    ("warp", "128u * down.total", "127u * down.total"),
    ("warp", "across.total / 2u", "0u"),
    ("warp", "select(f, 2u * count - f, j == tap.first)", "select(2u * count - f, f, j == tap.first)"),
    ("warp", "clamp(face.x + i32(column), 0,", "clamp(face.x + i32(column), 1,"),
    ("turn", "let left = x - 8192", "let left = x - 8191"),
    ("turn", "let row = top >> 14u", "let row = top / 16384"),
    ("turn", "face.step_y * column + face.step_x * row", "face.step_y * column - face.step_x * row"),
    ("turn", "a - first * b", "a"),
    ("turn", "group.z * params.height", "0u * params.height"),
    ("turn", "vec3<f32>(sum) / f32(count)", "vec3<f32>(sum) / f32(2u * count)"),
    ("turn", "quotient(face.step_y * u, parts)", "quotient(face.step_x * u, parts)"),
    ("turn", "128u * count", "0u * count"),
    ("turn", "face.mirrored != 0u", "false"),
    ("decode", "score < params.least", "score <= params.least - 1.0"),
    ("decode", "tile.z * point.x - tile.w * point.y", "tile.z * point.x + tile.w * point.y"),
    ("decode", "params.side * anchor", "anchor"),
    ("decode", "length(tile.zw)", "tile.z"),
    ("decode", "at + 6u", "at + 8u"),
    ("decode", "params.first + index", "index"),
    ("decode", "< ends.xy", "< ends.yx"),
    ("decode", "2.0 * params.cut", "params.cut"),
    ("decode", "> ends.zw", "> ends.zz"),
    ("suppress", "found[a].number < found[b].number", "found[a].number > found[b].number"),
    ("suppress", "other) > params.overlap", "other) > 2.0 * params.overlap"),
    ("suppress", "- both, 1e-9", ", 1e-9"),
    ("suppress", "- b.right_eye) < 0.0", "- b.right_eye) < -1e9"),
    ("suppress", "exp(-other.score)", "exp(other.score)"),
    ("suppress", "taken[bit >> 5u] >> (bit", "taken[0] >> (bit"),
    ("suppress", "many == params.most_kept", "many == params.most_kept - 1u"),
    ("shrink_across", "min(at, period - at)", "min(at, period - 1 - at)"),
    ("shrink_across", "8u * (at & 3u)", "8u * (index & 3u)"),
    ("shrink_across", "2u * params.reach + 2u", "2u * params.reach + 1u"),
    ("shrink_across", "before = weight", "before = 0.0"),
    ("shrink_across", "(1.0 - share)", "share"),
    ("shrink_down", "y / params.out_height * params.height", "0u * y"),
    ("shrink_down", "fma(before, value, second)", "fma(weight, value, second)"),
    ("shrink_down", "abs(i) % period", "abs(i)"),
    ("expand", "u32(max(y - k, 0))", "u32(max(y - 1, 0))"),
    ("expand", "min(y + k, last_y)", "min(y + k, last_y - 1)"),
    ("expand", "- reach, 0, last_x)", "- reach, 1, last_x)"),
    ("expand", "5u * slots[group.z]", "5u * group.z"),
    ("expand", "down - up", "up - down"),
    ("expand", "values[right] - values[left]", "values[left] - values[right]"),
    ("expand", "fma(weights.y, slopes[right]", "fma(weights.x, slopes[right]"),
    ("expand", "fma(yy, params.inverse_xx", "fma(xx, params.inverse_xx"),
    ("expand", "one * params.inverse_one", "one"),
    ("flow_start", "i < 5u", "i < 4u"),
    ("flow_start", "end < 2u", "end < 1u"),
    ("flow_start", "left < f32(params.width - 1u)", "left < f32(params.width)"),
    ("flow_start", "top >= 0.0", "top >= 1.0"),
    ("flow_start", "s * (1.0 - t)", "s * t"),
    ("flow_start", "0.25 * (own.one", "0.5 * (own.one"),
    ("flow_start", "cross * flow.x", "cross * flow.y"),
    ("flow_start", "params.factor == 0.0", "false"),
    ("flow_start", "coarse[lower + right]", "coarse[lower + left]"),
    ("flow_start", "plane(slots.y)", "plane(slots.x)"),
    ("window_down", "clamp(start + i32(i), 0, last)", "clamp(start + i32(i), 0, last - 1)"),
    ("window_down", "weight5 = weight4", "weight5 = weight6"),
    ("window_down", "fma(weight3, one, one3)", "fma(weight2, one, one3)"),
    ("window_down", "first + 7u < params.height", "first + 6u < params.height"),
    ("flow_solve", "params.scale * sum;", "sum;"),
    ("flow_solve", "+ 1e-3", "+ 1e-4"),
    ("flow_solve", "g.x * h2 - g.y * g.w", "g.x * h2 + g.y * g.w"),
    ("flow_solve", ", 0.0) + 1e-3", ", -1e9) + 1e-3"),
    ("flow_solve", "params.last == 0u", "params.last == 1u"),
    ("flow_solve", "weight2 = weight1", "weight2 = weight3"),
    ("flow_solve", "first + 3u, y, four3", "first + 3u, y, four2"),
    ("flow_levels", "floor(flow", "round(flow"),
    ("flow_levels", "vec2<f32>(255.0)", "vec2<f32>(256.0)"),
    ("flow_levels", "slots[index / params.pixels]", "index / params.pixels"),
    ("flow_levels", "level.x + 256u * level.y", "level.y + 256u * level.x"),
    ("flow_stack", "slot == NONE", "slot != NONE"),
    ("flow_stack", ">> 8u", ">> 9u"),
    ("flow_stack", "image, flow + 1u, pixel", "image, flow, pixel"),
    ("flow_stack", "flow + 1u < params.flows", "flow + 2u < params.flows"),
    ("flow_stack", "(levels_of(image, flow, pixel) - params.mean)", "(levels_of(image, flow, pixel) + params.mean)"),
    ("mask_gray", "19235u", "19234u"),
    ("mask_gray", "16384u", "0u"),
    ("mask_gray", "x < span.y", "x <= span.y"),
    ("mask_gray", "x >= span.x", "x > span.x"),
    ("mask_gray", "at / params.width % params.height", "at / params.width % 1u"),
    ("mask_gray", "8u * i", "8u * (3u - i)"),
    ("luma_table", "9617u", "9616u"),
    ("luma_table", "8192u", "0u"),
    ("luma_table", "select(0u, luma(rgb)", "select(255u, luma(rgb)"),
    ("luma_table", "bin = first + 1u", "bin = 0u"),
    ("luma_table", "bin <= lane", "bin < lane"),
    ("luma_table", "digits += 1u;\n    }\n    return", "digits += 0u;\n    }\n    return"),
    ("luma_table", "made = first", "made = 0u"),
    ("luma_table", "group.x * size + at", "at"),
    ("equalise", "9241", "9240"),
    ("equalise", "22987", "22970"),
    ("equalise", "-5636 * blue", "5636 * blue"),
    ("equalise", "29049", "29030"),
    ("equalise", "+ 8192) >> 14u", "+ 0) >> 14u"),
    ("equalise", "256u * frame + old", "old"),
    ("equalise", "if (!inside(x, y))", "if (!inside(y, y))"),
    ("equalise", "across.y, down.x", "across.x, down.x"),
    ("equalise", "+ 2u) >>", "+ 1u) >>"),
    ("equalise", "(lower >> vec3<u32>(4u))", "(upper >> vec3<u32>(4u))"),
    ("equalise", "params.out_height + index", "index"),
    ("flow_bytes", "12.0 *", "11.0 *"),
    ("flow_bytes", "+ 128.0", "+ 127.0"),
    ("flow_bytes", "params.folded != 0u", "true"),
    ("flow_bytes", "max(scaled, vec2<f32>(0.0)), abs(scaled)", "max(scaled, vec2<f32>(0.0)), max(scaled, vec2<f32>(0.0))"),
    ("flow_bytes", "round(min(", "floor(min("),
    ("flow_bytes", "xy.y << 8u", "xy.x << 8u"),
    ("flow_bytes", "(flow * params.height + y)", "y"),
    ("sum_bytes", "sum += four", "sum = four"),
    ("sum_bytes", "min(four, vec4<u32>(1u))", "vec4<u32>(1u)"),
    ("sum_bytes", "x < span.y", "x <= span.y"),
    ("sum_bytes", "sums[lane] += sums[lane + reach]", "sums[lane] = sums[lane + reach]"),
    ("sum_bytes", "most[lane] = max(most[lane]", "most[lane] = min(most[lane]"),
    ("sum_bytes", "4u * group.x + 2u", "4u * group.x + 1u"),
    ("sum_bytes", "0u, 8u, 16u, 24u", "0u, 8u, 16u, 16u"),
    ("planes", "place >> 2u", "place >> 3u"),
    ("planes", "place & 3u", "place & 1u"),
    ("planes", "var byte = 128u", "var byte = 127u"),
    ("planes", "- factor.x", "+ factor.x"),
    ("planes", "factors[index / size]", "factors[0u]"),
    ("planes", "x >= span.x &&", "x > span.x &&"),
    ("planes", "select(0.0,", "select(1.0,"),
    ("gray", "2097152u", "2097151u * 0u"),
    ("gray", "1253829u", "1253828u"),
    ("lbp", "byte(at + r) >= centre", "byte(at + r) > centre"),
    ("lbp", "return equal ||", "return false ||"),
    ("lbp", "multiply(u32(abs(a)), u32(abs(a)))", "multiply(u32(abs(b)), u32(abs(b)))"),
    ("lbp", "diagonal(at, centre, 1, -row)", "diagonal(at, centre, 1, row)"),
    ("lbp", "a_larger && a > 0", "a_larger && b > 0"),
    ("lbp_radius_1", "min(at + 3u, last_word)", "min(at + 2u, last_word)"),
    ("lbp_radius_1", "(a & ~b) |", "(a & b) |"),
    // The convergent of sqrt 2 - 1 that is the nearest with smaller numbers and not near enough for bytes.
    ("lbp_radius_1", "CORNER: i32 = 985;\nconst BESIDE: i32 = 408", "CORNER: i32 = 169;\nconst BESIDE: i32 = 70"),
    ("lbp_radius_1", "CORNER * n1 + BESIDE * c1", "CORNER * n1 + BESIDE * c0"),
    ("lbp_radius_1", "negative(down0 - south, 5u)", "negative(down0 - south - 1, 5u)"),
    ("lbp_radius_1", "at += 2u * params.width", "at += params.width"),
    ("lbp_radius_1", "done < end", "done < min(end, 4u)"),
    ("lbp_radius_1", "(found & ~mask) |", "found |"),
    ("warp", "face.mirrored != 0u", "false"),
    ("normalise", "crop.y + x", "crop.x + x"),
    ("normalise", "value.zyxw", "value.yzxw"),
    ("normalise", "y0 + 1u", "y0"),
    ("normalise", "ordered - params.mean", "ordered + params.mean"),
    ("normalise", "params.first * size", "0u * size"),
    ("normalise_crop", "params.first + id.z", "id.z"),
    ("normalise_crop", "crop.x + id.y", "id.y"),
    ("normalise_crop", "id.z % params.crops", "id.z / params.crops"),
    ("normalise_crop", "colour(id.z / params.crops", "colour(id.z"),
    ("normalise_crop", "crop.y + id.x, params.in_width - 1u", "crop.y + id.x, params.in_width - 2u"),
    ("normalise_crop", "at & 3u", "at & 1u"),
    ("conv_broadcast_8", "(0u * 8u + 7u) % 8u", "(0u * 8u + 6u) % 8u"),
    ("conv_broadcast_8", "input_at(source3 + c), inside3)", "input_at(source3 + c), true)"),
    ("conv_broadcast_8", "channel + 5u < params.group_out", "channel + 6u < params.group_out"),
    ("conv_broadcast_8", "params.in_c4_offset + ", ""),
    ("conv_broadcast_4", "(3u * 4u + 2u) % 4u", "(3u * 4u + 1u) % 4u"),
    ("conv_broadcast_4", "raw7 < pixels", "raw7 < pixels - 1u"),
    ("conv_broadcast_8_stem", "fma(vec4<f32>(v2[2]), b2, acc2_5)", "fma(vec4<f32>(v2[1]), b2, acc2_5)"),
    ("conv_broadcast_8_stem", "in_rows1 && ix1 < params.in_width", "in_rows1"),
    ("conv_broadcast_8_stem", "ky * params.dilation_y", "ky"),
    ("conv_broadcast_4_stem", "at += 4u * 4u", "at += 3u * 4u"),
    ("conv_broadcast_4_stem", "in_rows7 && ", ""),
    ("conv_direct_stem", "v[2]", "v[1]"),
    ("conv_direct_stem", "kx * params.dilation_x", "kx"),
    ("conv_tile_128_stem", "kx -= params.kernel_width * params.dilation_x", "kx = 0u"),
    ("conv_tile_64_stem", "fma(vec4<f32>(v5[2]), w0, acc5_0)", "fma(vec4<f32>(v5[1]), w0, acc5_0)"),
    ("conv_tile_32_stem", "ky += params.dilation_y;", "ky += 1u;"),
    ("conv_split_64_stem", "% params.kernel_width * params.dilation_x", "% params.kernel_width"),
    ("conv_split_32_stem", "slabs * (part + 1u) / params.parts", "slabs"),
    ("conv_direct", "params.in_c4_offset + ", ""),
    ("conv_direct", "vec4<f32>(v[2]), w2_1", "vec4<f32>(v[2]), w2_0"),
    ("conv_direct", "ky * params.dilation_y", "ky"),
    ("conv_direct", "min(max(bent", "min(min(bent"),
    ("conv_direct", "at * params.residual + channel", "at * params.bias_stride + channel"),
    ("conv_tile_32", "params.members * params.bias_stride, own_slope", "params.bias_stride, own_slope"),
    ("conv_reduce", "vec4<f32>(params.most)", "vec4<f32>(params.least)"),
    ("conv_grouped", "x * hard, params.activation == 3u", "x * hard, params.activation == 4u"),
    ("conv_tile_128", "let v7 = tile_in[(row + 7u * 16u)", "let v7 = tile_in[(row + 6u * 16u)"),
    ("conv_tile_128", "conv_group * packed_tiles + packed_tile", "conv_group + packed_tile"),
    ("conv_tile_128", "load_column / 8u;", "0u;"),
    ("conv_tile_128", "first + row + 3u * 16u < pixels", "first + row + 3u * 16u < pixels - 1u"),
    ("conv_tile_64", "let v2 = tile_in[(row + 2u * 8u) * 5u + 1u]", "let v2 = tile_in[(row + 1u * 8u) * 5u + 1u]"),
    ("conv_tile_64", "channel < params.residual", "channel + 1u < params.residual"),
    ("conv_tile_64", "params.in_c4_offset + ", ""),
    ("conv_tile_64", "kx += params.dilation_x", "kx += 1u"),
    ("conv_tile_64", "ky += params.dilation_y", "ky += 1u"),
    ("conv_tile_64", "c -= params.group_in", "c = 0u"),
    ("conv_tile_32", "thread % 32u / 8u", "thread % 32u / 16u"),
    ("conv_tile_32", "weights_first + (deeper + 1u * 8u) * 8u", "weights_first + deeper * 8u"),
    ("conv_half_128", "fma(Loaded(v3[2]), w1, half3_1)", "fma(Loaded(v3[2]), w0, half3_1)"),
    ("conv_half_64", "acc5_0 += vec4<f32>(half5_0)", "acc5_0 = vec4<f32>(half5_0)"),
    ("conv_half_64", "iy < params.in_height", "true"),
    ("conv_half_32", "v1 = tile_in[(row + 1u * 8u) * 4u + 3u]", "v1 = tile_in[(row + 1u * 8u) * 4u + 2u]"),
    ("conv_half_split_64", "part * params.members + member", "member"),
    ("conv_half_split_32", "slabs * (part + 1u) / params.parts", "slabs"),
    ("conv_matrix_128", "coopMultiplyAdd(v, w2, acc1_2)", "coopMultiplyAdd(v, w1, acc1_2)"),
    ("conv_matrix_64", "out_lane / 4u + 1u * 8u", "out_lane / 4u"),
    ("conv_matrix_64", "iy < params.in_height", "true"),
    ("conv_matrix_32", "row + 0u * 16u) * (8u + 2u) + 1u * 4u", "row + 0u * 16u) * (8u + 2u)"),
    ("conv_matrix_split_64", "part * params.members + member", "member"),
    ("conv_matrix_split_32", "slabs * (part + 1u) / params.parts", "slabs"),
    ("conv_split_64", "* (part + 1u) / params.parts", "/ params.parts"),
    ("conv_split_64", "var k = first_slab * 4u + lane", "var k = lane"),
    ("conv_split_64", "/ params.kernel_width * params.dilation_y", "/ params.kernel_width"),
    ("conv_split_64", "var deeper = first_slab * 4u * 4u", "var deeper = 0u * first_slab"),
    ("conv_split_32", "part * params.members + member", "part + member"),
    ("conv_reduce", "part < params.parts", "part + 1u < params.parts"),
    ("conv_reduce", "pixel / pixels, pixel % pixels", "0u, pixel"),
    ("conv_grouped", "out_channel / params.group_out * params.group_in", "out_channel / params.group_in * params.group_in"),
    ("conv_grouped", "i32(params.pad_left)", "i32(params.pad_top)"),
    ("conv_depthwise_image_3", "inside4 = x + 4u < params.in_width", "inside4 = x + 3u < params.in_width"),
    ("conv_depthwise_image_3", "params.images + image) * params.in_height", "params.images + 0u) * params.in_height"),
    ("conv_depthwise_image_3_2", "column * 2u - params.pad_left", "column * 2u - params.pad_top - 1u"),
    ("conv_depthwise_image_5", "(1u * 5u + 3u) * params.in_c4", "(1u * 5u + 2u) * params.in_c4"),
    ("conv_depthwise_image_5_2", "in_rows = y + 6u < params.in_height", "in_rows = y + 5u < params.in_height"),
    ("conv_depthwise_texture_3", "row + 1u < params.out_height", "row + 2u < params.out_height"),
    ("conv_depthwise_texture_3_2", "member * params.weights_stride + channel", "channel"),
    ("conv_depthwise_texture_5", "pixel + 1u * params.out_width + 3u", "pixel + 1u * params.out_width + 2u"),
    ("conv_depthwise_texture_5_2", "block / across % down * 2u", "block / across % down"),
    ("conv_broadcast_8x4", "(1u * 4u + 3u) % 8u", "(1u * 4u + 3u) % 4u"),
    ("conv_broadcast_8x4", "w[1] = weights_at(at + 1u * 8u)", "w[1] = weights_at(at)"),
    ("conv_broadcast_8x2", "raw5 < pixels", "raw5 < pixels - 1u"),
    ("conv_broadcast_8x2", "subgroupBroadcast(own.slope, 1u)", "subgroupBroadcast(own.slope, 0u)"),
    ("conv_depthwise", "at += params.in_c4", "at += 1u"),
    ("conv_depthwise", "params.stride_x", "params.stride_y + 1u"),
    ("winograd_input_image_4", "4.0 * d[0] - 5.0 * d[2]", "4.0 * d[0] - 4.0 * d[2]"),
    ("winograd_input_image_4_f16", "4.0 * d[0] - 5.0 * d[2]", "4.0 * d[0] - 4.0 * d[2]"),
    ("winograd_input_texture_4_f16", "4.0 * d[1] - 5.0 * d[3]", "4.0 * d[1] - 4.0 * d[3]"),
    ("winograd_input_image_4", "u32(y) < params.in_height && ", ""),
    ("winograd_input_image_2", "d[2] - d[1]", "d[1] - d[2]"),
    ("winograd_input_image_2_f16", "d[1] - d[3]", "d[1] - d[2]"),
    ("winograd_output_image_4", "8.0 * m[3] - 8.0 * m[4]", "8.0 * m[3] + 8.0 * m[4]"),
    ("winograd_output_image_4", "params.first + chosen % params.together", "params.first + chosen"),
    ("winograd_output_image_4", "y + 3u < params.out_height", "y + 3u < params.out_height - 1u"),
    ("winograd_output_image_2", "m[1] - m[2] - m[3]", "m[1] - m[2] + m[3]"),
    ("winograd_output_image_2", "x + 1u < params.out_width", "x + 1u < params.out_width - 1u"),
    ("winograd_input_texture_4", "index / params.group_in % tiles", "index % tiles"),
    ("winograd_input_image_4", "params.in_c4_offset + channel", "channel"),
    ("winograd_input_texture_4", "params.members * params.together", "params.together"),
    ("winograd_input_texture_2", "tile % across * 2u", "tile % across * 4u"),
    ("winograd_input_texture_2_f16", "d[0] - d[2]", "d[0] + d[2]"),
    ("winograd_input_texture_2", "row2[1] = points[2]", "row1[2] = points[2]"),
    ("winograd_input_buffer_4", "params.first + chosen % params.together", "chosen % params.together"),
    ("winograd_input_buffer_4", "chosen / params.together * params.images", "chosen / params.together"),
    ("winograd_input_buffer_2", "(params.out_height + 2u - 1u) / 2u", "params.out_height / 2u"),
    ("winograd_input_buffer_2", "(2u * 4u + 1u) * count", "(1u * 4u + 2u) * count"),
    ("winograd_output_buffer_4", "params.first + chosen % params.together", "chosen % params.together"),
    ("winograd_output_buffer_4", "m[1] - m[2] + 8.0 * m[3]", "m[1] - m[2] + 4.0 * m[3]"),
    ("winograd_output_buffer_2", "m[0] + m[1] + m[2]", "m[0] + m[1] - m[2]"),
    ("winograd_output_texture_4", "row + 2u, channel, pixels[2]", "row + 1u, channel, pixels[2]"),
    ("winograd_output_texture_4", "let member = chosen / params.together", "let member = 0u * chosen"),
    ("winograd_output_texture_2", "row + 1u, channel, pixels[1]", "row + 1u, channel, pixels[0]"),
    ("dense_stream_1", "weights[row3 + 16u]", "weights[row3 + 8u]"),
    ("dense_stream_1", "v2_0.z), w2_2, sum0", "v2_0.z), w2_1, sum0"),
    ("dense_stream_1", "half >= 8u", "half >= 16u"),
    ("dense_stream_4", "let member = index / tiles", "let member = 0u * index / tiles"),
    ("dense_stream_4", "min(2u, params.images - 1u)", "min(1u, params.images - 1u)"),
    ("dense_stream_8", "c + 0u * 32u < params.in_c4", "c + 0u * 32u < params.in_c4 - 1u"),
    ("dense_stream_8", "c + 1u * 32u < params.in_c4", "true"),
    ("dense_texel_8x1", "2u * params.tile", "params.tile"),
    ("dense_texel_8x1", "c + lane < params.in_c4", "true"),
    ("dense_texel_8x4", "subgroupBroadcast(v3, 5u)", "subgroupBroadcast(v3, 4u)"),
    ("dense_texel_8x4", "first + 3u < params.images", "first + 4u < params.images"),
    ("dense_texel_8x8", "min(first + 7u, params.images - 1u)", "min(first + 6u, params.images - 1u)"),
    ("dense_texel_4x1", "subgroupBroadcast(v0, 2u)", "subgroupBroadcast(v0, 1u)"),
    ("dense_texel_4x4", "first + 2u < params.images", "first + 3u < params.images"),
    ("dense_texel_4x8", "raw < params.out_c4", "raw + 1u < params.out_c4"),
    ("dense_direct_1", "v.z * w2", "v.z * w3"),
    ("dense_direct_4", "source2 + c", "source1 + c"),
    ("dense_direct_8", "source5 + c", "source4 + c"),
    ("pool", "-3.4028234e38", "0.0"),
    ("pool_image", "base + u32(iy)", "u32(iy)"),
    ("pool", "params.in_width + params.pad_right", "params.in_width"),
    ("pool", "step_y + 1, i32(params.in_height)", "step_y + 1, i32(params.in_height) - 1"),
    ("pool", "(max(-y, 0) + step_y - 1) / step_y * step_y", "max(-y, 0)"),
    ("pool", "ix += step_x", "ix += 1"),
    ("pool_image", "(i32(params.kernel_width) - 1) * step_x", "(i32(params.kernel_width) - 1)"),
    ("dense_stream_1", "params.out_offset + channel", "channel"),
    ("dense_direct_1", "channel % params.tile", "channel % params.out_c4"),
    ("dense_direct_1", "(member * tiles + channel / params.tile)", "(member + channel / params.tile)"),
    ("fractional_max_pool", "starts[params.out_height + ", "starts["),
    ("dense_stream_1", "* params.out_stride", "* params.out_c4"),
    ("fractional_max_pool", "(y + ky)", "y"),
    ("fractional_max_pool", "let base = image *", "let base = 0u * image *"),
    ("fractional_max_pool", "-3.4028234e38", "0.0"),
    ("lrn", "high >= vec4<i32>(at + 2)", "high > vec4<i32>(at + 2)"),
    ("lrn", "squares.wwww", "squares.zzzz"),
    ("lrn", "max(low.x, 0)", "max(low.y, 0)"),
    ("lrn", "-params.beta", "params.beta"),
    ("lrn_image", "input_at(base + c)", "input_at(index)"),
    ("global_average", "f32(params.pixels)", "f32(params.pixels + 1u)"),
    ("affine", "member * params.c4 + index % params.c4", "index % params.c4"),
    ("affine", "max(x, zero));", "zero);"),
    ("affine", "params.members * params.c4, own_slope", "params.c4, own_slope"),
    ("binary", "member * params.c4 + at.w", "at.w"),
    ("dense_direct_4", "params.members * params.out_c4, own_slope", "params.out_c4, own_slope"),
    ("unary", "exp(-abs(x))", "exp(-x)"),
    ("unary", "case 5u", "case 25u"),
    ("unary", "max(x, vec4<f32>(params.a))", "max(x, vec4<f32>(params.b))"),
    ("unary", "abs(x) < vec4<f32>(0.03)", "abs(x) < vec4<f32>(0.3)"),
    ("unary", "exp(x) - 1.0, x +", "exp(x) - 1.0, x -"),
    ("unary", "x / 6.0 + 0.5", "x / 6.0"),
    ("unary", "0.254829592", "0.2548"),
    ("unary", "0.11283792", "0.11"),
    ("unary", "x * 0.70710678", "x * 0.7"),
    ("unary", "0.79788456", "0.79"),
    ("unary", "e < vec4<f32>(0.05)", "e < vec4<f32>(0.5)"),
    ("unary", "max(x, zero) + select", "select"),
    ("prelu", "member * params.c4 + index", "index"),
    ("prelu", "x >= vec4<f32>(0.0)", "x <= vec4<f32>(0.0)"),
    ("rearrange", "rest /= size", "rest -= size"),
    ("rearrange", "2 * (within - 1) - at", "2 * within - 1 - at"),
    ("rearrange", "axis < 4u", "axis < 8u"),
    ("rearrange", "clamp(at, 0, within - 1)", "clamp(at, 1, within - 1)"),
    ("rearrange", "return params.value", "return 0.0"),
    ("rearrange", "var source = params.first", "var source = 0 * params.first"),
    ("resample", "taps[column + 1u]", "taps[column]"),
    ("resample", "mix(above, below, down)", "mix(below, above, down)"),
    ("conv_transpose", "along % params.stride_x == 0u", "true"),
    ("conv_transpose", "- ky * params.dilation_y", "- ky"),
    ("conv_transpose", "out_channel / params.group_out * params.group_in", "out_channel / params.group_in * params.group_in"),
    ("conv_transpose", "+ params.pad_top", "+ params.pad_left"),
    ("binary", "b = b.xxxx", "b = b.yyyy"),
    ("binary", "at.w * strides.w", "at.w"),
    ("binary", "at.x / params.right_repeat", "at.x"),
    ("binary", "value = a - b", "value = b - a"),
    ("binary", "select(vec4<f32>(0.0), a /", "select(a / b, a /"),
    ("binary", "max(a, b)", "a"),
    ("binary", "min(a, b)", "b"),
    ("binary", "select(size, -size,", "select(size, size,"),
    ("binary", "select(of_zero, vec4<f32>(1.0), b == zero)", "of_zero"),
    ("binary", "select(vec4<f32>(0.0), power(a, b), present)", "power(b, a)"),
    ("softmax", "- most", "- 0.0 * most"),
    ("softmax", "below - log(sum)", "log(exp(below) / sum)"),
    ("arg_max", "value > most", "value >= most"),
    ("arg_max", "c < params.channels", "c < params.channels - 1u"),
    ("arg_max", "most = value", "most = most"),
    ("matmul", "row / params.rows * params.depth", "row * 0u * params.depth"),
    ("matmul", "at_right += params.columns * params.c4", "at_right += params.c4"),
    ("matmul", "let channel = index % params.c4", "let channel = 0u * index"),
    ("softmax", "vec4<u32>(params.channels)", "vec4<u32>(params.channels + 1u)"),
    ("copy", "params.in_first * params.pixels", "0u * params.pixels"),
    ("copy", "i32(4u * group) - i32(params.out_offset)", "i32(4u * group)"),
    ("copy", "value = widen(output[place]);", "value = vec4<f32>(0.0);"),
    ("copy", "value[i] = 0.0;", "value[i] = 1.0;"),
    ("pack", "(channel + i) * params.pixels", "(channel + i + 1u) * params.pixels"),
    ("unpack", "at % params.pixels", "at / params.pixels"),
    ("fuse", "weights[member] * member_mean", "weights[0] * member_mean"),
    ("fuse", "params.exponent * log2", "log2"),
    ("fuse", "f32(params.crops)", "f32(params.members)"),
    ("peak_fma", "acc0 + acc1 + acc2", "acc0 + acc1"),
    ("peak_matrix", "acc0 + acc1 + acc2 + acc3", "acc0 + acc1 + acc2"),
    ("peak_copy", "output[at] = input[at]", "output[at] = input[at / 2u]"),
];

#[test]
fn every_planted_mistake_is_caught() {
    // Forms are mistaken with what they are forms of.
    let forms: Vec<&str> = shader::ALL.iter().flat_map(|shader| shader.forms().skip(1)).map(|form| form.name).collect();
    let all: Vec<&'static Shader> = shader::ALL.iter().copied().filter(|shader| !forms.contains(&shader.name)).collect();
    let halves = all.iter().filter_map(|shader| shader.f16);
    let in_half = halves.flat_map(|half| {
        // Its definition, and a use.
        let used = HALF_MISTAKES.iter().filter(|(function, ..)| half.source.matches(function).count() > 1);
        used.map(|&(_, stands, mistake)| (half.name, stands, mistake))
    });
    let mistakes: Vec<(&str, &str, &str)> = MISTAKES.iter().copied().chain(in_half).collect();
    for shader in &all {
        assert!(mistakes.iter().any(|(name, ..)| *name == shader.name), "no mistake is planted in {}", shader.name);
    }
    // Compiling a shader takes one core, and most of the time.
    let waiting = Mutex::new(all.into_iter());
    let next = || waiting.lock().unwrap().next();
    let missed = Mutex::new(Vec::new());
    let cores = thread::available_parallelism().map_or(1, usize::from).min(MOST_THREADS);
    thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                let gpus = open_all();
                while let Some(shader) = next() {
                    let own = mistakes.iter().filter(|(name, ..)| *name == shader.name);
                    let through = plant(&gpus, shader, own.map(|&(_, stands, mistake)| (stands, mistake)));
                    missed.lock().unwrap().extend(through);
                }
            });
        }
    });
    let missed = missed.into_inner().unwrap();
    assert!(missed.is_empty(), "not caught:\n{}", missed.join("\n"));
}

/// Which of a shader's mistakes, planted in all its forms, its test lets pass; unchanged, it has to hold.
fn plant(gpus: &[Gpu], shader: &'static Shader, mistakes: impl Iterator<Item = (&'static str, &'static str)>) -> Vec<String> {
    let name = shader.name;
    // One adapter is enough for most; the broadcast kernels need one of their own subgroup size.
    let Some(gpu) = gpus.iter().find(|gpu| problems::lacks(gpu, name).is_none()) else {
        eprintln!("SKIPPED: {name} needs an adapter of its subgroup size, with cooperative matrices, or with arithmetic in f16");
        return Vec::new();
    };
    let (check, precision) = problems::check_of(name);
    let buffers: Vec<&'static Shader> = [Some(shader), shader.alone].into_iter().flatten().collect();
    let textures: Vec<&'static Shader> = buffers.iter().filter_map(|form| form.texels).collect();
    let mut missed = Vec::new();
    let mut plant = |forms: &[&'static Shader], stands: &str, mistake: &str, holds: &dyn Fn() -> Result<(), String>| {
        assert!(forms.iter().any(|form| form.source.contains(stands)), "{name}: `{stands}` does not stand there");
        forms.iter().for_each(|form| gpu.replace_source(form, form.source.replacen(stands, mistake, 1)));
        if holds().is_ok() {
            missed.push(format!("{}: `{stands}` -> `{mistake}`", forms[0].name));
        }
        forms.iter().for_each(|form| gpu.replace_source(form, form.source.to_owned()));
    };
    mistakes.for_each(|(stands, mistake)| plant(&buffers, stands, mistake, &|| check(gpu, precision)));
    for (stands, mistake) in TEXEL_MISTAKES.into_iter().filter(|_| !textures.is_empty()) {
        plant(&textures, stands, mistake, &|| through_texels(|| check(gpu, precision)));
    }
    if let Err(error) = check(gpu, precision).and_then(|()| through_texels(|| check(gpu, precision))) {
        panic!("{name} unchanged: {error}");
    }
    missed
}
