/** The example photographs and videos; credits in public/examples/CREDITS.md. */

import { byId, h } from "./dom.js";

const london = "DeBruine & Jones, CC\u00a0BY\u00a04.0";
const intel = "Intel, CC\u00a0BY\u00a04.0";

interface Example {
  name: string;
  file: string;
  title: string;
  credit: string;
}

export const photographs: Example[] = [
  { name: "astronaut", file: "astronaut.png", title: "Eileen Collins", credit: "NASA, public domain" },
  { name: "grace_hopper", file: "grace_hopper.jpg", title: "Grace Hopper", credit: "US Navy, public domain" },
  { name: "smiling", file: "smiling.jpg", title: "Smiling portrait", credit: london },
  { name: "neutral", file: "neutral.jpg", title: "Neutral portrait", credit: london },
];

export const videos: Example[] = [
  { name: "head-pose-face-detection-male", title: "A man turns his head" },
  { name: "head-pose-face-detection-female-and-male", title: "A woman and a man" },
  { name: "face-demographics-walking-and-pause", title: "Three people walk by" },
].map((example) => ({ ...example, file: `${example.name}.webm`, credit: intel }));

/** A file's name, and what fetches it from beside the page. */
export type OnExample = (name: string, load: () => Promise<Blob>) => void;

export function showExamples(id: string, examples: Example[], onExample: OnExample): void {
  const list = byId(id, HTMLUListElement);
  for (const { name, file, title, credit } of examples) {
    const thumb = h("img", { src: `./examples/thumbs/${name}.jpg`, alt: "", width: 64, height: 64 });
    const words = h("span", {}, h("b", {}, title), h("small", {}, credit));
    const button = h("button", { type: "button", class: "example", "data-testid": `example-${name}` }, thumb, words);
    button.addEventListener("click", () => onExample(file, async () => fetchFile(`./examples/${file}`)));
    list.append(h("li", {}, button));
  }
}

async function fetchFile(url: string): Promise<Blob> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: the server answers ${response.status}`);
  return response.blob();
}
