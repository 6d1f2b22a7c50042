/** The codecs of videos: their names, and which of them this browser decodes. */

const known: Record<string, [name: string, codec: string]> = {
  avc: ["H.264", "avc1.42001f"],
  hevc: ["HEVC", "hvc1.1.6.L93.B0"],
  vp8: ["VP8", "vp8"],
  vp9: ["VP9", "vp09.00.10.08"],
  av1: ["AV1", "av01.0.04M.08"],
};

/** What people call a codec. */
export function nameOf(codec: string): string {
  return known[codec]?.[0] ?? codec;
}

/** The names of those that it decodes. */
export async function decodes(): Promise<string[]> {
  const asked = Object.values(known).map(async ([name, codec]) => {
    const { supported = false } = await VideoDecoder.isConfigSupported({ codec, codedWidth: 640, codedHeight: 360 }).catch(() => ({}) as VideoDecoderSupport);
    return supported ? [name] : [];
  });
  return (await Promise.all(asked)).flat();
}
