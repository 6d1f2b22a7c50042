// Where the row ky of the window of each of PX pixels begins: one above or below the image is beyond its last.
        #for P 0 PX
        let iy{P} = y{P} + ky * params.dilation_y;
        let row{P} = image{P} + iy{P} * params.in_width;
        let in_rows{P} = iy{P} < params.in_height;
        #end
