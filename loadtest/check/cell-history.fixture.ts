import { apply } from "../../master/cell/apply.js";
import { entryOf } from "../../master/cell/entries.js";
import { Ground } from "../../master/cell/ground.js";
import type { CellCommand } from "../../master/cell/record.js";
import type { Answer } from "../../shared/protocol/commands.js";
import type { LockEntry } from "../../shared/protocol/entries.js";
import { lockKey } from "../../shared/protocol/keys.js";
import { holderIdOf } from "../../shared/protocol/tokens.js";
import { SimClock } from "../../shared/sim/sim-clock.js";
import { SimRandom } from "../../shared/sim/sim-random.js";
import { type TtlCommand, ttlAcquire } from "../clients/ttl-command.js";
import { Recorder } from "./history.js";
import { Instants } from "./instants.js";
import type { LockCall, LockOperation, LockResult } from "./lock-operation.js";

/** A mistake that a cell could make. */
export type Mistake =
  /** Reads show what was true a little while ago. */
  | "stale reads"
  /** Some writes are answered and not done. */
  | "lost writes"
  /** The counter of fencing tokens falls back now and then, as after a restart from an old snapshot. */
  | "tokens that go back"
  /** Locks are freed before their time. */
  | "early expiry";

const CLIENTS = ["ann", "bob", "cat"];
const LOCKS = ["a", "b"];
const TURNS = 12;
/** Each way, at most. */
const NETWORK_MS = 10;

/**
 * What clients of the real decisions (`master/cell/apply.ts`) see who acquire, renew, change, release and
 * read two locks at random, over a network with delays that loses some answers and some requests. With a
 * mistake, the cell makes it.
 */
export async function cellHistory(seed: number, mistake?: Mistake): Promise<LockOperation[]> {
  const clock = new SimClock();
  const random = new SimRandom(seed);
  const recorder = new Recorder<LockCall, LockResult>(new Instants(clock));
  const cell = new SmallCell(clock, random.fork("cell"), mistake);
  const clients = CLIENTS.map((name) => new Client(name, { clock, random: random.fork(name), recorder, cell }));
  await clock.settle(Promise.all(clients.map((client) => client.run())), 600_000);
  return recorder.history();
}

/** A master without any of its machinery. */
class SmallCell {
  readonly #clock: SimClock;
  readonly #random: SimRandom;
  readonly #mistake: Mistake | undefined;
  readonly #ground = new Ground();
  readonly #cache = new Map<string, LockEntry | null>();
  #leases = 0;

  constructor(clock: SimClock, random: SimRandom, mistake: Mistake | undefined) {
    this.#clock = clock;
    this.#random = random;
    this.#mistake = mistake;
    for (const name of CLIENTS) this.#apply({ kind: "setToken", hash: name, principal: name });
  }

  read(name: string): LockEntry | null {
    const cached = this.#cache.get(name);
    if (cached !== undefined && this.#isMistaken("stale reads", 0.5)) return cached;
    const lock = (entryOf(this.#ground, lockKey(name))?.value ?? null) as LockEntry | null;
    this.#cache.set(name, lock);
    return lock;
  }

  execute(client: string, command: TtlCommand): Answer {
    if (this.#isMistaken("tokens that go back", 0.3)) this.#ground.counters.lastFencingToken = 0;
    const before = this.#ground.toSnapshot();
    const answer = this.#apply(command, client);
    if (this.#isMistaken("lost writes", 0.3)) this.#restore(before.locks);
    if ("ttlMs" in command) {
      const earlyMs = this.#isMistaken("early expiry", 0.5) ? command.ttlMs / 2 : 0;
      const expire = (): unknown => this.#apply({ kind: "expire", name: command.name }, undefined, earlyMs);
      this.#clock.after(command.ttlMs - earlyMs + this.#random.int(20), expire);
    }
    return answer;
  }

  #isMistaken(mistake: Mistake, chance: number): boolean {
    return this.#mistake === mistake && this.#random.chance(chance);
  }

  #restore(locks: ReturnType<Ground["toSnapshot"]>["locks"]): void {
    this.#ground.locks.clear();
    for (const lock of locks) this.#ground.locks.set(lock.name, lock);
  }

  #apply(command: TtlCommand | CellCommand, tokenHash?: string, aheadMs = 0): Answer {
    const timeMs = this.#clock.monotonicMs() + aheadMs;
    const client = { newLeaseId: `lease ${++this.#leases}`, locksPerPrincipal: 100 };
    const record = {
      timeMs,
      wallMs: timeMs,
      command,
      ...(tokenHash !== undefined && { client: { ...client, tokenHash } }),
    };
    return apply(this.#ground, record, this.#ground.counters.revision + 1).answer as Answer;
  }
}

interface ClientParts {
  readonly clock: SimClock;
  readonly random: SimRandom;
  readonly recorder: Recorder<LockCall, LockResult>;
  readonly cell: SmallCell;
}

/** Does one thing after the other, and remembers its leases. */
class Client {
  readonly #name: string;
  readonly #parts: ClientParts;
  readonly #leases = new Map<string, string>();

  constructor(name: string, parts: ClientParts) {
    this.#name = name;
    this.#parts = parts;
  }

  async run(): Promise<void> {
    for (let turn = 0; turn < TURNS; turn++) {
      await this.#pause(40);
      const name = LOCKS[this.#parts.random.int(LOCKS.length)] as string;
      if (this.#parts.random.chance(0.4)) await this.#read(name);
      else await this.#command(this.#anyCommand(name, `${this.#name} ${turn}`));
    }
  }

  async #read(name: string): Promise<void> {
    const pending = this.#parts.recorder.begin(this.#name, lockKey(name), { kind: "read" });
    await this.#pause(NETWORK_MS);
    const lock = this.#parts.cell.read(name);
    await this.#pause(NETWORK_MS);
    pending.returned({ status: "read", lock });
  }

  async #command(command: TtlCommand): Promise<void> {
    const { recorder, random, cell, clock } = this.#parts;
    const call = { ...command, holderId: holderIdOf(this.#name) };
    const pending = recorder.begin(this.#name, lockKey(command.name), call);
    if (random.chance(0.05)) {
      if (random.chance(0.5)) clock.after(random.int(300), () => cell.execute(this.#name, command));
      return;
    }
    await this.#pause(NETWORK_MS);
    const answer = cell.execute(this.#name, command);
    await this.#pause(NETWORK_MS);
    if (random.chance(0.05)) return;
    pending.returned(answer as LockResult);
    if (answer.status === "acquired") this.#leases.set(command.name, answer.leaseId);
  }

  #anyCommand(name: string, metadata: string): TtlCommand {
    const { random } = this.#parts;
    const leaseId = this.#leases.get(name);
    const ttlMs = 20 + random.int(200);
    const lockDelayMs = random.chance(0.3) ? random.int(50) : 0;
    if (leaseId === undefined || random.chance(0.3)) return ttlAcquire(name, { ttlMs, metadata, lockDelayMs });
    const own = { name, leaseId };
    const kinds: readonly TtlCommand[] = [
      { kind: "renew", ...own, ttlMs },
      { kind: "release", ...own },
      { kind: "setMetadata", ...own, metadata },
      { kind: "setMetadata", ...own, metadata },
    ];
    return kinds[random.int(kinds.length)] as TtlCommand;
  }

  #pause(upToMs: number): Promise<void> {
    const { clock, random } = this.#parts;
    return new Promise((resolve) => void clock.after(random.fraction() * upToMs, resolve));
  }
}
