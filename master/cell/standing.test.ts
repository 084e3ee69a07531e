import { describe, expect, it } from "vitest";
import { acquireOf, Cell, ephemeralOf, newSession, type Session, told } from "./cell.fixture.js";

/** Alice's session `s` holds the lock, under attachment 3. */
function holding(): Cell {
  const cell = new Cell("alice", "bob");
  cell.client("alice", ephemeralOf(), { session: newSession("s") });
  return cell;
}

type Ref =
  | "newest"
  | "older"
  | "anchor of the same gateway"
  | "anchor of another"
  | "anchor, bound to the sender"
  | "owner's token"
  | "somebody else's token"
  | "somebody else's, with the number";
const refs: Record<Ref, { session: Session; user?: string }> = {
  newest: { session: { sessionId: "s", attachment: 3 } },
  older: { session: { sessionId: "s", attachment: 2 } },
  "anchor of the same gateway": { session: newSession("s") },
  "anchor of another": { session: newSession("s", { anchor: { leaseMs: 12_000, secretHash: "another" } }) },
  "anchor, bound to the sender": {
    session: newSession("s", { anchor: { leaseMs: 12_000, secretHash: null }, boundToSender: true }),
  },
  "owner's token": { session: { sessionId: "s", attachment: null } },
  "somebody else's token": { session: { sessionId: "s", attachment: null }, user: "bob" },
  "somebody else's, with the number": { session: { sessionId: "s", attachment: 3 }, user: "bob" },
};

type Before = "unknown" | "anchored" | "resumed since" | "ended";
const prepare: Record<Before, () => Cell> = {
  unknown: () => {
    const cell = new Cell("alice", "bob");
    cell.client("alice", acquireOf());
    return cell;
  },
  anchored: () => holding(),
  "resumed since": () => {
    const cell = holding();
    const session = { sessionId: "s", attachment: null };
    cell.client("alice", { kind: "resumeSession", secretHash: "secret of s" }, { session });
    return cell;
  },
  ended: () => {
    const cell = holding();
    cell.own({ kind: "endSession", sessionId: "s", attachment: 3 });
    return cell;
  },
};

const expired = "refused session_expired 410";
const notFound = "refused not_found 404";
/** What an acquire of another lock is answered, and which attachment the sender learns. */
const truth: Record<Before, Record<Ref, string>> = {
  unknown: {
    newest: expired,
    older: expired,
    "anchor of the same gateway": "acquired 4",
    "anchor of another": "acquired 4",
    "anchor, bound to the sender": "acquired 4",
    "owner's token": notFound,
    "somebody else's token": notFound,
    "somebody else's, with the number": expired,
  },
  anchored: {
    newest: "acquired",
    older: expired,
    "anchor of the same gateway": "acquired 3",
    "anchor of another": expired,
    "anchor, bound to the sender": "acquired 3",
    "owner's token": "acquired",
    "somebody else's token": notFound,
    "somebody else's, with the number": notFound,
  },
  "resumed since": {
    newest: expired,
    older: expired,
    "anchor of the same gateway": expired,
    "anchor of another": expired,
    "anchor, bound to the sender": expired,
    "owner's token": "acquired",
    "somebody else's token": notFound,
    "somebody else's, with the number": notFound,
  },
  ended: {
    newest: expired,
    older: expired,
    "anchor of the same gateway": expired,
    "anchor of another": expired,
    "anchor, bound to the sender": expired,
    "owner's token": notFound,
    "somebody else's token": notFound,
    "somebody else's, with the number": expired,
  },
};

describe("S1: every way to name a session meets every state of it", () => {
  for (const before of Object.keys(truth) as Before[]) {
    for (const ref of Object.keys(truth[before]) as Ref[]) {
      it(`${before}: ${ref}`, () => {
        const cell = prepare[before]();
        const { session, user = "alice" } = refs[ref];
        const outcome = cell.client(user, ephemeralOf({ name: "another" }), { session });
        const learned = outcome.attached === undefined ? "" : ` ${outcome.attached.attachment}`;
        expect(`${told(outcome).split(",")[0]}${learned}`).toBe(truth[before][ref]);
      });
    }
  }
});
