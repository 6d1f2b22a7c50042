/** Files from the file dialogues, a drop or the clipboard. */

import { byId } from "./dom.js";

export type OnFiles = (files: File[]) => void;

/** `chosen`: what is told of each file input, by its id. `onFiles` is told of what is dropped or pasted, wherever that is, and on which element it was dropped. */
export function files(chosen: Record<string, OnFiles>, onFiles: (files: File[], on: Element | null) => void): void {
  const over = (on: boolean): void => document.querySelectorAll(".drop").forEach((zone) => zone.classList.toggle("over", on));
  for (const [id, told] of Object.entries(chosen)) {
    const input = byId(id, HTMLInputElement);
    input.addEventListener("change", () => {
      told([...(input.files ?? [])]);
      // The same file may be chosen again.
      input.value = "";
    });
  }

  const carriesFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes("Files") ?? false;
  // Anywhere on the page: a file dropped beside the zone would make the browser leave the page.
  window.addEventListener("dragover", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    over(true);
  });
  window.addEventListener("dragleave", (event) => {
    if (event.relatedTarget === null) over(false);
  });
  window.addEventListener("drop", (event) => {
    over(false);
    if (!carriesFiles(event)) return;
    event.preventDefault();
    onFiles([...(event.dataTransfer?.files ?? [])], event.target instanceof Element ? event.target : null);
  });
  window.addEventListener("paste", (event) => {
    const pasted = [...(event.clipboardData?.files ?? [])];
    if (pasted.length > 0) onFiles(pasted, null);
  });
}

/** Whether it is a video, as its name or the system say. */
export function isVideo({ name, type }: File): boolean {
  return type.startsWith("video/") || /\.(mp4|m4v|mov|mkv|webm|ts|avi)$/i.test(name);
}
