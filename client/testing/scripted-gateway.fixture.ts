import { CLOSE_CODES, type CloseCause } from "../../shared/protocol/session/close-codes.js";
import type { Timer } from "../ports/clock.js";
import type { SocketListener } from "../ports/dialer.js";
import {
  type LoggedEvent,
  type MasterListener,
  type Reply,
  refusal,
  type ScriptedMaster,
} from "./scripted-master.fixture.js";

type Request = Reply & { readonly id: number };

/** A session that a gateway holds: its own alone while `attachment` is null. */
interface HeldSession {
  readonly id: string;
  readonly secret: string;
  readonly leaseMs: number;
  attachment: number | null;
  heardMs: number;
  line: Line;
}

/** One client's socket, seen from the gateway. */
export interface Line {
  readonly listener: SocketListener;
  readonly watches: Map<number, { name?: string; prefix?: string }>;
  isOpen: boolean;
  greeted: boolean;
}

/** What becomes of a request: its own way, or it never arrives, or its reply gets lost. */
export type Fate = "arrives" | "lost" | "unanswered";

const ORPHAN_MS = 3_000 + 45_000;

/** A gateway of a scripted cell: sockets with a delay, sessions that die of silence, and whatever a test makes it do. */
export class ScriptedGateway implements MasterListener {
  readonly url: string;
  readonly lines = new Set<Line>();
  readonly held = new Map<string, HeldSession>();
  readonly requests: Request[] = [];
  /** Of each message, one way. */
  delayMs = 5;
  /** Of what it asks of the master, one way. */
  masterDelayMs = 5;
  /** How long after another gateway has resumed a session this one still believes that it has it. */
  takenDelayMs = 50;
  state: "up" | "frozen" | "dead" = "up";
  readiness: 200 | 503 = 200;
  refuseKeepAlives = false;
  refuseStatus = false;
  fate: (request: Request) => Fate = () => "arrives";
  token = "good";
  readonly #master: ScriptedMaster;
  #ids = 0;

  constructor(url: string, master: ScriptedMaster) {
    this.url = url;
    this.#master = master;
    master.listeners.push(this);
    this.#sweepLater();
  }

