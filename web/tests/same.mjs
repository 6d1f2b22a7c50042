/** Whether the page found the faces that the native program finds, saw of them, to the byte, what it sees, and answered the same. */

/** What two probabilities may differ by. */
const most = 2e-3;
/** What two boxes may differ by in pixels, for they are rounded; two points; two scores; degrees of two poses. */
const apart = { box: 1, landmarks: 0.1, score: 1e-3, pose: 0.1 };

/** Where two byte strings differ: how many bytes, and the first. */
function differences(a, b) {
  if (a.length !== b.length) return `${a.length} bytes instead of ${b.length}`;
  let count = 0;
  let first = -1;
  for (let at = 0; at < a.length; at++) {
    if (a[at] === b[at]) continue;
    if (count++ === 0) first = at;
  }
  return count === 0 ? "" : `${count} of ${a.length} bytes differ, the first at ${first}: ${a[first]} instead of ${b[first]}`;
}

/** RGBA as the channels of a reference; gray has equal ones. */
function channels(rgba, count) {
  const bytes = Buffer.from(rgba, "base64");
  const pixels = bytes.length / 4;
  const out = Buffer.alloc(pixels * count);
  for (let at = 0; at < pixels; at++) {
    for (let channel = 0; channel < count; channel++) out[at * count + channel] = bytes[at * 4 + channel];
  }
  return out;
}

/** In the page: its answer to the bytes of a file, pictures as base64. `engine`: which of the page's reads it. */
export async function asked({ text, engine = "moue" }) {
  const file = new Blob([Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0))], { type: "image/png" });
  const base64 = (data) => btoa(Array.from(data, (byte) => String.fromCharCode(byte)).join(""));
  const { faces } = await window[engine].analyze(file, { landmarks: 478, pictures: true });
  return faces.map(({ box, score, landmarks, pose, label, probabilities, members, pictures: { crop, mapped } }) => ({
    box,
    score,
    landmarks,
    pose,
    label,
    probabilities: [...probabilities],
    members: members.map((member) => [...member]),
    crop: base64(crop.data),
    mapped: mapped.map(({ name, image, codes, codesSize }) => ({ name, image: base64(image.data), codes: codes ? base64(codes) : null, codesSize })),
  }));
}

/** The same, of a page of Chromium. */
export function ask(page, bytes, engine = "moue") {
  return page.evaluate(asked, { text: Buffer.from(bytes).toString("base64"), engine });
}

/** Every way in which the faces of an answer are not those that the reference found. */
function strangers(faces, reference) {
  if (faces.length !== reference.found.length) return [`${faces.length} faces instead of ${reference.found.length}`];
  // Scores that are nearly equal may stand in another order.
  const fromLeft = (all) => [...all].sort((a, b) => a.box.x - b.box.x);
  const wanted = fromLeft(reference.found);
  return fromLeft(faces).flatMap((face, index) => {
    const values = ({ box, score, landmarks, pose }) => ({ box: [box.x, box.y, box.width, box.height], score: [score], landmarks: landmarks.flat(), pose });
    const [own, other] = [values({ ...face, pose: [face.pose.yaw, face.pose.pitch, face.pose.roll] }), values(wanted[index])];
    return Object.entries(apart).flatMap(([what, bound]) => {
      const worst = Math.max(...own[what].map((value, at) => Math.abs(value - other[what][at])));
      return worst <= bound && own[what].length === other[what].length ? [] : [`face ${index}, ${what}: ${worst} apart`];
    });
  });
}

/** Every way in which an answer is not the reference's, which read the faces of the answer. */
export function complaints(faces, reference) {
  const found = strangers(faces, reference);
  if (faces.length !== reference.faces.length) return [...found, `${faces.length} faces instead of ${reference.faces.length}`];
  const same = (what, difference) => difference === "" || found.push(`${what}: ${difference}`);
  const near = (what, values, wanted) => {
    const worst = Math.max(...values.map((value, at) => Math.abs(value - wanted[at])));
    // Also where a number is missing.
    if (!(worst <= most && values.length === wanted.length)) found.push(`${what}: ${worst} apart`);
  };
  for (const [index, face] of faces.entries()) {
    const wanted = reference.faces[index];
    if (face.label !== wanted.label) found.push(`face ${index}: ${face.label} instead of ${wanted.label}`);
    same(`face ${index}, crop`, differences(channels(face.crop, wanted.crop.channels), wanted.crop.data));
    near(`face ${index}, probabilities`, face.probabilities, wanted.probabilities);
    if (face.members.length !== wanted.members.length) found.push(`${face.members.length} members`);
    face.members.forEach((member, at) => near(`face ${index}, member ${at}`, member, wanted.members[at]));
    const names = (parts) => parts.map(({ name }) => name).join(" ");
    if (names(face.mapped) !== names(wanted.mapped)) found.push(`representations ${names(face.mapped)}`);
    for (const [at, { name, image, codes }] of face.mapped.entries()) {
      const part = wanted.mapped[at];
      same(`face ${index}, picture of ${name}`, differences(channels(image, part.image.channels), part.image.data));
      if ((codes === null) !== (part.codes === null)) found.push(`codes of ${name} in one only`);
      else if (codes !== null) same(`face ${index}, codes of ${name}`, differences(Buffer.from(codes, "base64"), part.codes.data));
    }
  }
  return found;
}
