/** What a representation is, in plain words. */
export function representation(name: string): string {
  if (name === "gray") return "Gray";
  const found = /^(cyclic_)?lbp(?:_(\d+))?$/.exec(name);
  if (found === null) return name;
  return `LBP codes, radius ${found[2] ?? "1"}, ${found[1] === undefined ? "regular" : "cyclic"} distance`;
}