  connect(listener: SocketListener): { send(text: string): void; close(): void } {
    const line: Line = { listener, watches: new Map(), isOpen: this.state !== "dead", greeted: false };
    this.#after(this.delayMs, () => {
      if (this.state === "dead") listener.onClose(1006, "");
      else if (this.readiness !== 200) this.#close(line, "overloaded");
      else if (this.state === "up" && line.isOpen) {
        this.lines.add(line);
        listener.onOpen();
      }
    });
    return {
      send: (text) => this.#after(this.delayMs, () => this.#take(line, JSON.parse(text) as Request)),
      close: () => {
        line.isOpen = false;
        this.lines.delete(line);
      },
    };
  }

  /** As by `kill -9`: sockets end without a word, and the sessions are orphans. */
  kill(): void {
    this.state = "dead";
    for (const line of [...this.lines]) this.#drop(line, 1006, "");
    for (const { id, attachment, leaseMs } of this.held.values())
      this.#after(ORPHAN_MS + leaseMs, () => this.#master.end(id, attachment));
    this.held.clear();
  }

  restart(): void {
    this.state = "up";
  }

  close(cause: CloseCause, reason?: string): void {
    for (const line of [...this.lines]) this.#close(line, cause, reason);
  }

  goAway(withinMs: number, proxies: readonly { name: string; url: string; zone: string }[]): void {
    for (const line of this.lines) this.#say(line, { type: "goAway", withinMs, proxies });
  }

  onEvents(events: readonly LoggedEvent[]): void {
    this.#after(this.masterDelayMs, () => {
      for (const line of this.lines) {
        for (const [watch, target] of line.watches) {
          for (const event of events) if (isWatched(target, event)) this.#say(line, { type: "event", watch, ...event });
        }
      }
    });
  }

  onGrant(at: string, push: Reply & { sessionId: string }): void {
    if (at !== this.url) return;
    this.#after(this.masterDelayMs, () => {
      const session = this.held.get(push.sessionId);
      if (session !== undefined) this.#say(session.line, push);
    });
  }

  onTaken(at: string, sessionId: string, attachment: number): void {
    if (at !== this.url) return;
    this.#after(this.takenDelayMs, () => {
      const session = this.held.get(sessionId);
      if (session === undefined || (session.attachment ?? 0) >= attachment) return;
      this.held.delete(sessionId);
      this.#say(session.line, { type: "sessionGone", sessionId, why: "taken" });
    });
  }

  #take(line: Line, request: Request): void {
    if (this.state !== "up" || !line.isOpen) return;
    this.requests.push(request);
    for (const session of this.held.values()) if (session.line === line) session.heardMs = this.#now();
    const fate = this.fate(request);
    if (fate === "lost") return;
    const answer = (reply: Reply | undefined): void => {
      if (reply !== undefined && fate === "arrives") this.#say(line, { ...reply, id: request.id });
    };
    if (!line.greeted && request.type !== "hello") this.#close(line, "badMessage");
    else this.#serve(line, request, answer);
  }

  #serve(line: Line, request: Request, answer: (reply: Reply) => void): void {
    const session = this.held.get(String(request.sessionId));
    switch (request.type) {
      case "hello":
        line.greeted = true;
        if (request.token === this.token) answer({ type: "welcome", version: 2 });
        else this.#close(line, "unauthenticated");
        return;
      case "openSession":
        answer(this.#open(line, Number(request.leaseMs ?? 12_000)));
        return;
      case "resumeSession":
        this.#resume(line, request, answer);
        return;
      case "keepAlive":
        if (session === undefined) answer(refusal("session_expired"));
        else if (this.refuseKeepAlives) answer(refusal("overloaded", 1_000));
        else answer({ type: "keptAlive", leaseMs: session.leaseMs, attachment: session.attachment });
        return;
      case "closeSession":
        if (session !== undefined) this.#end(session);
        answer(session === undefined ? refusal("session_expired") : { type: "sessionClosed" });
        return;
      case "status":
        if (this.refuseStatus) answer(refusal("overloaded", 20_000));
        else this.#atMaster(() => ({ type: "status", lock: this.#master.statusOf(String(request.name)) }), answer);
        return;
      case "watch":
        this.#watch(line, request, answer);
        return;
      case "unwatch":
        line.watches.delete(Number(request.watch));
        answer({ type: "unwatched" });
        return;
      default:
        this.#write(session, request, answer);
    }
  }

  #open(line: Line, leaseMs: number): Reply {
    this.#ids += 1;
    const session = { id: `${this.url}#${this.#ids}`, secret: `secret ${this.#ids}`, leaseMs };
    this.held.set(session.id, { ...session, attachment: null, heardMs: this.#now(), line });
    return { type: "sessionOpened", sessionId: session.id, resumeSecret: session.secret, leaseMs };
  }

  #resume(line: Line, request: Request, answer: (reply: Reply) => void): void {
    const { sessionId: id, resumeSecret: secret } = request as unknown as { sessionId: string; resumeSecret: string };
    const own = this.held.get(id);
    if (own?.attachment === null) {
      own.line = line;
      answer({ type: "sessionResumed", leaseMs: own.leaseMs, attachment: null, locks: [], waits: [] });
      return;
    }
    this.#atMaster(
      () => this.#master.resume(this.url, id, secret),
      (reply) => {
        if (reply.type === "sessionResumed") {
          const { leaseMs, attachment } = reply as unknown as { leaseMs: number; attachment: number };
          this.held.set(id, { id, secret, leaseMs, attachment, heardMs: this.#now(), line });
        }
        answer(reply);
      },
    );
  }

  #write(session: HeldSession | undefined, request: Request, answer: (reply: Reply) => void): void {
    if (session === undefined) {
      answer(refusal("session_expired"));
      return;
    }
    const { attachment } = session;
    this.#atMaster(
      () => this.#master.execute(this.url, { ...session, attachment }, request),
      (reply) => {
        if (typeof reply.attachment === "number" && this.held.get(session.id) === session)
          session.attachment = Math.max(session.attachment ?? 0, reply.attachment);
        answer(reply);
      },
    );
  }

  #watch(line: Line, request: Request, answer: (reply: Reply) => void): void {
    const target = request as { id: number; name?: string; prefix?: string; after?: number };
    const { revision, compactedTo, log, locks } = this.#master;
    const after = target.after;
    line.watches.set(request.id, target);
    if (after !== undefined && after >= compactedTo && after <= revision) {
      answer({ type: "watching", revision });
      const missed = log.filter((event) => event.revision > after && isWatched(target, event));
      for (const event of missed) this.#say(line, { type: "event", watch: request.id, ...event });
      return;
    }
    const statuses = [...locks.keys()].map((name) => this.#master.statusOf(name));
    answer({ type: "watching", revision, locks: statuses.filter((lock) => isWatched(target, { lock })) });
  }

  #atMaster(act: () => Reply, answer: (reply: Reply) => void): void {
    this.#after(this.masterDelayMs, () => {
      const reply = act();
      this.#after(this.masterDelayMs, () => this.state === "up" && answer(reply));
    });
  }

  #end(session: HeldSession): void {
    this.held.delete(session.id);
    this.#after(this.masterDelayMs, () => this.#master.end(session.id, session.attachment));
  }

  /** Silence counts only while one listens. */
  #sweepLater(): void {
    this.#after(100, () => {
      for (const session of [...this.held.values()]) {
        if (this.state === "up" && this.#now() - session.heardMs >= session.leaseMs) this.#end(session);
        else if (this.state === "frozen") session.heardMs = this.#now();
      }
      this.#sweepLater();
    });
  }

  #say(line: Line, message: object): void {
    this.#after(this.delayMs, () => {
      if (this.state === "up" && line.isOpen) line.listener.onText(JSON.stringify(message));
    });
  }

  #close(line: Line, cause: CloseCause, reason: string = CLOSE_CODES[cause].reason): void {
    this.#after(this.delayMs, () => this.#drop(line, CLOSE_CODES[cause].code, reason));
  }

  #drop(line: Line, code: number, reason: string): void {
    const wasOpen = line.isOpen;
    line.isOpen = false;
    this.lines.delete(line);
    if (wasOpen) line.listener.onClose(code, reason);
  }

  #now(): number {
    return this.#master.clock.monotonicMs();
  }

  #after(delayMs: number, act: () => void): Timer {
    return this.#master.clock.after(delayMs, act);
  }
}

const isWatched = (
  target: { readonly name?: string; readonly prefix?: string },
  { lock }: { readonly lock: { readonly name: string } },
): boolean => (target.name === undefined ? lock.name.startsWith(target.prefix ?? "") : lock.name === target.name);
