/** The demuxer. Its module is not of these sources: scripts/package.mjs puts it beside them in the package, vite.config.ts names it for the page. */
export * from "mediabunny";
