// B^T and A^T of Winograd's F(2, 3), as in Lavin & Gray 2016 (arXiv:1509.09308), of a column or a row: points 0, 1, -1 and infinity.

fn there(d: array<vec4<f32>, 4>) -> array<vec4<f32>, 4> {
    return array<vec4<f32>, 4>(
        d[0] - d[2],
        d[1] + d[2],
        d[2] - d[1],
        d[1] - d[3],
    );
}

fn back(m: array<vec4<f32>, 4>) -> array<vec4<f32>, 2> {
    return array<vec4<f32>, 2>(
        m[0] + m[1] + m[2],
        m[1] - m[2] - m[3],
    );
}
