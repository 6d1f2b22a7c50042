/** A face's landmarks as lines: its mesh, and over it lips, eyes, brows and outline. */

import type { Face, FaceLines, Point } from "../../src/index.js";
import type { Frame } from "./frame.js";

/** Points that `lines` joins; a face without all of them is left out. */
const points = 478;

export function drawMesh(on: CanvasRenderingContext2D, { landmarks }: Face, { contours, mesh }: FaceLines, fill: string, { scale, density, mirrored }: Frame): void {
  if (landmarks?.length !== points) return;
  const place = ([x, y]: Point): [number, number] => [mirrored ? on.canvas.width - x * scale : x * scale, y * scale];
  const path = (edges: [number, number][]): Path2D => {
    const lines = new Path2D();
    for (const edge of edges) {
      const [from, to] = edge.map((at) => landmarks[at]);
      if (from === undefined || to === undefined) continue;
      lines.moveTo(...place(from));
      lines.lineTo(...place(to));
    }
    return lines;
  };
  on.lineCap = "round";
  const stroke = (lines: Path2D, width: number, style: string): void => {
    on.lineWidth = width * density;
    on.strokeStyle = style;
    on.stroke(lines);
  };
  stroke(path(mesh), 0.75, "rgb(255 255 255 / 0.4)");
  const outline = path(contours);
  stroke(outline, 3, "rgb(0 0 0 / 0.4)");
  stroke(outline, 1.5, fill);
}
