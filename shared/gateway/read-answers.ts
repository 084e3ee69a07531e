import type { Entry } from "../protocol/entries.js";
import type { HttpAnswer } from "./answers.js";
import type { View } from "./cell-service.js";
import { KEEP_ALIVE_MS } from "./keep-alive.js";
import { heldStatus, lockStatus } from "./lock-status.js";

/** The parts of an answer that depend on the entry alone. */
interface Rendered {
  readonly epoch: number;
  readonly body: string;
  /** Name, value, name, value … */
  readonly headers: readonly string[];
  /** How the answer begins on the wire, with these headers. */
  readonly wireHead: string;
  readonly encoding: WireText["encoding"];
}

/** An answer as it goes over the wire. */
export interface WireText {
  readonly text: string;
  readonly encoding: "latin1" | "utf8";
}

const STAYS = `Connection: keep-alive\r\nKeep-Alive: timeout=${KEEP_ALIVE_MS / 1_000}\r\n\r\n`;

/** Entries are immutable, so what was made of one is good for as long as the entry is kept. */
const renderedLocks = new WeakMap<Entry, Rendered>();

/**
 * An HTTP cache on the way may keep the answer for its one reader, but must ask again each time: how fresh it is,
 * is decided here.
 */
function render(entry: Entry, epoch: number, body: string): Rendered {
  const bodyBytes = Buffer.byteLength(body);
  const headers = [
    "Content-Type",
    "application/json",
    "Content-Length",
    String(bodyBytes),
    "Cache-Control",
    "private, no-cache",
    "ETag",
    `W/"${entry.revision}"`,
    "X-Octofleet-Revision",
    `${epoch}.${entry.revision}`,
  ];
  const encoding = bodyBytes === body.length ? "latin1" : "utf8";
  return { epoch, body, headers, wireHead: `HTTP/1.1 200 OK\r\n${headerLines(headers)}`, encoding };
}

function headerLines(headers: readonly string[]): string {
  return headers.map((text, at) => (at % 2 === 0 ? `${text}: ` : `${text}\r\n`)).join("");
}

function renderLock(entry: Entry, epoch: number): Rendered {
  const known = renderedLocks.get(entry);
  if (known !== undefined && known.epoch === epoch) return known;
  const made = render(entry, epoch, JSON.stringify(lockStatus(entry)));
  renderedLocks.set(entry, made);
  return made;
}

/** The answer says how it was made. */
function answer(view: View, rendered: Rendered): HttpAnswer {
  const headers = [...rendered.headers, "X-Cache", view.source, "Age", ageOf(view)];
  return { status: 200, headers, body: rendered.body };
}

const ageOf = ({ ageMs }: View): string => String(Math.floor(ageMs / 1000));

/** The status of one lock. */
export const lockAnswer = (view: View, entry: Entry): HttpAnswer => answer(view, renderLock(entry, view.epoch));

/** The same, as node:http would write it on a connection that stays. */
export function wireAnswer(view: View, entry: Entry, requestId: string, date: string): WireText {
  const { wireHead, body, encoding } = renderLock(entry, view.epoch);
  const made = `X-Cache: ${view.source}\r\nAge: ${ageOf(view)}\r\nX-Request-Id: ${requestId}\r\nDate: ${date}\r\n`;
  return { text: `${wireHead}${made}${STAYS}${body}`, encoding };
}

/** The held locks under a prefix; `prefix` as it was asked for, null if it was not. */
export function listAnswer(view: View, entry: Entry, prefix: string | null): HttpAnswer {
  if (entry.value?.kind !== "list") throw new Error(`the entry under ${entry.key} is no list`);
  const { locks } = entry.value;
  const body = JSON.stringify({ locks: locks.map(heldStatus), total: locks.length, prefix });
  return answer(view, render(entry, view.epoch, body));
}

/** Without its body, for a reader who has it (RFC 9110, section 15.4.5). */
export function notModified(full: HttpAnswer): HttpAnswer {
  const headers = full.headers.filter((_, at) => {
    const name = full.headers[at - (at % 2)];
    return name !== "Content-Type" && name !== "Content-Length";
  });
  return { status: 304, headers, body: "" };
}

/** Whether `If-None-Match` names an answer's tag, compared weakly (RFC 9110, section 13.1.2). */
export function matchesTag(full: HttpAnswer, ifNoneMatch: string | undefined): boolean {
  if (ifNoneMatch === undefined) return false;
  const opaque = (tag: string): string => tag.trim().replace(/^W\//, "");
  const own = opaque(full.headers[full.headers.indexOf("ETag") + 1] as string);
  return ifNoneMatch.split(",").some((tag) => opaque(tag) === own || tag.trim() === "*");
}
