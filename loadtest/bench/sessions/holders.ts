import { fileURLToPath } from "node:url";
import type { Child } from "../../cluster/child.js";
import type { Cleanup } from "../../cluster/cleanup.js";
import { askChild, startProgram } from "../ask-child.js";
import type { HolderAnswers, HolderPlan, HoldersLook, HoldersReport, ToHolders } from "./holder-messages.js";

const PROGRAM = fileURLToPath(new URL("./holders-process.js", import.meta.url));
const BEGIN_MS = 240_000;
const ANSWER_MS = 60_000;

/** Clients of the library, in processes of their own. */
export class Holders {
  readonly children: readonly Child[];

  /** Resolves when all have what they hold, and have said what they wait for. */
  static async begin(cleanup: Cleanup, plans: readonly HolderPlan[]): Promise<Holders> {
    const children = await Promise.all(
      plans.map(async (_, at) => {
        const child = await startProgram(`holders ${at + 1}`, PROGRAM);
        cleanup.add(() => child.kill());
        return child;
      }),
    );
    for (const step of ["begin", "wait"] as const) {
      await Promise.all(plans.map((plan, at) => ask(children[at] as Child, { do: step, plan }, BEGIN_MS)));
    }
    return new Holders(children);
  }

  private constructor(children: readonly Child[]) {
    this.children = children;
  }

  async look(sinceMs = 0): Promise<HoldersLook> {
    return summed(await this.#all({ do: "look", sinceMs }));
  }

  /** How many locks the cell shows as their holders know them. */
  async verified(): Promise<number> {
    const answers = await this.#all({ do: "verify" });
    return answers.reduce((sum, { agreed }) => sum + agreed, 0);
  }

  /** All that were held from the beginning. */
  async release(): Promise<void> {
    await this.#all({ do: "release" });
  }

  /** All sessions are closed, and the processes ended. */
  async leave(): Promise<void> {
    await this.#all({ do: "leave" });
    await Promise.all(this.children.map((child) => child.stop()));
  }

  async report(): Promise<HoldersReport> {
    const reports = await this.#all({ do: "report" });
    return {
      held: reports.flatMap(({ held }) => held),
      resumedMs: reports.flatMap(({ resumedMs }) => resumedMs),
      losses: reports.flatMap(({ losses }) => losses),
    };
  }

  /** Looks until it is so, or the time is over. Gives the last look, and whether it is so. */
  async until(
    limitMs: number,
    isSo: (look: HoldersLook) => boolean,
    sinceMs = 0,
  ): Promise<{ look: HoldersLook; isSo: boolean }> {
    const untilMs = performance.now() + limitMs;
    for (;;) {
      const look = await this.look(sinceMs);
      if (isSo(look) || performance.now() > untilMs) return { look, isSo: isSo(look) };
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
  }

  #all<Do extends "look" | "verify" | "release" | "report" | "leave">(
    message: ToHolders & { readonly do: Do },
  ): Promise<HolderAnswers[Do][]> {
    return Promise.all(this.children.map((child) => ask<Do>(child, message, ANSWER_MS)));
  }
}

/** Each look costs every client a little. */
const LOOK_EVERY_MS = 500;

function summed(looks: readonly HoldersLook[]): HoldersLook {
  const sum = (of: (look: HoldersLook) => number): number => looks.reduce((all, look) => all + of(look), 0);
  return {
    safe: sum(({ safe }) => safe),
    jeopardy: sum(({ jeopardy }) => jeopardy),
    expired: sum(({ expired }) => expired),
    resumed: sum(({ resumed }) => resumed),
    held: sum(({ held }) => held),
    granted: sum(({ granted }) => granted),
  };
}

async function ask<Do extends keyof HolderAnswers>(
  child: Child,
  message: ToHolders,
  limitMs: number,
): Promise<HolderAnswers[Do]> {
  const answer = await askChild<HolderAnswers[Do] | { failure: string }>(child, message, limitMs);
  if ("failure" in answer) throw new Error(`${child.name} could not ${message.do}: ${answer.failure}`);
  return answer;
}
