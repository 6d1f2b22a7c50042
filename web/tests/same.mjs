/** Whether the page saw, to the byte, what the native program saw, and answered the same. */

/** What two probabilities may differ by. */
const most = 2e-3;

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

/** In the page: its answer to the bytes of a file, pictures as base64. */
export async function asked(text) {
  const file = new Blob([Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0))], { type: "image/png" });
  const base64 = (data) => btoa(Array.from(data, (byte) => String.fromCharCode(byte)).join(""));
  const { faces } = await window.moue.analyze(file, { pictures: true });
  return faces.map(({ label, probabilities, members, pictures: { crop, mapped } }) => ({
    label,
    probabilities: [...probabilities],
    members: members.map((member) => [...member]),
    crop: base64(crop.data),
    mapped: mapped.map(({ name, image, codes, codesSize }) => ({ name, image: base64(image.data), codes: codes ? base64(codes) : null, codesSize })),
  }));
}

/** The same, of a page of Chromium. */
export function ask(page, bytes) {
  return page.evaluate(asked, Buffer.from(bytes).toString("base64"));
}

/** Every way in which an answer is not the reference's. */
export function complaints(faces, reference) {
  if (faces.length !== reference.faces.length) return [`${faces.length} faces instead of ${reference.faces.length}`];
  const found = [];
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
