/** Cameras: opening one, listing them, and their errors in plain words. */

import { h } from "./dom.js";

/** Opens a camera, or the one that faces the user. */
export async function openCamera(id: string | null): Promise<MediaStream> {
  // Missing where the page was not loaded by https or from this machine.
  const devices = navigator.mediaDevices as MediaDevices | undefined;
  if (devices === undefined) throw new Error("The browser gives the webcam only to pages loaded by https, or from this machine.");
  const which = id === null ? { facingMode: "user" } : { deviceId: { exact: id } };
  try {
    return await devices.getUserMedia({ audio: false, video: { width: { ideal: 1280 }, height: { ideal: 720 }, ...which } });
  } catch (error) {
    throw new Error(reason(error), { cause: error });
  }
}

/** Lists those there are, whose names are known once one was opened; `field` is shown where there are two. */
export async function listCameras(select: HTMLSelectElement, field: HTMLElement, chosen: string, signal: AbortSignal): Promise<void> {
  const found = (await navigator.mediaDevices.enumerateDevices()).filter(({ kind }) => kind === "videoinput");
  if (signal.aborted) return;
  select.replaceChildren(...found.map(({ deviceId, label }, at) => h("option", { value: deviceId }, label || `Camera ${at + 1}`)));
  select.value = chosen;
  field.hidden = found.length < 2;
}

function reason(error: unknown): string {
  switch (error instanceof DOMException ? error.name : "") {
    case "NotAllowedError":
      return "The browser may not use the webcam. Allow it with the camera symbol beside the address, or in the system's privacy settings, and start again.";
    case "NotFoundError":
      return "There is no webcam. Connect one and start again.";
    case "NotReadableError":
    case "AbortError":
      return "The webcam does not answer; another program may be using it. Close that one and start again.";
    case "OverconstrainedError":
      return "This camera is gone. Choose another.";
    default:
      return `The webcam could not be started: ${error instanceof Error ? error.message : String(error)}`;
  }
}
