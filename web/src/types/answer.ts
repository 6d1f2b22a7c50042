import type { Face } from "./face.js";

/** Milliseconds of one analysis, by stage. */
export interface StageTimes {
  /** Taking the pixels out of the source. */
  pixels: number;
  /** Finding faces and their landmarks, whatever it takes: also making ready what a picture of this size needs first. */
  detect: number;
  /** Recording plans and compiling pipelines; 0 once a number of faces was met. */
  prepare: number;
  /** Packing the faces' pixels and handing them to the GPU; on the processor 0. */
  upload: number;
  /** Reading expressions, from submission to completion; on the processor all but finding faces. */
  compute: number;
  /** Taking the probabilities back; on the processor 0. */
  readback: number;
  /** Reading action units; 0 where they were not asked for. */
  actions: number;
  /** All of it, from the call to the answer. */
  total: number;
}

/** The answer for one picture. */
export interface Analysis {
  /** In pixels. */
  width: number;
  /** In pixels. */
  height: number;
  /** Best score first; none is no error. */
  faces: Face[];
  times: StageTimes;
}

/** The answer for one frame of a video file. */
export interface FrameAnalysis extends Analysis {
  /** Its number in the file, from 0. */
  frame: number;
  /** When it is shown, in seconds as the file says them: the first frame's need not be 0. */
  pts: number;
  /** When it is shown, in seconds since the first frame. */
  timestamp: number;
}

/** What is known of a video file before its frames. */
export interface VideoInfo {
  /** Packets in the file, each of which should be a frame; null where they cannot be counted. */
  frames: number | null;
  /** Seconds from the first frame to the end of the last one; null where the file does not say. */
  duration: number | null;
  /** In pixels, as it is shown: upright, of square pixels. */
  width: number;
  /** In pixels, as it is shown. */
  height: number;
  /** Such as `VP9`. */
  codec: string;
  /** Steps a second of the file's own clock: times of frames are whole numbers of them. */
  ticks: number;
}

/** What is known of a video file once its frames are over. */
export interface VideoEnd {
  /** Frames that were decoded, those left out too. */
  frames: number;
  /** Packets in the file; null where they cannot be counted. Where all was read and `frames` is another number, frames are missing. */
  packets: number | null;
  /** Seconds that the file says it has and that are not there, as of one that was cut off; 0 where it is whole. */
  missing: number;
}
