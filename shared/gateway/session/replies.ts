import type { Entry } from "../../protocol/entries.js";
import type { Fault } from "../../protocol/errors.js";
import type { DownMessage } from "../../protocol/session/down.js";
import { SESSION_VERSION } from "../../protocol/session/version.js";
import type { View } from "../cell-service.js";
import { lockAnswer } from "../read-answers.js";

export const text = (message: DownMessage): string => JSON.stringify(message);

export const welcome = (id: number): string => text({ type: "welcome", id, version: SESSION_VERSION });

/** Written by hand: of all replies this is the most frequent. */
export function keptAlive(id: number, leaseMs: number, attachment: number | null): string {
  const tail = attachment === null ? "}" : `,"attachment":${attachment}}`;
  return `{"type":"keptAlive","id":${id},"leaseMs":${leaseMs}${tail}`;
}

/** Around the body of a GET, which was made once for all readers of the entry. */
export function status(id: number, view: View, lock: Entry): string {
  const { source, epoch } = view;
  const head = `{"type":"status","id":${id},"source":"${source}","epoch":${epoch},"revision":${lock.revision}`;
  return `${head},"ageMs":${Math.floor(view.ageMs)},"lock":${lockAnswer(view, lock).body}}`;
}

export function failure(id: number, { code, message: details, retryAfterMs }: Fault): string {
  const failed: DownMessage = { type: "error", id, code, details };
  return text(retryAfterMs === undefined ? failed : { ...failed, retryAfterMs });
}
