import type { Instants } from "./instants.js";

/** One call of one client, with what it was told. */
export interface Operation<Call, Result> {
  /** Who called: one that has at most one call under way. */
  readonly process: string;
  /** Histories are judged key by key. */
  readonly key: string;
  readonly call: Call;
  /** Undefined: nobody knows whether it took effect. It may have at any time after its call, or never. */
  readonly result: Result | undefined;
  readonly invokedAtMs: number;
  /** Infinity where the result is unknown. */
  readonly returnedAtMs: number;
}

/** A call that has begun. If nothing more is said of it, its outcome is unknown. */
export interface Pending<Result> {
  /** The answer came, this instant. */
  returned(result: Result): void;
  /** It is certain that the call had no effect and told nothing (it was never sent, say): forget it. */
  withdrawn(): void;
}

/** Writes down what the clients of one process do, in the order in which it happens. */
export class Recorder<Call, Result> {
  readonly #instants: Instants;
  readonly #operations = new Set<Operation<Call, Result>>();

  constructor(instants: Instants) {
    this.#instants = instants;
  }

  /** Call it before the request is sent. */
  begin(process: string, key: string, call: Call): Pending<Result> {
    const operation = {
      process,
      key,
      call,
      result: undefined as Result | undefined,
      invokedAtMs: this.#instants.now(),
      returnedAtMs: Number.POSITIVE_INFINITY,
    };
    this.#operations.add(operation);
    return {
      returned: (result) => {
        operation.result = result;
        operation.returnedAtMs = this.#instants.now();
      },
      withdrawn: () => {
        this.#operations.delete(operation);
      },
    };
  }

  /** All that was recorded, in the order of the calls. A copy: what returns later does not change it. */
  history(): Operation<Call, Result>[] {
    return Array.from(this.#operations, (operation) => ({ ...operation }));
  }
}

/** The operations of each key. */
export function byKey<Call, Result>(
  history: readonly Operation<Call, Result>[],
): Map<string, Operation<Call, Result>[]> {
  const keys = new Map<string, Operation<Call, Result>[]>();
  for (const operation of history) {
    const operations = keys.get(operation.key);
    if (operations === undefined) keys.set(operation.key, [operation]);
    else operations.push(operation);
  }
  return keys;
}
