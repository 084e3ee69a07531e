import { rename, writeFile } from "node:fs/promises";
import type { Clock } from "../../shared/ports/clock.js";
import type { TokenChange } from "../check/authorised.js";
import type { Mutable } from "../check/mutable.js";
import type { Dice } from "../clients/dice.js";
import { isReady } from "../cluster/member.js";
import type { ChaosCell } from "./chaos-cell.js";

const RETRY_MS = 200;
/** What the master says when a list of tokens is in force at every proxy. */
const IN_FORCE = "tokens read again";

/** The lines of a file of tokens. */
export const tokenLines = (tokens: Readonly<Record<string, string>>, users: Iterable<string>): string =>
  Array.from(users, (user) => `${user}:${tokens[user]}\n`).join("");

/** The operator: edits the file of tokens, hangs up on the master, and again if that died before it had answered. */
export class Operator {
  readonly changes: Mutable<TokenChange>[] = [];
  readonly #cell: ChaosCell;
  readonly #clock: Clock;
  readonly #tokens: Readonly<Record<string, string>>;
  readonly #inForce: Set<string>;

  constructor(parts: { cell: ChaosCell; clock: Clock; tokens: Readonly<Record<string, string>> }) {
    this.#cell = parts.cell;
    this.#clock = parts.clock;
    this.#tokens = parts.tokens;
    this.#inForce = new Set(Object.keys(parts.tokens));
    const nowMs = parts.clock.monotonicMs();
    for (const user of this.#inForce)
      this.changes.push({ user, kind: "grant", calledAtMs: nowMs, answeredAtMs: nowMs });
  }

  /** Revokes the token of one of the users for a while, then that of another, and ends with all in force. */
  async run(dice: Dice, users: readonly string[], isOver: () => boolean): Promise<void> {
    while (!isOver()) {
      await this.#pause(1_000 + dice.int(2_000));
      const user = dice.pick(users);
      await this.#change("revoke", user);
      await this.#pause(dice.pick([0, 500, 2_000]));
      await this.#change("grant", user);
    }
  }

  async #change(kind: TokenChange["kind"], user: string): Promise<void> {
    const change = { user, kind, calledAtMs: this.#clock.monotonicMs(), answeredAtMs: Number.POSITIVE_INFINITY };
    this.changes.push(change);
    if (kind === "grant") this.#inForce.add(user);
    else this.#inForce.delete(user);
    const { tokensFile } = this.#cell;
    await writeFile(`${tokensFile}.new`, tokenLines(this.#tokens, this.#inForce), { mode: 0o600 });
    await rename(`${tokensFile}.new`, tokensFile);
    while (!(await this.#hangUp())) await this.#pause(RETRY_MS);
    change.answeredAtMs = this.#clock.monotonicMs();
  }

  /** Has the master read the file again. False: there is none that could, or it died over it. */
  async #hangUp(): Promise<boolean> {
    const { processes, direct } = this.#cell;
    const child = processes.get("master")?.child;
    // Before it serves, a hang-up would end it.
    if (child === undefined || (await isReady(direct.master as string)) === undefined) return false;
    if (processes.get("master")?.child !== child) return false;
    return new Promise((resolve) => {
      const stdout = child.process.stdout;
      const settle = (isInForce: boolean): void => {
        stdout?.off("data", onData);
        resolve(isInForce);
      };
      let said = "";
      const onData = (data: Buffer): void => {
        said += String(data);
        if (said.includes(IN_FORCE)) settle(true);
      };
      stdout?.on("data", onData);
      void child.gone.then(() => settle(false));
      child.process.kill("SIGHUP");
    });
  }

  #pause(forMs: number): Promise<void> {
    return new Promise((resolve) => this.#clock.after(forMs, resolve));
  }
}
