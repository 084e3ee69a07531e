import { isDeepStrictEqual } from "node:util";
import type { Answer } from "../../shared/protocol/commands.js";

/** What a command was answered under its operation id; one for each time that it was sent and answered. */
export interface Answered {
  readonly operationId: string;
  readonly by: string;
  readonly atMs: number;
  readonly answer: Answer;
}

/**
 * P5: a write that is sent again with its operation id gets the same answer, also if that was a refusal. One
 * sentence for each answer that differed from the first. (That it takes effect once is for `checkLocks` to see,
 * for which all its sendings are one operation.)
 */
export function changedAnswers(answers: readonly Answered[]): string[] {
  const first = new Map<string, Answered>();
  return answers
    .toSorted((a, b) => a.atMs - b.atMs)
    .flatMap((answered) => {
      const known = first.get(answered.operationId);
      if (known === undefined) first.set(answered.operationId, answered);
      if (known === undefined || isDeepStrictEqual(known.answer, answered.answer)) return [];
      const { by, operationId, atMs, answer } = answered;
      return [
        `${by} was told ${JSON.stringify(known.answer)} of ${operationId} at ${known.atMs} ms, ` +
          `and when it sent that again ${JSON.stringify(answer)} at ${atMs} ms.`,
      ];
    });
}
