import type { Report } from "./schema.js";

interface Bar {
  readonly mix: string;
  /** Fewer clients show less: what is left at the master does not shrink with them. */
  readonly clientsMin: number;
  readonly proxiesMax: number;
  readonly what: string;
  readonly of: keyof Report["reduction"];
  readonly atLeast: number;
}

const CHUBBY = { mix: "chubby", clientsMin: 2_000, proxiesMax: 2 };
const KEEPALIVE = { mix: "keepalive", clientsMin: 10_000, proxiesMax: 2 };

/** What the tier is to show, at what size. */
const BARS: readonly Bar[] = [
  { ...CHUBBY, what: "KeepAlives at the master, times fewer", of: "keepAlives", atLeast: 200 },
  { ...CHUBBY, what: "requests at the master, times fewer", of: "requests", atLeast: 100 },
  { ...CHUBBY, what: "CPU of the master above idle, times less", of: "masterCpu", atLeast: 10 },
  { ...KEEPALIVE, what: "requests at the master, times fewer", of: "requests", atLeast: 1_000 },
  { ...KEEPALIVE, what: "CPU of the master above idle, times less", of: "masterCpu", atLeast: 20 },
];

type Measured = Pick<Report, "mix" | "clients" | "proxies" | "openLoopPerS">;

/** The bars that a run of this size is held to; none is met by one that fails. `reduction`: Infinity where nothing was left. */
export function barsOf(
  { mix, clients, proxies, openLoopPerS }: Measured,
  reduction: Readonly<Record<keyof Report["reduction"], number>>,
  pass: boolean,
): Report["bars"] {
  return BARS.filter(
    (bar) => bar.mix === mix && clients >= bar.clientsMin && proxies <= bar.proxiesMax && openLoopPerS === null,
  ).map(({ what, of, atLeast }) => ({
    what,
    atLeast,
    measured: Number.isFinite(reduction[of]) ? reduction[of] : null,
    met: pass && reduction[of] >= atLeast,
  }));
}
