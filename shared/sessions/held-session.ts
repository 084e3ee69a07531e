import type { Voice, VoiceListener } from "../gateway/session-host.js";
import type { Grant } from "../protocol/link.js";

/** A socket, as the sessions that live by it see it. */
export class HeardVoice implements Voice {
  readonly listener: VoiceListener;
  readonly sessions = new Set<HeldSession>();
  /** When the last message came, on the monotonic clock. */
  heardMs: number;
  isLost = false;

  constructor(listener: VoiceListener, heardMs: number) {
    this.listener = listener;
    this.heardMs = heardMs;
  }

  /** The socket is gone: its sessions remember when it was heard last. */
  lose(): void {
    this.isLost = true;
    for (const session of this.sessions) {
      session.heardMs = Math.max(session.heardMs, this.heardMs);
      session.voice = undefined;
    }
    this.sessions.clear();
  }
}

/** A place in a lock's queue, as far as its holder knows. */
export interface Wait {
  readonly name: string;
  /** How many acquires under its operation id are under way: whoever is answered is told of the grant by that. */
  asking: number;
  /** Came while somebody was asking. */
  grant: Grant | undefined;
  /** Grants may have been missed while somebody was asking. */
  isDoubtful: boolean;
}

/**
 * A session that is held here. There may be 200,000 of them: no closures and no timers, and what few need is not
 * there until it is needed.
 */
export class HeldSession {
  readonly sessionId: string;
  readonly principal: string;
  readonly leaseMs: number;
  /** Null for one that was made, or moved here, over HTTP. */
  readonly secretHash: string | null;
  /** Under which it is anchored (rule S1); null while it is this gateway's own. */
  attachment: number | null = null;
  /** The first command that needs the master is under way; settles with it, and never rejects. */
  anchoring: Promise<void> | undefined = undefined;
  /** `closing` and `gone`: not held here any more. A close tells the master by itself, another end does not. */
  state: "held" | "closing" | "gone" = "held";
  voice: HeardVoice | undefined = undefined;
  /** When it was heard of otherwise than by its voice. */
  heardMs: number;
  /** Operation id -> place. */
  waits: Map<string, Wait> | undefined = undefined;
  /** Its place in the timing wheel. */
  slot = 0;

  constructor(
    of: { sessionId: string; principal: string; leaseMs: number; secretHash: string | null },
    heardMs: number,
  ) {
    this.sessionId = of.sessionId;
    this.principal = of.principal;
    this.leaseMs = of.leaseMs;
    this.secretHash = of.secretHash;
    this.heardMs = heardMs;
  }

  /** Lives by this voice from now on; a voice that is lost already leaves it without one. */
  moveTo(voice: HeardVoice | undefined): void {
    this.voice?.sessions.delete(this);
    if (voice !== undefined) this.heardMs = Math.max(this.heardMs, voice.heardMs);
    this.voice = voice?.isLost === true ? undefined : voice;
    this.voice?.sessions.add(this);
  }
}
