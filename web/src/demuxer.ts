/** What is used of mediabunny: loaded when a video is read first. Its playlists are not, for they name other files. */

export { ADTS, BlobSource, FLAC, Input, MATROSKA, MP3, MP4, MPEG_TS, OGG, QTFF, VideoSampleSink, WAVE, WEBM } from "./mediabunny/mediabunny.js";
