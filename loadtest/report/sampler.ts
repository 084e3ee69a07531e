import type { Member } from "../cluster/member.js";
import type { Moment, Sample } from "./phase.js";
import { addReadings, between, type Reading, readingOf, total } from "./reading.js";
import { masterRequests } from "./savings.js";

/** Whom a run looks at. */
export interface Watched {
  readonly direct: Member;
  readonly proxied: Member;
  readonly idle: Member;
  readonly proxies: readonly Member[];
}

/** All counters at one instant. */
export interface Look {
  readonly atMs: number;
  readonly direct: Reading;
  readonly proxied: Reading;
  readonly idle: Reading;
  readonly proxies: Reading;
}

export async function lookAt({ direct, proxied, idle, proxies }: Watched): Promise<Look> {
  const atMs = performance.now();
  const [one, other, third, ...rest] = await Promise.all([direct, proxied, idle, ...proxies].map(readingOf));
  const [a, b, c] = [one, other, third] as [Reading, Reading, Reading];
  return { atMs, direct: a, proxied: b, idle: c, proxies: addReadings(rest) };
}

/** Looks every so often until `done` has settled; gives what happened from look to look, the first being `first`. */
export async function sampled(
  watched: Watched,
  everyMs: number,
  first: Look,
  done: Promise<unknown>,
  onMoment: (moment: Moment) => void = () => {},
): Promise<Moment[]> {
  const moments: Moment[] = [];
  let last = first;
  let over = false;
  const ended = done.then(
    () => {
      over = true;
    },
    () => {
      over = true;
    },
  );
  for (let dueMs = first.atMs + everyMs; ; dueMs += everyMs) {
    await Promise.race([ended, pause(dueMs - performance.now())]);
    if (over) return moments;
    const look = await lookAt(watched);
    const moment = momentOf(first.atMs, last, look);
    moments.push(moment);
    onMoment(moment);
    last = look;
  }
}

const pause = (forMs: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, Math.max(0, forMs));
  });

function momentOf(beginMs: number, before: Look, after: Look): Moment {
  const seconds = (after.atMs - before.atMs) / 1_000;
  const proxies = between(before.proxies, after.proxies);
  const sample = (master: Reading, answers: ReadonlyMap<string, number>): Sample => ({
    masterCores: perSecond(master.cpuSeconds, seconds),
    masterRequestsPerS: masterRequests(master) / seconds,
    readsPerS: total(answers) / seconds,
    hitsPerS: (answers.get("hit") ?? 0) / seconds,
  });
  const direct = between(before.direct, after.direct);
  return {
    atS: (after.atMs - beginMs) / 1_000,
    direct: sample(direct, direct.answers),
    proxied: sample(between(before.proxied, after.proxied), proxies.answers),
    idleCores: perSecond(between(before.idle, after.idle).cpuSeconds, seconds),
  };
}

const perSecond = (count: number | undefined, seconds: number): number | undefined =>
  count === undefined ? undefined : count / seconds;
