import { isDeepStrictEqual } from "node:util";
import type { SessionAnswer } from "./session-evidence.js";

/**
 * P5 for the writes of sessions: whatever was answered under an operation id is answered again, and a waiting acquire is
 * granted once. One sentence for each answer that differed from the first.
 */
export function changedSessionAnswers(answers: readonly SessionAnswer[]): string[] {
  const first = new Map<string, SessionAnswer>();
  return answers.flatMap((answer) => {
    const known = first.get(answer.operationId);
    if (known === undefined) {
      first.set(answer.operationId, answer);
      return [];
    }
    if (isDeepStrictEqual(known.told, answer.told)) return [];
    return [
      `${answer.client} was told ${JSON.stringify(known.told)} of ${answer.operationId} at ${known.atMs} ms, and ` +
        `${JSON.stringify(answer.told)} at ${answer.atMs} ms.`,
    ];
  });
}
