import { Counter, Gauge, type Registry } from "prom-client";
import type { Ground } from "./cell/ground.js";
import type { Decided } from "./coherence/group-commit.js";
import type { Interest } from "./coherence/interest.js";
import type { ProxyLeases } from "./coherence/leases.js";
import type { Rounds } from "./coherence/rounds.js";

interface Measured {
  readonly ground: Ground;
  readonly leases: ProxyLeases;
  readonly interest: Interest;
  readonly rounds: Rounds;
}

/** What the master tells of itself on `/metrics`, beside its gateway's and its link's requests. */
export class MasterMetrics {
  readonly #commands: Counter;

  constructor(registry: Registry, measured: Measured) {
    const registers = [registry];
    this.#commands = new Counter({
      name: "octofleet_master_commands_total",
      help: "Commands decided, by kind and by how the cell answered.",
      labelNames: ["command", "answer"],
      registers,
    });
    const gauges: readonly (readonly [name: string, help: string, read: () => number])[] = [
      ["proxies", "Proxies whose lease runs.", () => measured.leases.running().length],
      ["grants", "Entries that proxies may hold in their caches.", () => measured.interest.size],
      ["rounds", "Number of the newest round of this epoch.", () => measured.rounds.newest],
      ["acks", "Acks of rounds that have counted in this epoch.", () => measured.rounds.acks],
      ["revision", "Revision of the newest command.", () => measured.ground.counters.revision],
      ["epoch", "This life of the master.", () => measured.ground.counters.epoch],
      ["locks", "Locks held.", () => measured.ground.locks.size],
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

  decided(decided: readonly Decided[]): void {
    for (const { ticket, outcome } of decided) {
      this.#commands.inc({ command: ticket.request.command.kind, answer: outcome.answer.status });
    }
  }
}
