/** How a head is turned, and how far eyes and mouth are open, in words. */

import type { Face } from "../../src/index.js";

/** Empty where no face was looked for. `mirrored`: as the picture is seen in a mirror. */
export function headWords({ pose, eyes, mouth }: Face, mirrored: boolean): string {
  if (pose === null || eyes === null || mouth === null) return "";
  const turn = (degrees: number, more: string, less: string): string => {
    const whole = Math.round(degrees);
    return `${Math.abs(whole)}° ${whole < 0 ? less : more}`;
  };
  const sign = mirrored ? -1 : 1;
  const [left, right] = mirrored ? [eyes.right, eyes.left] : [eyes.left, eyes.right];
  const turned = `turned ${turn(sign * pose.yaw, "right", "left")}, ${turn(pose.pitch, "up", "down")}, tilted ${turn(sign * pose.roll, "right", "left")}`;
  return `Head ${turned}. Eyes open ${left.toFixed(2)} and ${right.toFixed(2)}, mouth ${mouth.toFixed(2)}.`;
}
