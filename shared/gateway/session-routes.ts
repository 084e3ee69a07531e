import type { IncomingMessage } from "node:http";
import type { FastifyRequest } from "fastify";
import type { Clock } from "../ports/clock.js";
import { LIMITS } from "../protocol/limits.js";
import { holderIdOf } from "../protocol/tokens.js";
import { type HttpAnswer, jsonAnswer } from "./answers.js";
import { SessionBody } from "./bodies.js";
import type { CellService } from "./cell-service.js";
import { authorise, type Credentials } from "./credentials.js";
import { jsonBody } from "./json-body.js";
import { pathOf } from "./lock-path.js";
import type { SessionCaller } from "./session-host.js";
import { sessionTarget } from "./session-path.js";
import { timestamp } from "./timestamps.js";
import { normalUuid } from "./uuids.js";

export interface SessionRoutes {
  readonly create: (request: FastifyRequest) => Promise<HttpAnswer>;
  readonly keepAlive: (request: FastifyRequest) => Promise<HttpAnswer>;
  readonly show: (request: FastifyRequest) => Promise<HttpAnswer>;
  readonly remove: (request: FastifyRequest) => Promise<HttpAnswer>;
}

const bodyOf = jsonBody(SessionBody);
const NO_BODY = Buffer.alloc(0);

/**
 * OctoStore's sessions. A client of HTTP has no connection to be heard on and may call another gateway each time: so
 * such a session is anchored when it is made, and its owner's token is all that it takes to move it.
 */
export function sessionRoutes(service: CellService, credentials: Credentials, clock: Clock): SessionRoutes {
  async function callerOf({ headers }: IncomingMessage): Promise<SessionCaller> {
    const { credential, principal } = await authorise(service, credentials.of(headers));
    return { principal, tokenHash: credential.hash };
  }

  /** What is promised counts from before the cell is asked for it: never later than its holder counts. */
  const promised = (fromWallMs: number, leaseMs: number) => timestamp(fromWallMs + leaseMs);

  return {
    async create(request) {
      const { ttl_seconds } = bodyOf((request.body as Buffer | undefined) ?? NO_BODY);
      const caller = await callerOf(request.raw);
      const askedWallMs = clock.wallMs();
      const { sessionId, leaseMs } = await service.sessions.openAnchored(caller, leaseMsOf(ttl_seconds));
      return jsonAnswer(201, {
        session_id: normalUuid(sessionId),
        expires_at: promised(askedWallMs, leaseMs),
        keepalive_interval_secs: Math.floor(leaseMs / 2_000),
      });
    },

    async keepAlive({ raw }) {
      const sessionId = sessionTarget(pathOf(raw.url as string));
      const caller = await callerOf(raw);
      const askedWallMs = clock.wallMs();
      const { leaseMs } = await service.sessions.keepAliveHere(caller, sessionId);
      return jsonAnswer(200, { session_id: normalUuid(sessionId), expires_at: promised(askedWallMs, leaseMs) });
    },

    /** A session that is shown lives. Only its holder knows how long at least: elsewhere `expires_at` is a lower bound. */
    async show({ raw }) {
      const sessionId = sessionTarget(pathOf(raw.url as string));
      const caller = await callerOf(raw);
      const askedWallMs = clock.wallMs();
      const { leftMs, lockCount } = await service.sessions.view(caller, sessionId);
      return jsonAnswer(200, {
        session_id: normalUuid(sessionId),
        user_id: holderIdOf(caller.principal),
        expires_at: promised(askedWallMs, leftMs),
        lock_count: lockCount,
        active: true,
      });
    },

    async remove({ raw }) {
      const sessionId = sessionTarget(pathOf(raw.url as string));
      await service.sessions.closeAnywhere(await callerOf(raw), sessionId);
      return { status: 204, headers: ["Cache-Control", "no-store"], body: "" };
    },
  };
}

/** OctoStore's bounds: what is out of them is brought into them, not refused. */
function leaseMsOf(ttlSeconds: number | null | undefined): number {
  const { httpSessionSecondsMin: min, httpSessionSecondsMax: max, httpSessionSecondsDefault } = LIMITS;
  return Math.min(Math.max(ttlSeconds ?? httpSessionSecondsDefault, min), max) * 1_000;
}
