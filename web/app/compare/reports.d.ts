/** What scripts/reports.mjs lists of benches/results when the page is built. */
declare module "virtual:reports" {
  const reports: { file: string; adapter: string; driver: string; browser: string | null; date: string }[];
  export default reports;
}
