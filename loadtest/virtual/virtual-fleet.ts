import { fileURLToPath } from "node:url";
import { askChild, startProgram } from "../bench/ask-child.js";
import type { Cell } from "../cluster/cell.js";
import type { Child } from "../cluster/child.js";
import type { Cleanup } from "../cluster/cleanup.js";
import { Histogram } from "../driver/histogram.js";
import { lastOf, type ToVirtual, type VirtualLook, type VirtualPlan } from "./messages.js";
import { sumOfTallies } from "./proxy-tally.js";

const PROGRAM = fileURLToPath(new URL("./virtual-process.js", import.meta.url));
const PROCESSES = 2;
const ANSWER_MS = 60_000;
const ANCHOR_MS = 900_000;

export interface FleetSizes {
  readonly proxies: number;
  readonly sessionsPerProxy: number;
  readonly lockedPercent: number;
}

/** Virtual proxies over some processes, seen as one. */
export class VirtualFleet {
  readonly #children: readonly Child[];

  /** The proxies begin to register. */
  static async start(cleanup: Cleanup, cell: Cell, sizes: FleetSizes): Promise<VirtualFleet> {
    return new VirtualFleet(await Promise.all(plansOf(cell, sizes).map((plan) => startOne(cleanup, plan))));
  }

  private constructor(children: readonly Child[]) {
    this.#children = children;
  }

  anchor(): Promise<VirtualLook> {
    return this.#all({ do: "anchor" }, ANCHOR_MS);
  }

  churn(perS: number): Promise<VirtualLook> {
    return this.#all({ do: "churn", perS: perS / this.#children.length });
  }

  look(): Promise<VirtualLook> {
    return this.#all({ do: "look" });
  }

  async #all(message: ToVirtual, limitMs = ANSWER_MS): Promise<VirtualLook> {
    return together(await Promise.all(this.#children.map((child) => ask(child, message, limitMs))));
  }
}

async function startOne(cleanup: Cleanup, plan: VirtualPlan): Promise<Child> {
  const child = await startProgram(`virtual proxies from ${plan.first} on`, PROGRAM);
  cleanup.add(() => child.kill());
  await ask(child, { do: "start", plan }, ANSWER_MS);
  return child;
}

function plansOf({ entrance, tokens }: Cell, { proxies, sessionsPerProxy, lockedPercent }: FleetSizes): VirtualPlan[] {
  const processes = Math.min(PROCESSES, proxies);
  return Array.from({ length: processes }, (_, at) => {
    const first = Math.floor((at * proxies) / processes);
    const after = Math.floor(((at + 1) * proxies) / processes);
    const own = tokens.slice(first, after);
    return { ...entrance, first, proxies: own.length, sessionsPerProxy, lockedPercent, tokens: own };
  });
}

async function ask(child: Child, message: ToVirtual, limitMs: number): Promise<VirtualLook> {
  const answer = await askChild<VirtualLook | { failure: string }>(child, message, limitMs);
  if ("failure" in answer) throw new Error(`${child.name} could not ${message.do}: ${answer.failure}`);
  return answer;
}

function together(looks: readonly VirtualLook[]): VirtualLook {
  const sum = (of: (look: VirtualLook) => number): number => looks.reduce((all, look) => all + of(look), 0);
  const renewMs = new Histogram();
  for (const look of looks) renewMs.add(look.renewMs);
  return {
    registered: sum(({ registered }) => registered),
    sessions: sum(({ sessions }) => sessions),
    underWay: sum(({ underWay }) => underWay),
    registeredAtMs: lastOf(looks.map(({ registeredAtMs }) => registeredAtMs)),
    confirmedAtMs: lastOf(looks.map(({ confirmedAtMs }) => confirmedAtMs)),
    renewMs: renewMs.counts(),
    renewMsMax: Math.max(...looks.map(({ renewMsMax }) => renewMsMax)),
    total: sumOfTallies(looks.map(({ total }) => total)),
  };
}
