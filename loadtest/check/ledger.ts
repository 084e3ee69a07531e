import { isDeepStrictEqual } from "node:util";
import { apply } from "../../master/cell/apply.js";
import { Ground } from "../../master/cell/ground.js";
import type { CommandRecord } from "../../master/cell/record.js";
import type { Snapshot } from "../../master/cell/snapshot.js";
import { operationKey } from "../../master/cell/state.js";
import { Journal } from "../../master/journal/journal.js";
import { silentLog } from "../../shared/ports/log.js";
import type { Store } from "../../shared/ports/store.js";
import type { Answer } from "../../shared/protocol/commands.js";
import { isTtlAnswer } from "../clients/ttl-command.js";
import { principalOf } from "../clients/users.js";
import type { Answered } from "./exactly-once.js";
import type { LockOperation } from "./lock-operation.js";
import type { SessionAnswer } from "./session-evidence.js";
import { toldOf } from "./told-of.js";
import { type TrueCommit, trueCommit } from "./true-commits.js";

/** An answer as a client could see it, where some of it does not get as far. */
export type AsTold = (answer: Answer) => Answer;

/**
 * What the disk holds of a cell that was killed at the very end: which commands took effect, and what
 * their answers were. No client could know that, but whoever runs the whole world can.
 */
export class Ledger {
  readonly #ground: Ground;
  readonly #asTold: AsTold;

  /** What was committed since the last snapshot, in order. */
  readonly commits: readonly TrueCommit[];

  private constructor(ground: Ground, asTold: AsTold, commits: readonly TrueCommit[]) {
    this.#ground = ground;
    this.commits = commits;
    this.#asTold = asTold;
  }

  /** Reads the disk that a master has left. Rejects with a `JournalError` if it cannot be trusted. */
  static async read(disk: Store, asTold: AsTold = (answer) => answer): Promise<Ledger> {
    let ground = new Ground();
    const commits: TrueCommit[] = [];
    const { journal } = await Journal.open(disk, silentLog, {
      reading: () => {},
      snapshot: async ({ state }) => {
        ground = Ground.fromSnapshot(state as Snapshot);
      },
      records: async (records) => {
        for (const { revision, body } of records) {
          const record = body as CommandRecord;
          commits.push(trueCommit(ground, record, apply(ground, record, revision), revision));
        }
      },
    });
    await journal.close();
    return new Ledger(ground, asTold, commits);
  }

  /** P4: answers that were given and are not on disk, or are others there; one sentence each. */
  lost(answers: readonly Answered[], userOf: (client: string) => string): string[] {
    return answers.flatMap(({ operationId, by, answer, atMs }) => {
      // That the id was used for something else is nothing to be kept under it.
      if (answer.status === "refused" && answer.code === "conflict") return [];
      const kept = this.#answerTo(userOf(by), operationId);
      if (isDeepStrictEqual(kept, answer)) return [];
      return [
        `${by} was told ${JSON.stringify(answer)} of ${operationId} at ${atMs} ms, but the disk has ${JSON.stringify(kept)}.`,
      ];
    });
  }

  /** P4 for the writes of sessions: answers that are others on disk, or are not there. */
  lostOfSessions(answers: readonly SessionAnswer[]): string[] {
    return answers.flatMap(({ operationId, client, user, told, atMs }) => {
      const kept = this.#kept(user, operationId);
      const onDisk = kept === undefined ? undefined : toldOf(kept);
      if (isDeepStrictEqual(onDisk, told)) return [];
      const [one, other] = [JSON.stringify(told), JSON.stringify(onDisk)];
      return [`${client} was told ${one} of ${operationId} at ${atMs} ms, but the disk has ${other}.`];
    });
  }

  /**
   * The history with the outcomes that no client learned. What is not on disk has never happened. This makes a
   * history stricter, never laxer, and quicker to decide.
   */
  resolve(history: readonly LockOperation[], userOf: (client: string) => string): LockOperation[] {
    const commands = new Map<string, number>();
    return history.flatMap((operation) => {
      const { process, call, result } = operation;
      if (call.kind === "read" || call.kind === "expire") return [operation];
      // A client numbers its commands in the order in which it gives them.
      const number = (commands.get(process) ?? 0) + 1;
      commands.set(process, number);
      if (result !== undefined) return [operation];
      const { operationId, user = userOf(process) } = call;
      const kept =
        operationId === undefined ? this.#answerTo(user, `${process}-${number}`) : this.#kept(user, operationId);
      if (kept === undefined || isKnownElsewhere(operation, history)) return [];
      // One that waits, or waited in vain, has no effect.
      return isTtlAnswer(kept) ? [{ ...operation, result: kept }] : [];
    });
  }

  #answerTo(user: string, operationId: string): Answer | undefined {
    const kept = this.#kept(user, operationId);
    return kept === undefined ? undefined : this.#asTold(kept);
  }

  #kept(user: string, operationId: string): Answer | undefined {
    return this.#ground.operations.get(operationKey(principalOf(user), operationId))?.answer;
  }
}

/** A session that was given up for a new one leaves its operation ids to that: only one of the two was decided. */
function isKnownElsewhere({ call, key }: LockOperation, history: readonly LockOperation[]): boolean {
  if (!("operationId" in call) || call.operationId === undefined) return false;
  return history.some(
    (other) =>
      other.key === key &&
      other.result !== undefined &&
      "operationId" in other.call &&
      other.call.operationId === call.operationId,
  );
}
