            #for I 0 LOADS_IN
            {
                // Beyond the top and the left, u32 wraps, and is beyond the bottom and the right.
                let iy = y{I} + ky;
                let ix = x{I} + kx;
                let inside = iy < params.in_height && ix < params.in_width && k < total;
                let source = (image{I} + iy * params.in_width + ix) * params.in_c4 + params.in_c4_offset + conv_group * params.group_in + c;
                next_in{I} = select(Loaded(), input_at(select(0u, source, inside)), inside);
            }
            #end
            #for I 0 LOADS_WEIGHTS
            {
                let present = deeper + {I}u * {ROWS}u < rows;
                let at = weights_first + (deeper + {I}u * {ROWS}u) * 8u;
                next_weights{I} = select(Loaded(), weights_at(select(0u, at, present)), present);
            }
            #end
            k += {DEEP}u;
            deeper += {DEEP}u * 4u;
            #for S 0 STEM
            kx += {DEEP}u * params.dilation_x;
            while (kx >= params.kernel_width * params.dilation_x) {
                kx -= params.kernel_width * params.dilation_x;
                ky += params.dilation_y;
            }
            #end
            #for S STEM 1
            c += {DEEP}u;
            while (c >= params.group_in) {
                c -= params.group_in;
                kx += params.dilation_x;
                if (kx >= params.kernel_width * params.dilation_x) {
                    kx = 0u;
                    ky += params.dilation_y;
                }
            }
            #end
