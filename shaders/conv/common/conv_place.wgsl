// Where the window of pixel P lies in its image, and where the image begins. Above and left of the image, u32 wraps.
    let y{P} = pixel{P} / params.out_width % params.out_height * params.stride_y - params.pad_top;
    let x{P} = pixel{P} % params.out_width * params.stride_x - params.pad_left;
    let image{P} = (member * params.images + pixel{P} / (params.out_width * params.out_height)) * params.in_height * params.in_width;
