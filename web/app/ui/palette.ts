/** One colour a label, the same everywhere: Okabe and Ito's, and a brown; and one a person who is followed: Tol's bright ones. Both are told apart by the colour-blind. */

const named: Record<string, string> = {
  angry: "#d55e00",
  disgust: "#009e73",
  fear: "#cc79a7",
  happy: "#e6a100",
  neutral: "#8b9199",
  sad: "#0072b2",
  surprise: "#56b4e9",
  contempt: "#8c5a2b",
};
const others = Object.values(named);

/** The colour of a label; of a model with other labels, by position. */
export function colour(label: string, position: number): string {
  return named[label] ?? others[position % others.length] ?? "#888888";
}

const people = ["#4477aa", "#ee6677", "#228833", "#ccbb44", "#66ccee", "#aa3377"];

/** The colour of who is followed by this number. */
export function person(track: number): string {
  return people[track % people.length] ?? "#888888";
}

const machines = ["#3b82d6", "#d9652b", "#2a9d78", "#a35fc9", "#b8890b", "#d1477f"];

/** The colour of a machine's report, on white and on the dark ground; those of `moue bench compare --plot`. */
export function machine(position: number): string {
  return machines[position % machines.length] ?? "#888888";
}

/** Black or white, whichever reads better on a colour of six hexadecimal digits. */
export function ink(background: string): string {
  const [r, g, b] = [1, 3, 5].map((at) => (parseInt(background.slice(at, at + 2), 16) / 255) ** 2.2);
  return 0.2126 * (r ?? 0) + 0.7152 * (g ?? 0) + 0.0722 * (b ?? 0) > 0.18 ? "#000000" : "#ffffff";
}
