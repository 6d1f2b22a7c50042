/** What is to be said of the demuxer, whose licence asks for it: where its source is. */

/** `text`: its package.json. */
export function notice(text) {
  const { name, version, license, repository } = JSON.parse(text);
  const source = repository.url.replace(/^git\+/, "").replace(/\.git$/, "");
  return `${name} ${version}, minified and otherwise unchanged. Its source is at ${source}/tree/v${version} and in the package of npm ${name}@${version}. Licence: ${license}, beside this file.\n`;
}
