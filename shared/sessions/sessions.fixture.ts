import type { SessionCaller, Voice } from "../gateway/session-host.js";
import type { Answer, AttachedSession, SessionResumed } from "../protocol/commands.js";
import type { Entry } from "../protocol/entries.js";
import type { Grant } from "../protocol/link.js";
import { SimClock } from "../sim/sim-clock.js";
import { SimRandom } from "../sim/sim-random.js";
import type { SessionOutcome, SessionWrite } from "./parts.js";
import { Sessions } from "./sessions.js";

export const ALICE: SessionCaller = { principal: "user:alice", tokenHash: "a1" };
export const BOB: SessionCaller = { principal: "user:bob", tokenHash: "b0" };

/** A write that reached the master, and waits for what the test makes of it. */
export interface AskedWrite extends SessionWrite {
  readonly answer: (outcome: SessionOutcome) => void;
  readonly fail: (fault: Error) => void;
}

/** The sessions of a gateway, with a master that the test plays. */
export class SessionsFixture {
  readonly world = new SimClock();
  readonly gateway = this.world.process("gateway");
  readonly asked: AskedWrite[] = [];
  readonly ended: AttachedSession[] = [];
  readonly told: string[] = [];
  entries: (keys: readonly string[]) => Promise<readonly Entry[]> = async () => [];
  serves = true;
  readonly sessions = new Sessions({
    clock: this.gateway,
    random: new SimRandom(1),
    mayKeepAlive: () => this.serves,
    execute: (write) =>
      new Promise((answer, fail) => {
        this.asked.push({ ...write, answer, fail });
      }),
    read: (keys) => this.entries(keys),
    ended: (session) => this.ended.push(session),
  });

  /** A voice whose news go to `told`, with its name before them. */
  voice(name = "v"): Voice {
    return this.sessions.newVoice({
      onGrant: ({ operationId }, attachment) => this.told.push(`${name} granted ${operationId} under ${attachment}`),
      onGone: (_sessionId, why) => this.told.push(`${name} ${why}`),
    });
  }

  /** The one write that waits for its answer, which must be of this kind. */
  async one(kind: string): Promise<AskedWrite> {
    await settle();
    const write = this.asked.shift();
    if (write?.command.kind !== kind || this.asked.length > 0) {
      throw new Error(`asked: ${[write, ...this.asked].map((one) => one?.command.kind).join(" ")}`);
    }
    return write;
  }

  /** Opens a session and anchors it under this number. */
  async anchored(attachment: number, voice: Voice, leaseMs?: number): Promise<{ sessionId: string; secret: string }> {
    const { sessionId, resumeSecret } = this.sessions.open(ALICE, leaseMs, voice);
    const acquired = this.sessions.execute(ALICE, { sessionId, ...acquire(`first ${sessionId}`) });
    (await this.one("acquire")).answer({ answer: ACQUIRED, attachment });
    await acquired;
    return { sessionId, secret: resumeSecret };
  }
}

/** Lets all promises that are settled be followed. */
export const settle = (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(resolve);
  });

export const acquire = (operationId: string, { name = "a", wait = false } = {}) => ({
  operationId,
  command: {
    ...{ kind: "acquire" as const, name, ttlMs: null, metadata: null, lockDelayMs: 0, delayOnRelease: false },
    ...{ ephemeral: true, wait },
  },
});

export const ACQUIRED = {
  ...{ status: "acquired", leaseId: "l", fencingToken: 7, expiresAtWallMs: null, renewAfterMs: null, metadata: null },
} as const satisfies Answer;

export const grantOf = (sessionId: string, operationId: string, name = "a"): Grant => ({
  ...{ sessionId, operationId, name, answer: ACQUIRED },
});

export const refused = (code: string): Answer => ({ status: "refused", code, details: "No." });

export const resumed = (parts: Partial<SessionResumed> = {}): SessionResumed => ({
  ...{ status: "sessionResumed", leaseMs: 12_000, locks: [], waits: [] },
  ...parts,
});
