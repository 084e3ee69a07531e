import type { Ground } from "./cell/ground.js";
import type { CellCommand } from "./cell/record.js";
import type { Writes } from "./coherence/writes.js";

/** A token as the configuration names it: by its hash. */
export interface ConfiguredToken {
  readonly hash: string;
  readonly principal: string;
}

/** What a new configuration of tokens came to. */
export interface TokenChange {
  readonly added: number;
  /** The principals of the tokens that are worthless now. */
  readonly revoked: readonly string[];
}

/**
 * Brings the cell's tokens in line with the configuration, by commands like any other write: so a revoked
 * token has stopped working at every proxy when this resolves (P10).
 *
 * One configuration at a time: what has to change can only be told from a state that none before is still
 * changing. (A revocation by the start may wait for seconds; a token that comes back meanwhile would be found
 * in force, and then be revoked.)
 */
export class Tokens {
  readonly #ground: Ground;
  readonly #writes: Writes;
  #last: Promise<unknown> = Promise.resolve();

  constructor(ground: Ground, writes: Writes) {
    this.#ground = ground;
    this.#writes = writes;
  }

  set(configured: readonly ConfiguredToken[]): Promise<TokenChange> {
    const done = this.#last.then(() => this.#bring(configured));
    this.#last = done.catch(() => {});
    return done;
  }

  async #bring(configured: readonly ConfiguredToken[]): Promise<TokenChange> {
    const wanted = new Map(configured.map(({ hash, principal }) => [hash, principal]));
    const gone = [...this.#ground.tokens].filter(([hash]) => !wanted.has(hash));
    const added = [...wanted].filter(([hash, principal]) => this.#ground.tokens.get(hash)?.principal !== principal);
    await Promise.all([
      ...gone.map(([hash]) => this.#submit({ kind: "revokeToken", hash })),
      ...added.map(([hash, principal]) => this.#submit({ kind: "setToken", hash, principal })),
    ]);
    return { added: added.length, revoked: gone.map(([, { principal }]) => principal) };
  }

  #submit(command: CellCommand): Promise<unknown> {
    return this.#writes.submit({ command }).answer;
  }
}
