import type { Child } from "../../cluster/child.js";
import type { Cleanup } from "../../cluster/cleanup.js";
import { askChild, startProgram } from "../ask-child.js";
import type { ToGenerator } from "./generating.js";
import type { Cannon } from "./shot.js";

const ANSWER_MS = 30_000;

/**
 * Starts a program that generates load (see `generating.ts`), so that it shares an event loop with nobody. Resolves when
 * it has opened what it plays; what it gives lets it run for some seconds.
 */
export async function startGenerator<Open>(
  cleanup: Cleanup,
  program: string,
  of: Open,
): Promise<(seconds: number) => Promise<Cannon>> {
  const child = await startProgram("load generator", program);
  cleanup.add(() => child.kill());
  await ask<Open>(child, { do: "open", of }, ANSWER_MS);
  return (seconds) => {
    const forMs = seconds * 1_000;
    return ask<Open>(child, { do: "run", forMs }, forMs + ANSWER_MS) as Promise<Cannon>;
  };
}

async function ask<Open>(child: Child, message: ToGenerator<Open>, limitMs: number): Promise<object> {
  const answer = await askChild<object>(child, message, limitMs);
  if ("failure" in answer) throw new Error(`the load generator could not ${message.do}: ${String(answer.failure)}`);
  return answer;
}
