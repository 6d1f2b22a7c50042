// Where the tap kx of that row reads, and the head of the block that takes it: a loop over its vec4s, of which a stem has one.
            #for P 0 PX
            let ix{P} = x{P} + kx * params.dilation_x;
            let inside{P} = in_rows{P} && ix{P} < params.in_width;
            let source{P} = select(0u, (row{P} + ix{P}) * params.in_c4 + params.in_c4_offset + conv_group * params.group_in, inside{P});
            #end
            #for S STEM 1
            for (var c = 0u; c < params.group_in; c++)
            #end
            #for S 0 STEM
            let c = 0u;
            #end
