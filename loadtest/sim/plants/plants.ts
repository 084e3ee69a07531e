import { Fault } from "../../../shared/protocol/errors.js";
import { LIST_AND_TIME_PLANTS } from "./list-and-time-plants.js";
import type { Plant } from "./plant.js";
import { SESSION_PLANTS } from "./session-plants.js";

/**
 * Mistakes that somebody could make in good faith, each against one rule of the protocol. The simulation is
 * worth what it finds: it must find every one of them. Some mistakes of a single line are harmless, since
 * another rule stands behind the one that they break; such a plant takes both away, as its author would have.
 */
export const PLANTS: readonly Plant[] = [
  {
    name: "commit-without-acks",
    text: "A write tells its round and goes on to the journal, instead of waiting for the acks.",
    edits: [
      {
        file: "master/coherence/writes.ts",
        before: `    const onCleared = (round: number): void => {
      ticket.round = { number: round, tombstones };
      this.#cleared(ticket, keys);
    };
`,
        after: `    const onCleared = (): void => {};
    ticket.round = { number: this.#parts.rounds.newest + 1, tombstones };
    this.#cleared(ticket, keys);
`,
      },
    ],
  },
  {
    name: "crossing-fill-kept",
    text: "A round deletes the entry and leaves no tombstone, nor a mark on the fills under way.",
    edits: [
      {
        file: "proxy/cache.ts",
        before: `    this.#slots.set(key, { kind: "tombstone", round, grantUntilMs: slot.grantUntilMs, ackedAtMs: nowMs });
    return true;
`,
        after: `    this.#slots.delete(key);
    return nowMs < 0;
`,
      },
      {
        file: "proxy/fills.ts",
        before: "if (sent.marked.has(entry.key) || lease.running()?.proxyId !== sent.proxyId) return;",
        after: "if (lease.running()?.proxyId !== sent.proxyId) return;",
      },
    ],
  },
  {
    name: "lease-checked-by-timer",
    text: "A timer ends the proxy's lease on time; at the moment of use nobody looks at the clock.",
    edits: [
      {
        file: "proxy/lease.ts",
        before: `    const held = this.#held;
    if (held === undefined) return undefined;
    const { clock } = this.#parts;
    if (clock.monotonicMs() < held.untilMs && clock.wallMs() < held.untilWallMs) return held;
    this.#lose();
    return undefined;
  }
`,
        after: `    return this.#held;
  }

  #endOnTime({ untilMs }: HeldLease): void {
    const { clock } = this.#parts;
    this.#end?.cancel();
    this.#end = clock.after(untilMs - clock.monotonicMs(), () => this.#lose());
  }
`,
      },
      {
        file: "proxy/lease.ts",
        before: "  #timer: Timer | undefined;\n",
        after: "  #timer: Timer | undefined;\n  #end: Timer | undefined;\n",
      },
      {
        file: "proxy/lease.ts",
        before: "    this.#last = { epoch, proxyId };\n",
        after: "    this.#last = { epoch, proxyId };\n    this.#endOnTime(this.#held);\n",
      },
      {
        file: "proxy/lease.ts",
        before: "    held.untilWallMs = sentWallMs + usableMs;\n",
        after: "    held.untilWallMs = sentWallMs + usableMs;\n    this.#endOnTime(held);\n",
      },
    ],
  },
  {
    name: "lease-from-the-answer",
    text: "The proxy counts its lease from when the answer came, instead of from before the request was sent.",
    edits: [
      {
        file: "proxy/lease.ts",
        before: `    const sentMs = clock.monotonicMs();
    const sentWallMs = clock.wallMs();
    const said = companion.registering();
`,
        after: "    const said = companion.registering();\n",
      },
      {
        file: "proxy/lease.ts",
        before: "    const { epoch, proxyId } = reply;\n",
        after: `    const { epoch, proxyId } = reply;
    const sentMs = clock.monotonicMs();
    const sentWallMs = clock.wallMs();
`,
      },
      {
        file: "proxy/lease.ts",
        before: `    const sentMs = clock.monotonicMs();
    const sentWallMs = clock.wallMs();
    const acks = [...this.#acks.values()];
    const said = companion.renewing();
    const reply = await link.renew({ epoch, proxyId, acks, leaving: false, ...said });
`,
        after: `    const acks = [...this.#acks.values()];
    const said = companion.renewing();
    const reply = await link.renew({ epoch, proxyId, acks, leaving: false, ...said });
    const sentMs = clock.monotonicMs();
    const sentWallMs = clock.wallMs();
`,
      },
    ],
  },
  {
    name: "refresh-over-a-later-round",
    text: "The event of a round is installed over the tombstone of a later one.",
    edits: [
      {
        file: "proxy/cache.ts",
        before: `if (slot?.kind !== "tombstone" || slot.round !== round) return false;`,
        after: `if (slot?.kind !== "tombstone") return false;`,
      },
    ],
  },
  {
    name: "grant-of-a-closed-key",
    text: "A fill is granted although a write of its key is under way.",
    edits: [
      {
        file: "master/link/calls.ts",
        before: "      !writes.isClosed(key) &&\n",
        after: "",
      },
      {
        file: "master/link/calls.ts",
        before: "    const { leases, interest, rounds, writes, reader, clock } = this.#parts;\n",
        after: "    const { leases, interest, rounds, reader, clock } = this.#parts;\n",
      },
    ],
  },
  {
    name: "restart-without-waiting",
    text: "A new master changes entries at once, while proxies of the epoch before may still answer from theirs.",
    edits: [
      {
        file: "master/boot.ts",
        before: `{ closed, proxyLeaseMs }: Counters): number {
  if (wasRestored) return Math.max(proxyLeaseMs, LIMITS.proxyLeaseMs);
  return closed ? 0 : proxyLeaseMs;
`,
        after: `{ proxyLeaseMs }: Counters): number {
  return wasRestored ? Math.max(proxyLeaseMs, LIMITS.proxyLeaseMs) : 0;
`,
      },
    ],
  },
  {
    name: "acks-of-an-old-epoch",
    text: "Proxies are numbered anew in each epoch, and an ack is not asked for its epoch.",
    edits: [
      {
        file: "master/link/calls.ts",
        before: "leases.open(epoch, { name, url, zone, process })",
        after: "leases.open(1, { name, url, zone, process })",
      },
      {
        file: "master/master.ts",
        before: "if (ack?.epoch === epoch && leases.isRunning(ack.proxyId)) rounds",
        after: "if (ack !== undefined && leases.isRunning(ack.proxyId)) rounds",
      },
    ],
  },
  {
    name: "operations-forgotten-at-restart",
    text: "A master that recovers keeps the locks, and thinks that the operation ids were for its last life only.",
    edits: [
      {
        file: "master/boot.ts",
        before: "  const { ground, events } = replay;\n",
        after: "  const { ground, events } = replay;\n  ground.operations.clear();\n",
      },
    ],
  },
  {
    name: "authorisation-skipped-on-a-hit",
    text: "A hit lets in whom it has let in once, and asks the cache for the lock only.",
    edits: [
      {
        file: "proxy/service.ts",
        before: "  #cache: Cache;\n",
        after: "  #cache: Cache;\n  readonly #letIn = new Map<string, Entry>();\n",
      },
      {
        file: "proxy/service.ts",
        before: `      const cached = key === PROXIES_KEY ? this.#proxies.get() : this.#cache.get(key, nowMs);
      if (cached === undefined) return undefined;
`,
        after: `      const known = this.#letIn.get(key);
      if (known !== undefined) {
        entries.push(known);
        continue;
      }
      const cached = key === PROXIES_KEY ? this.#proxies.get() : this.#cache.get(key, nowMs);
      if (cached === undefined) return undefined;
      if (cached.entry.value?.kind === "token") this.#letIn.set(key, cached.entry);
`,
      },
    ],
  },
  {
    name: "revocation-without-a-round",
    text: "A revocation is journaled and told as an event, but opens no round.",
    edits: [
      {
        file: "master/cell/apply.ts",
        before: `      tokens.delete(command.hash);
      return changed(tokenKey(command.hash));
`,
        after: `      tokens.delete(command.hash);
      return {
        answer: DONE,
        touched: [{ key: tokenKey(command.hash), event: "token", visible: false }],
        writes: true,
        grants: [],
      };
`,
      },
    ],
  },
  {
    name: "answered-before-synced",
    text: "A batch becomes visible and is answered when it is handed to the journal, instead of when that has synced.",
    edits: [
      {
        file: "master/coherence/group-commit.ts",
        before: `    try {
      if (batch.records.length > 0) await this.#journal.append(batch.records);
    } catch (error) {
      this.#fail(error as Error, tickets);
      return;
    }
    batch.fork.merge();
    this.#onCommitted(batch.decided);
`,
        after: `    const synced = batch.records.length > 0 ? this.#journal.append(batch.records) : undefined;
    batch.fork.merge();
    this.#onCommitted(batch.decided);
    try {
      await synced;
    } catch (error) {
      this.#fail(error as Error, tickets);
      return;
    }
`,
      },
    ],
  },
  ...SESSION_PLANTS,
  ...LIST_AND_TIME_PLANTS,
];

/** Throws a `Fault` that lists the names if there is no such plant. */
export function plantNamed(name: string): Plant {
  const plant = PLANTS.find((each) => each.name === name);
  if (plant !== undefined) return plant;
  throw new Fault("invalid_input", `There is no plant ${name}, but ${PLANTS.map((each) => each.name).join(", ")}.`);
}
