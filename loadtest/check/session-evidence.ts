import type { WatchItem, WatchTarget } from "../../client/watch/items.js";

/** A time in which a client's own lease said that it holds a lock, as seen at many instants. */
export interface HeldSpan {
  readonly lock: string;
  readonly client: string;
  readonly fencingToken: number;
  readonly fromMs: number;
  readonly untilMs: number;
}

/** That a client was told that its session lives, in an answer that may lengthen its lease (rule S3). */
export interface SignOfLife {
  /** When it sent the request that was answered so. */
  readonly sentMs: number;
  /** The life of the process that answered. */
  readonly life: string;
}

/** A session, as its client knows it. */
export interface SessionLife {
  readonly sessionId: string;
  readonly client: string;
  readonly user: string;
  readonly leaseMs: number;
  readonly signs: readonly SignOfLife[];
  /** The newest attachment number that the client was told. */
  readonly attachment: number | null;
  /** When the client last asked for the session to be attached elsewhere. -Infinity: never. */
  readonly resumeSentMs: number;
  /** When its owner asked to end it. Infinity: never. */
  readonly closedMs: number;
  /** When its client was told by the cell that it is over. Infinity: never. */
  readonly toldOverMs: number;
  /** When its client died without a word. Infinity: never. */
  readonly diedMs: number;
}

/** Whether nobody knows what became of the last write that was to attach a session. */
export const isAnswerOut = ({ attachment, resumeSentMs, signs }: SessionLife): boolean =>
  attachment === null || signs.every(({ sentMs }) => sentMs < resumeSentMs);

/** What the cell told of a session's write, less what no two sendings share. */
export interface SessionAnswer {
  readonly operationId: string;
  readonly client: string;
  readonly user: string;
  readonly atMs: number;
  readonly told: object;
}

/** A watch, with everything that it told. */
export interface Watched {
  readonly client: string;
  readonly target: Exclude<WatchTarget, string>;
  readonly items: readonly (WatchItem & { readonly atMs: number })[];
  /** Whether it was still followed when the run ended. */
  readonly isOpen: boolean;
}

/** A renewal of a proxy's lease. */
export interface Renewal {
  readonly proxy: string;
  readonly atMs: number;
  readonly bytes: number;
  readonly sessions: number;
  /** It said nothing but that all is as it was. */
  readonly isPlain: boolean;
}

/** A life of a gateway's process that is over. */
export interface LifeEnd {
  readonly life: string;
  readonly atMs: number;
  /** Until when it certainly had a lease: when it sent the last renewal that was answered. The master needs none. */
  readonly leaseRanMs: number;
}

/** What sessions and watches left behind in a run. */
export interface SessionEvidence {
  readonly held: readonly HeldSpan[];
  readonly sessions: readonly SessionLife[];
  readonly sessionAnswers: readonly SessionAnswer[];
  readonly watches: readonly Watched[];
  readonly renewals: readonly Renewal[];
  readonly lifeEnds: readonly LifeEnd[];
}

export const NO_SESSIONS: SessionEvidence = {
  held: [],
  sessions: [],
  sessionAnswers: [],
  watches: [],
  renewals: [],
  lifeEnds: [],
};
