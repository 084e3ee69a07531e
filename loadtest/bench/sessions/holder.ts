import { realClock } from "../../../client/adapters/clock.js";
import { realRandom } from "../../../client/adapters/random.js";
import { Client } from "../../../client/client.js";
import type { Http } from "../../../client/ports/http.js";
import type { Lock } from "../../../client/session/lock.js";
import type { Session } from "../../../client/session/session.js";
import type { Held, HolderPlan } from "./holder-messages.js";
import { leanDialer } from "./lean-dialer.js";
import { machineMs } from "./machine-time.js";

const RESUMED = '{"type":"sessionResumed"';

/** One client of the library, with one session, and one lock at most. */
export class Holder {
  /** When it was told that its session was resumed. */
  readonly resumedMs: readonly number[];
  readonly #losses: string[] = [];
  readonly #client: Client;
  readonly #session: Session;
  readonly #sessionId: string;
  #lock: Lock | undefined;
  #askedMs = 0;
  #grantedMs = 0;
  #lastHeldMs = 0;

  static async open(plan: HolderPlan, http: Http): Promise<Holder> {
    const resumedMs: number[] = [];
    const dialer = leanDialer(plan.localAddress, (text) => {
      if (text.startsWith(RESUMED)) resumedMs.push(machineMs());
    });
    const platform = { clock: realClock, random: realRandom, http, dialer };
    const client = await Client.connect(platform, { proxies: [plan.near, ...plan.others], token: plan.token });
    return new Holder(client, await client.openSession({ leaseMs: plan.leaseMs }), resumedMs);
  }

  private constructor(client: Client, session: Session, resumedMs: readonly number[]) {
    this.#client = client;
    this.#session = session;
    this.#sessionId = session.id;
    this.resumedMs = resumedMs;
  }

  get state(): Session["state"] {
    return this.#session.state;
  }

  get isHolding(): boolean {
    return this.#lock?.held === true;
  }

  /** Resolves when it has the lock. */
  async take(name: string, wait: boolean): Promise<void> {
    this.#askedMs = machineMs();
    const lock = await this.#session.acquire(name, { wait });
    this.#grantedMs = this.#lastHeldMs = machineMs();
    this.#lock = lock;
    lock.on("lost", ({ message }) => this.#losses.push(`${this.#sessionId} lost ${name}: ${message}`));
  }

  /** To be called often: who holds what for how long is known no better than that. */
  observe(): void {
    if (this.isHolding) this.#lastHeldMs = machineMs();
  }

  async release(): Promise<void> {
    this.observe();
    const lock = this.#lock;
    await lock?.release();
  }

  /** Closes its session, and lets go of the cell. */
  leave(): Promise<void> {
    return this.#client.close();
  }

  /** Whether the cell shows the lock as this client's. */
  async agrees(): Promise<boolean> {
    const lock = this.#lock;
    const primary = lock && (await this.#client.primary(lock.name));
    return lock !== undefined && primary?.fencingToken === lock.fencingToken;
  }

  /** What it was not to lose, and did: a sentence each. */
  losses(): string[] {
    if (this.#session.id === this.#sessionId) return this.#losses;
    return [...this.#losses, `${this.#sessionId} was given up for another session`];
  }

  held(): Held | undefined {
    if (this.#lock === undefined) return undefined;
    const { name, fencingToken } = this.#lock;
    const times = { askedMs: this.#askedMs, grantedMs: this.#grantedMs, lastHeldMs: this.#lastHeldMs };
    return { name, sessionId: this.#sessionId, fencingToken, ...times };
  }
}
