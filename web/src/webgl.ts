/** Pixels of a bitmap with alpha, through WebGL, where there is no WebGPU. */

import { MoueError } from "./types.js";

/** None where the browser has no WebGL either. */
export function throughWebGl(bitmap: ImageBitmap): Uint8ClampedArray<ArrayBuffer> | null {
  const gl = new OffscreenCanvas(1, 1).getContext("webgl2");
  if (!gl) {
    return null;
  }
  try {
    const { width, height } = bitmap;
    const most = gl.getParameter(gl.MAX_TEXTURE_SIZE) as number;
    if (Math.max(width, height) > most) {
      throw new MoueError("bad-picture", `The picture has ${width} × ${height} pixels and transparency, ${most} a side are the most: shrink it first, or save it without.`);
    }
    gl.pixelStorei(gl.UNPACK_COLORSPACE_CONVERSION_WEBGL, gl.NONE);
    gl.bindTexture(gl.TEXTURE_2D, gl.createTexture());
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA8, gl.RGBA, gl.UNSIGNED_BYTE, bitmap);
    gl.bindFramebuffer(gl.FRAMEBUFFER, gl.createFramebuffer());
    gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, gl.getParameter(gl.TEXTURE_BINDING_2D) as WebGLTexture, 0);
    const data = new Uint8ClampedArray(4 * width * height);
    gl.readPixels(0, 0, width, height, gl.RGBA, gl.UNSIGNED_BYTE, data);
    if (gl.isContextLost() || gl.getError() !== gl.NO_ERROR) {
      throw new MoueError("bad-picture", "The browser did not copy the picture: save it without transparency.");
    }
    return data;
  } finally {
    // A browser keeps some contexts, and ends the oldest of more.
    gl.getExtension("WEBGL_lose_context")?.loseContext();
  }
}
