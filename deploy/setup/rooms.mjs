const PROGRAMS = ["client", "cli", "loadtest"];
/** Whoever starts a cell wants to write a client of it next, and imports what is built. */
const ALONG_WITH = { cli: ["client"] };

/** The rooms to build before a script runs: those of the program below `dist/`, or all that can be run. */
export function roomsToBuild(script, { all }) {
  if (all) return PROGRAMS;
  const [top, room] = script.split("/");
  return top === "dist" ? [room, ...(ALONG_WITH[room] ?? [])] : [];
}
