const BARS = "▁▂▃▄▅▆▇█";

/** A curve in one line: `most`, else the largest value, is a full bar, and a blank is nothing at all. */
export function sparkline(values: readonly number[], most = Math.max(...values, 0)): string {
  return values.map((value) => (value <= 0 ? " " : BARS[Math.ceil((value / most) * BARS.length) - 1])).join("");
}
