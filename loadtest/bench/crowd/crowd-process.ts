import { type CrowdTally, LeanSession } from "./lean-session.js";
import type { CrowdLook, CrowdOpens, ToCrowd } from "./messages.js";

/** Sessions within one process, each kept alive every third of its lease, evenly over that time. */
const OPENED_AT_ONCE = 32;
const TICK_MS = 20;

const tally: CrowdTally = { answered: 0, refused: 0, lost: 0 };
const sessions: LeanSession[] = [];
let leaseMs = 0;
let due = 0;
let next = 0;
let tickedMs = performance.now();
let isPaced = true;

async function open({ count, ...parts }: CrowdOpens): Promise<CrowdLook> {
  leaseMs = parts.leaseMs;
  let left = count;
  const some = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      sessions.push(await LeanSession.open({ ...parts, tally }));
    }
  };
  await Promise.all(Array.from({ length: OPENED_AT_ONCE }, some));
  return look();
}

/** For some time the next KeepAlive of a session goes out as soon as the last one is answered. */
async function race(forMs: number): Promise<CrowdLook> {
  isPaced = false;
  let goesOn = true;
  for (const session of sessions) {
    session.onAnswer = () => goesOn && session.keepAlive();
    session.keepAlive();
  }
  await new Promise((resolve) => setTimeout(resolve, forMs));
  goesOn = false;
  isPaced = true;
  return look();
}

const look = (): CrowdLook => ({ sessions: sessions.length, ...tally });

setInterval(() => {
  const nowMs = performance.now();
  if (isPaced && leaseMs > 0) due += ((nowMs - tickedMs) * 3 * sessions.length) / leaseMs;
  tickedMs = nowMs;
  for (due = Math.min(due, sessions.length); due >= 1; due -= 1) {
    next = (next + 1) % sessions.length;
    sessions[next]?.keepAlive();
  }
}, TICK_MS);

async function obey(message: ToCrowd): Promise<CrowdLook> {
  if (message.do === "open") return open(message);
  if (message.do === "race") return race(message.forMs);
  return look();
}

process.on("disconnect", () => process.exit());
process.on("message", (message: ToCrowd) => {
  obey(message).then(
    (answer) => process.send?.(answer),
    (error: unknown) => process.send?.({ failure: String(error) }),
  );
});
