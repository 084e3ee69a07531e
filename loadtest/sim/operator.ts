import type { SimClock } from "../../shared/sim/sim-clock.js";
import { principalOf, tokenOf } from "./client.js";
import type { MasterHost } from "./master-host.js";
import type { Step } from "./plan.js";
import type { Records, TokenChanged } from "./records.js";

/** The operator: edits the list of tokens and has the master read it again, one change after the other. */
export class Operator {
  readonly #clock: SimClock;
  readonly #master: MasterHost;
  readonly #records: Records;
  readonly #inForce: Set<string>;

  constructor(parts: { clock: SimClock; master: MasterHost; records: Records; users: readonly string[] }) {
    this.#clock = parts.clock;
    this.#master = parts.master;
    this.#records = parts.records;
    this.#inForce = new Set(parts.users);
  }

  /** The configuration that the first master starts with. */
  begin(): void {
    void this.#configure();
  }

  async run(steps: readonly Step[]): Promise<void> {
    for (const step of steps) {
      if (step.kind !== "revoke" && step.kind !== "grant") continue;
      const waitMs = step.atMs - this.#clock.monotonicMs();
      if (waitMs > 0) await new Promise<void>((resolve) => this.#clock.after(waitMs, resolve));
      await this.#change(step);
    }
  }

  /** Puts every token back. */
  async grantAll(users: readonly string[]): Promise<void> {
    for (const user of users) {
      if (!this.#inForce.has(user)) await this.#change({ kind: "grant", user });
    }
  }

  async #change({ kind, user }: { kind: "revoke" | "grant"; user: string }): Promise<void> {
    if ((kind === "grant") === this.#inForce.has(user)) return;
    if (kind === "grant") this.#inForce.add(user);
    else this.#inForce.delete(user);
    const change: TokenChanged = { user, kind, calledAtMs: this.#clock.monotonicMs(), answeredAtMs: Number.POSITIVE_INFINITY };
    this.#records.tokens.push(change);
    this.#records.tell("operator", () => `${kind}s the token of ${user}`);
    await this.#configure();
    change.answeredAtMs = this.#clock.monotonicMs();
    this.#records.tell("operator", () => `is told that the token of ${user} is ${kind === "revoke" ? "revoked" : "in force"}`);
  }

  #configure(): Promise<void> {
    return this.#master.configure([...this.#inForce].map((user) => ({ hash: tokenOf(user), principal: principalOf(user) })));
  }
}
