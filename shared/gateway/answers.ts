import type { ServerResponse } from "node:http";
import { ERRORS, type Fault } from "../protocol/errors.js";

/** An HTTP answer, whole but for its request id. */
export interface HttpAnswer {
  readonly status: number;
  /** Name, value, name, value … Made anew for each answer: the writer adds to it. */
  readonly headers: string[];
  readonly body: string;
}

/** An answer that nobody may keep, of any type. */
export function textAnswer(status: number, contentType: string, body: string): HttpAnswer {
  const length = String(Buffer.byteLength(body));
  return {
    status,
    headers: ["Content-Type", contentType, "Content-Length", length, "Cache-Control", "no-store"],
    body,
  };
}

/** An answer that nobody may keep: everything but a read. */
export const jsonAnswer = (status: number, value: unknown): HttpAnswer =>
  textAnswer(status, "application/json", JSON.stringify(value));

/** The one shape of an error: what it is, a code to act on, what to do, and the id to look for in the log. */
export const faultBody = (fault: Fault, requestId: string) => ({
  error: ERRORS[fault.code].title,
  code: fault.code,
  details: fault.message,
  request_id: requestId,
  ...(fault.retryAfterMs === undefined ? {} : { retry_after_ms: fault.retryAfterMs }),
});

export function faultAnswer(fault: Fault, requestId: string): HttpAnswer {
  const answer = jsonAnswer(fault.httpStatus, faultBody(fault, requestId));
  if (fault.retryAfterMs !== undefined) {
    answer.headers.push("Retry-After", String(Math.ceil(fault.retryAfterMs / 1000)));
  }
  return answer;
}

/** The one way by which answers leave, from the hot path and from the router alike. */
export function writeAnswer(response: ServerResponse, requestId: string, answer: HttpAnswer): void {
  answer.headers.push("X-Request-Id", requestId);
  response.writeHead(answer.status, answer.headers);
  response.end(answer.body);
}
