import { silentLog } from "../../ports/log.js";
import type { Fault } from "../../protocol/errors.js";
import { tokenKey } from "../../protocol/keys.js";
import { tokenHash } from "../../protocol/tokens.js";
import { SimClock } from "../../sim/sim-clock.js";
import { CellFixture } from "../cell-service.fixture.js";
import { ALICE, BOB } from "../gateway.fixture.js";
import type { Watch, WatchSink, WatchState, WatchTarget } from "./watch.js";
import type { WatchedEvent } from "./watched-event.js";
import { Watches } from "./watches.js";

/** Who writes down what it is told. */
export class Teller implements WatchSink {
  readonly told: string[] = [];
  readonly events: WatchedEvent[] = [];
  revision = 0;
  full = false;
  fault: Fault | undefined;

  ready(): boolean {
    return !this.full;
  }
  started({ revision, locks }: { revision: number; locks?: WatchState["locks"] }): void {
    this.revision = revision;
    this.told.push(locks === undefined ? "goes on" : `state:${names(locks)}`);
  }
  event(event: WatchedEvent, more: boolean): void {
    this.revision = event.revision;
    this.events.push(event);
    this.told.push(`${event.event}:${event.lock.name}${more ? "+" : ""}`);
  }
  resync({ revision, locks }: WatchState): void {
    this.revision = revision;
    this.told.push(`resync:${names(locks)}`);
  }
  ended(fault: Fault): void {
    this.fault = fault;
    this.told.push(`ended:${fault.code}`);
  }
  /** What was told since the last time. */
  news(): string[] {
    return this.told.splice(0);
  }
}

const names = (locks: WatchState["locks"]): string => locks.map(({ name }) => name).join(",");

export interface Asking {
  readonly after?: number;
  readonly token?: string;
}

/** A hub of watches before a cell in one object, in simulated time. */
export class WatchBench {
  readonly clock = new SimClock();
  readonly cell = new CellFixture({ [ALICE]: "user:alice", [BOB]: "user:bob" }, undefined, this.clock);
  readonly watches = new Watches({ service: this.cell, clock: this.clock, log: silentLog });

  settle(): Promise<void> {
    return this.clock.runFor(1);
  }

  async take(name: string, token = ALICE): Promise<string> {
    const kind = { kind: "acquire", delayOnRelease: true, ephemeral: false, wait: false } as const;
    const command = { ...kind, name, ttlMs: 60_000, metadata: null, lockDelayMs: 0 };
    const answer = await this.cell.execute({ command, tokenHash: tokenHash(token) });
    return (answer as { leaseId: string }).leaseId;
  }

  /** Takes a lock and releases it. */
  async change(name: string, token = ALICE): Promise<void> {
    const command = { kind: "release", name, leaseId: await this.take(name, token) } as const;
    await this.cell.execute({ command, tokenHash: tokenHash(token) });
  }

  open(target: WatchTarget, { after, token = ALICE }: Asking = {}): { teller: Teller; watch: Watch } {
    const teller = new Teller();
    const hash = tokenHash(token);
    const credential = { hash, key: tokenKey(hash), admin: false };
    const watch = this.watches.open({ credential, target, ...(after !== undefined && { after }) }, teller);
    return { teller, watch };
  }

  /** Opens a watch that has begun. */
  async live(target: WatchTarget, asking?: Asking): Promise<{ teller: Teller; watch: Watch }> {
    const opened = this.open(target, asking);
    await this.settle();
    opened.teller.news();
    return opened;
  }
}
