/** Which answer of a browser's program counts: the rule of boxes.py, and what she shows. */

const LEAST_OVERLAP = 0.5;
/** The square of her face, as faces.py has it of examples/astronaut.png. */
const FACE = [177.0, 67.8, 94.8, 94.8];

function overlap(one, other) {
  const [width, height] = [0, 1].map((at) => Math.min(one[at] + one[at + 2], other[at] + other[at + 2]) - Math.max(one[at], other[at]));
  const both = Math.max(width, 0) * Math.max(height, 0);
  return both / (one[2] * one[3] + other[2] * other[3] - both);
}

/** Why an answer does not count; undefined where it does. */
export function wrong(faces) {
  const own = faces.filter(({ box }) => overlap(box, FACE) >= LEAST_OVERLAP);
  if (own.length !== 1 || faces.length !== 1) return `finds ${own.length} of 1${faces.length > own.length ? ` and ${faces.length - own.length} that are none` : ""}`;
  return own[0].label === "happy" ? undefined : `answers ${own[0].label}`;
}
