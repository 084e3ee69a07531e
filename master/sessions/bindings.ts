import type { Clock } from "../../shared/ports/clock.js";
import type { AttachedSession } from "../../shared/protocol/commands.js";
import { Ledger } from "./ledger.js";

/** The master's own gateway, as a holder of sessions: like a proxy whose lease never ends. */
export const MASTER_DOOR = "master";

/** Who sends a write, or holds a session: a proxy by its id, the master's own gateway, or nobody in particular. */
export type Sender = string | null;

interface BindingParts {
  readonly clock: Clock;
  /** Whether the proxy's lease runs at this instant. */
  readonly isRunning: (proxyId: string) => boolean;
  /** Nobody holds the session from now on. */
  readonly onOrphaned: (sessionId: string) => void;
  /** Somebody does. */
  readonly onHeld: (sessionId: string) => void;
  /** The master's own gateway is to let go of a session that it holds under no newer number than this. */
  readonly dropHere: (session: AttachedSession, why: "ended" | "taken") => void;
}

/**
 * Who holds each anchored session under its newest attachment: a proxy, the master's own gateway, or nobody.
 *
 * None of this is journaled. A binding is worth what the lease of its proxy is worth, and a new master learns of it as
 * it learns of the proxies: when they register, and say what they hold.
 */
export class Bindings {
  readonly #parts: BindingParts;
  readonly #holders = new Map<string, string>();
  readonly #ledgers = new Map<string, Ledger>();
  /** When the session was last taken from a proxy by a resume, and from which: they may not know it yet. */
  readonly #taken = new Map<string, { readonly atMs: number; readonly from: ReadonlySet<string> }>();

  constructor(parts: BindingParts) {
    this.#parts = parts;
  }

  /** Who holds the session at this instant. */
  holderOf(sessionId: string): string | undefined {
    const holder = this.#holders.get(sessionId);
    if (holder === undefined || this.#isRunning(holder)) return holder;
    return undefined;
  }

  /** When the session was last taken from a proxy whose lease ran; undefined if it never was. */
  takenAtMs(sessionId: string): number | undefined {
    return this.#taken.get(sessionId)?.atMs;
  }

  /** The proxies that may answer for the session: its holder, and whoever has not heard yet that it was taken from it. */
  mayAnswer(sessionId: string): string[] {
    const holder = this.holderOf(sessionId);
    const from = [...(this.#taken.get(sessionId)?.from ?? [])].filter((proxyId) => this.#isUnheard(sessionId, proxyId));
    return [...new Set([holder, ...from])].filter((each) => each !== undefined && each !== MASTER_DOOR) as string[];
  }

  /** The proxy's book; it must be running. */
  ledgerOf(proxyId: string): Ledger {
    const known = this.#ledgers.get(proxyId);
    if (known !== undefined) return known;
    const ledger = new Ledger();
    this.#ledgers.set(proxyId, ledger);
    return ledger;
  }

  /** A commit attached the session to the sender. Whoever held it before is told, unless that was the sender. */
  attach(session: AttachedSession, sender: Sender): void {
    const { sessionId, attachment } = session;
    const before = this.holderOf(sessionId);
    if (before !== undefined && before !== sender) {
      this.#tell(sessionId, before, attachment - 1, "taken");
      if (before !== MASTER_DOOR) this.#takenFrom(sessionId, before);
    }
    if (sender === null || !this.#isRunning(sender)) {
      this.#orphan(sessionId);
      return;
    }
    this.#hold(sessionId, sender);
    if (sender === MASTER_DOOR) return;
    const ledger = this.ledgerOf(sender);
    if (ledger.attachmentOf(sessionId) !== attachment) ledger.attach(session, this.#parts.clock.monotonicMs());
  }

  /** A proxy says that it holds the session, under its newest number. */
  claim(session: AttachedSession, proxyId: string): void {
    const before = this.#holders.get(session.sessionId);
    if (before !== undefined && before !== proxyId) this.#ledgers.get(before)?.dropped(session.sessionId);
    this.#hold(session.sessionId, proxyId);
    this.ledgerOf(proxyId).claimed(session);
  }

  /** Its holder has let go of the session, or is known not to have it. */
  release(sessionId: string): void {
    const holder = this.#holders.get(sessionId);
    if (holder === undefined) return;
    this.#ledgers.get(holder)?.dropped(sessionId);
    this.#orphan(sessionId);
  }

  /** The session has ended. */
  forget(sessionId: string): void {
    const holder = this.holderOf(sessionId);
    if (holder !== undefined) this.#tell(sessionId, holder, Number.MAX_SAFE_INTEGER, "ended");
    this.#holders.delete(sessionId);
    this.#taken.delete(sessionId);
    this.#parts.onHeld(sessionId);
  }

  /** The proxy's lease is over. */
  leaseOver(proxyId: string): void {
    const ledger = this.#ledgers.get(proxyId);
    this.#ledgers.delete(proxyId);
    for (const sessionId of ledger?.sessionIds() ?? []) {
      if (this.#holders.get(sessionId) === proxyId) this.#orphan(sessionId);
    }
  }

  #takenFrom(sessionId: string, proxyId: string): void {
    const earlier = [...(this.#taken.get(sessionId)?.from ?? [])].filter((each) => this.#isUnheard(sessionId, each));
    this.#taken.set(sessionId, { atMs: this.#parts.clock.monotonicMs(), from: new Set([...earlier, proxyId]) });
  }

  #isUnheard(sessionId: string, proxyId: string): boolean {
    return this.#isRunning(proxyId) && this.#ledgers.get(proxyId)?.isUnheard(sessionId) === true;
  }

  #isRunning(holder: string): boolean {
    return holder === MASTER_DOOR || this.#parts.isRunning(holder);
  }

  #tell(sessionId: string, holder: string, upTo: number, why: "ended" | "taken"): void {
    if (holder === MASTER_DOOR) this.#parts.dropHere({ sessionId, attachment: upTo }, why);
    else this.ledgerOf(holder).gone(sessionId);
  }

  #hold(sessionId: string, holder: string): void {
    this.#holders.set(sessionId, holder);
    this.#parts.onHeld(sessionId);
  }

  #orphan(sessionId: string): void {
    this.#holders.delete(sessionId);
    this.#parts.onOrphaned(sessionId);
  }
}
