/** A drawing of the page as a file, with the colours that it has there. */

import { context, h } from "../ui/dom.js";

/** Pixels that every browser's canvas has room for, and along one side. */
const [mostPixels, mostAlong] = [16_000_000, 16_000];

export function svgText(drawing: SVGSVGElement): string {
  const look = getComputedStyle(document.documentElement);
  const text = new XMLSerializer().serializeToString(drawing);
  return `${text.replaceAll(/var\((--[a-z-]+)\)/g, (_, name: string) => look.getPropertyValue(name).trim())}\n`;
}

/** Twice as large as it is, where there is room for it. */
export async function png(drawing: SVGSVGElement): Promise<Blob> {
  const url = URL.createObjectURL(new Blob([svgText(drawing)], { type: "image/svg+xml" }));
  try {
    const image = new Image();
    image.src = url;
    await image.decode();
    const { width, height } = drawing.viewBox.baseVal;
    const scale = Math.min(2, Math.sqrt(mostPixels / (width * height)), mostAlong / Math.max(width, height));
    const canvas = h("canvas", { width: Math.floor(width * scale), height: Math.floor(height * scale) });
    context(canvas).drawImage(image, 0, 0, canvas.width, canvas.height);
    const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, "image/png"));
    if (blob === null) throw new Error("the browser made no PNG of the picture: save it as SVG");
    return blob;
  } finally {
    URL.revokeObjectURL(url);
  }
}
