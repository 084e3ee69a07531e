import { Counter, Gauge, type Registry } from "prom-client";
import type { Ground } from "./cell/ground.js";
import type { Decided } from "./coherence/group-commit.js";
import type { Interest } from "./coherence/interest.js";
import type { ProxyLeases } from "./coherence/leases.js";
import type { Rounds } from "./coherence/rounds.js";
import type { AnchoredSessions, EndCause, Mended } from "./sessions/anchored-sessions.js";

interface Measured {
  readonly ground: Ground;
  readonly leases: ProxyLeases;
  readonly interest: Interest;
  readonly rounds: Rounds;
  readonly sessions: AnchoredSessions;
}

const END_CAUSES: readonly EndCause[] = ["closed", "silent", "orphaned"];
const MENDED: readonly Mended[] = ["dropped", "claimed", "orphaned"];

/** What the master tells of itself on `/metrics`, beside its gateway's and its link's requests. */
export class MasterMetrics {
  /** Command, then answer: a label lookup for each command would cost as much as a table of the cell. */
  readonly #commands = new Map<string, Map<string, number>>();
  readonly #ends: Counter<"cause">;
  readonly #mended: Counter<"how">;

  constructor(registry: Registry, measured: Measured) {
    const registers = [registry];
    const commands = this.#commands;
    new Counter({
      name: "octofleet_master_commands_total",
      help: "Commands decided, by kind and by how the cell answered.",
      labelNames: ["command", "answer"],
      registers,
      collect() {
        this.reset();
        for (const [command, answers] of commands) {
          for (const [answer, count] of answers) this.inc({ command, answer }, count);
        }
      },
    });
    this.#ends = new Counter({
      name: "octofleet_master_session_ends_total",
      help: "Anchored sessions that ended: closed by their owner, silent, or orphans that nobody came for.",
      labelNames: ["cause"],
      registers,
    });
    for (const cause of END_CAUSES) this.#ends.inc({ cause }, 0);
    this.#mended = new Counter({
      name: "octofleet_master_sessions_reconciled_total",
      help: "Sessions on which a proxy and the master differed, and what came of it.",
      labelNames: ["how"],
      registers,
    });
    for (const how of MENDED) this.#mended.inc({ how }, 0);
    const gauges: readonly (readonly [name: string, help: string, read: () => number])[] = [
      ["proxies", "Proxies whose lease runs.", () => measured.leases.running().length],
      ["grants", "Entries that proxies may hold in their caches.", () => measured.interest.size],
      ["rounds", "Number of the newest round of this epoch.", () => measured.rounds.newest],
      ["acks", "Acks of rounds that have counted in this epoch.", () => measured.rounds.acks],
      ["revision", "Revision of the newest command.", () => measured.ground.counters.revision],
      ["epoch", "This life of the master.", () => measured.ground.counters.epoch],
      ["locks", "Locks held.", () => measured.ground.locks.size],
      ["sessions", "Sessions that are anchored.", () => measured.ground.sessions.size],
      ["orphans", "Anchored sessions that nobody holds just now.", () => measured.sessions.orphans],
      ["waiting_places", "Places in the queues of locks.", () => waitingPlaces(measured.ground)],
      ["operations", "Operation ids on record.", () => measured.ground.operations.size],
    ];
    for (const [name, help, read] of gauges) {
      new Gauge({
        name: `octofleet_master_${name}`,
        help,
        registers,
        collect() {
          this.set(read());
        },
      });
    }
  }

  sessionEnded(cause: EndCause): void {
    this.#ends.inc({ cause });
  }

  sessionMended(how: Mended): void {
    this.#mended.inc({ how });
  }

  decided(decided: readonly Decided[]): void {
    for (const { ticket, outcome } of decided) {
      const { kind } = ticket.request.command;
      const { status } = outcome.answer;
      const answers = this.#commands.get(kind) ?? new Map<string, number>();
      this.#commands.set(kind, answers.set(status, (answers.get(status) ?? 0) + 1));
    }
  }
}

function waitingPlaces({ waiters }: Ground): number {
  let places = 0;
  for (const queue of waiters.values()) places += queue.length;
  return places;
}
