import { fetchHttp } from "../../../client/adapters/http.js";
import { Holder } from "./holder.js";
import type { HolderAnswers, HolderPlan, HoldersLook, HoldersReport, ToHolders } from "./holder-messages.js";
import { NearHttp } from "./near-http.js";

/** Clients of the library within one process. */
const AT_ONCE = 24;
const OBSERVE_EVERY_MS = 100;

const idle: Holder[] = [];
const holding: Holder[] = [];
const waiting: Holder[] = [];
const all = (): Holder[] => [...idle, ...holding, ...waiting];
const failures: string[] = [];
let http: NearHttp;

async function begin(plan: HolderPlan): Promise<HoldersLook> {
  http = new NearHttp(plan.near, fetchHttp);
  await fewAtOnce(plan.idle, async (name) => {
    const holder = await Holder.open(plan, http);
    idle.push(holder);
    await holder.take(name, false);
    await holder.release();
  });
  await fewAtOnce(plan.holds, async (name) => {
    const holder = await Holder.open(plan, http);
    holding.push(holder);
    await holder.take(name, false);
  });
  setInterval(() => {
    for (const holder of [...holding, ...waiting]) holder.observe();
  }, OBSERVE_EVERY_MS);
  return look();
}

async function wait(plan: HolderPlan): Promise<HoldersLook> {
  await fewAtOnce(plan.waits, async (name) => {
    const holder = await Holder.open(plan, http);
    waiting.push(holder);
    holder.take(name, true).catch((error: unknown) => failures.push(`waiting for ${name} failed: ${String(error)}`));
  });
  http.isPretending = false;
  return look();
}

async function fewAtOnce(names: readonly string[], make: (name: string) => Promise<void>): Promise<void> {
  const left = [...names];
  const some = async (): Promise<void> => {
    for (let name = left.pop(); name !== undefined; name = left.pop()) await make(name);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, some));
}

function look(sinceMs = 0): HoldersLook {
  const states = { safe: 0, jeopardy: 0, expired: 0 };
  for (const { state } of all()) states[state] += 1;
  const count = (holders: readonly Holder[]): number => holders.filter(({ isHolding }) => isHolding).length;
  const resumed = all().filter(({ resumedMs }) => (resumedMs.at(-1) ?? 0) > sinceMs).length;
  return { ...states, resumed, held: count(holding), granted: count(waiting) };
}

async function verify(): Promise<{ agreed: number }> {
  let agreed = 0;
  const left = [...holding];
  const some = async (): Promise<void> => {
    for (let holder = left.pop(); holder !== undefined; holder = left.pop())
      if (await holder.agrees().catch(() => false)) agreed += 1;
  };
  await Promise.all(Array.from({ length: AT_ONCE }, some));
  return { agreed };
}

function report(): HoldersReport {
  const held = all().flatMap((holder) => holder.held() ?? []);
  return {
    held,
    resumedMs: all().map(({ resumedMs }) => resumedMs),
    losses: [...failures, ...all().flatMap((holder) => holder.losses())],
  };
}

async function obey(message: ToHolders): Promise<HolderAnswers[keyof HolderAnswers]> {
  switch (message.do) {
    case "begin":
      return begin(message.plan);
    case "wait":
      return wait(message.plan);
    case "verify":
      return verify();
    case "report":
      return report();
    case "release":
      await Promise.all(holding.map((holder) => holder.release()));
      return look();
    case "leave":
      await Promise.all(all().map((holder) => holder.leave()));
      return look();
    case "look":
      return look(message.sinceMs);
  }
}

process.on("disconnect", () => process.exit());
process.on("message", (message: ToHolders) => {
  obey(message).then(
    (answer) => process.send?.(answer),
    (error: unknown) => process.send?.({ failure: String(error) }),
  );
});
