/** Files from the file dialogue, a drop or the clipboard. */

import { byId } from "./dom.js";

export function files(onFiles: (files: File[]) => void): void {
  const zone = byId("drop", HTMLElement);
  const input = byId("file-input", HTMLInputElement);

  input.addEventListener("change", () => {
    onFiles([...(input.files ?? [])]);
    // The same file may be chosen again.
    input.value = "";
  });

  const carriesFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes("Files") ?? false;
  // Anywhere on the page: a file dropped beside the zone would make the browser leave the page.
  window.addEventListener("dragover", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    zone.classList.add("over");
  });
  window.addEventListener("dragleave", (event) => {
    if (event.relatedTarget === null) zone.classList.remove("over");
  });
  window.addEventListener("drop", (event) => {
    zone.classList.remove("over");
    if (!carriesFiles(event)) return;
    event.preventDefault();
    onFiles([...(event.dataTransfer?.files ?? [])]);
  });
  window.addEventListener("paste", (event) => {
    const pasted = [...(event.clipboardData?.files ?? [])];
    if (pasted.length > 0) onFiles(pasted);
  });
}
