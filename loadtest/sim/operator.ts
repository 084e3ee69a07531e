import type { SimClock } from "../../shared/sim/sim-clock.js";
import type { TokenChange } from "../check/authorised.js";
import type { Mutable } from "../check/mutable.js";
import type { Records } from "../check/records.js";
import type { Step } from "../clients/step.js";
import { principalOf } from "../clients/users.js";
import type { MasterHost } from "./master-host.js";
import { tokenOf } from "./sim-doors.js";

/** The operator: edits the list of tokens and has the master read it again, whether or not the last change is in force. */
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
    for (const user of this.#inForce) void this.#note("grant", user);
  }

  async run(steps: readonly Step[]): Promise<void> {
    const changes: Promise<void>[] = [];
    for (const step of steps) {
      if (step.kind !== "revoke" && step.kind !== "grant") continue;
      const waitMs = step.atMs - this.#clock.monotonicMs();
      if (waitMs > 0) await new Promise<void>((resolve) => this.#clock.after(waitMs, resolve));
      changes.push(this.#change(step));
    }
    await Promise.all(changes);
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
    this.#records.tell("operator", () => `${kind}s the token of ${user}`);
    await this.#note(kind, user);
    this.#records.tell(
      "operator",
      () => `is told that the token of ${user} is ${kind === "revoke" ? "revoked" : "in force"}`,
    );
  }

  async #note(kind: "revoke" | "grant", user: string): Promise<void> {
    const nowMs = this.#clock.monotonicMs();
    const change: Mutable<TokenChange> = { user, kind, calledAtMs: nowMs, answeredAtMs: Number.POSITIVE_INFINITY };
    this.#records.tokens.push(change);
    await this.#configure();
    change.answeredAtMs = this.#clock.monotonicMs();
  }

  #configure(): Promise<void> {
    return this.#master.configure(
      [...this.#inForce].map((user) => ({ hash: tokenOf(user), principal: principalOf(user) })),
    );
  }
}
