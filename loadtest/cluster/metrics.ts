import { request } from "undici";

/** One sample of a page in the Prometheus text format. */
interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** The counters and gauges of one process at one instant. */
export class Metrics {
  readonly #samples: ReadonlyMap<string, readonly Sample[]>;

  constructor(samples: ReadonlyMap<string, readonly Sample[]>) {
    this.#samples = samples;
  }

  /** The sum over all samples of a name, or undefined if the process has none. */
  sum(name: string): number | undefined {
    return this.#samples.get(name)?.reduce((sum, sample) => sum + sample.value, 0);
  }

  /** The samples of a name, summed for each value of a label. */
  by(name: string, label: string): Map<string, number> {
    const sums = new Map<string, number>();
    for (const { labels, value } of this.#samples.get(name) ?? []) {
      const key = labels[label] ?? "";
      sums.set(key, (sums.get(key) ?? 0) + value);
    }
    return sums;
  }
}

const LINE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)/;
const LABEL = /(\w+)="((?:[^"\\]|\\.)*)"/g;

/** Reads a page in the Prometheus text format, version 0.0.4. */
export function parseMetrics(page: string): Metrics {
  const samples = new Map<string, Sample[]>();
  for (const line of page.split("\n")) {
    const [, name, labels, value] = LINE.exec(line) ?? [];
    if (name === undefined) continue;
    const sample = {
      labels: Object.fromEntries([...(labels ?? "").matchAll(LABEL)].map((match) => [match[1], match[2]])),
      value: Number(value),
    };
    samples.set(name, [...(samples.get(name) ?? []), sample]);
  }
  return new Metrics(samples);
}

/** Reads the metrics of a process. Rejects if it does not answer 200. */
export async function scrape(url: string): Promise<Metrics> {
  const answer = await request(`${url}/metrics`);
  const page = await answer.body.text();
  if (answer.statusCode !== 200) throw new Error(`${url}/metrics answered ${answer.statusCode}: ${page}`);
  return parseMetrics(page);
}

/** What each key counted more in `after` than in `before`; what did not move is left out. */
export function growth(before: ReadonlyMap<string, number>, after: ReadonlyMap<string, number>): Map<string, number> {
  const grown = [...after].map(([key, value]) => [key, value - (before.get(key) ?? 0)] as const);
  return new Map(grown.filter(([, more]) => more !== 0));
}
