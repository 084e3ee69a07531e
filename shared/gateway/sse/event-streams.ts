import type { IncomingMessage, ServerResponse } from "node:http";
import type { FastifyRequest } from "fastify";
import type { Clock } from "../../ports/clock.js";
import type { Random } from "../../ports/random.js";
import { Fault } from "../../protocol/errors.js";
import type { CellService } from "../cell-service.js";
import { lockNameFault } from "../commands.js";
import { authorise, type Credentials } from "../credentials.js";
import { pathOf, readTarget } from "../lock-path.js";
import type { WatchTarget } from "../watch/watch.js";
import type { Watches } from "../watch/watches.js";
import { eventFrames } from "./event-frames.js";
import { STREAM_HEADERS } from "./event-stream.js";
import type { Frames } from "./frames.js";
import { octoStoreFrames } from "./octostore-frames.js";
import { clientLeft, WatchStream } from "./watch-stream.js";

export interface EventStreamsParts {
  readonly service: CellService;
  readonly credentials: Credentials;
  readonly watches: Watches;
  readonly clock: Clock;
  readonly random: Random;
}

/** An answer that may be begun, and then goes on. */
export interface Opening {
  readonly response: ServerResponse;
  begin(headers: readonly string[]): void;
}

/** What a request asks to be told. */
interface Asked {
  readonly target: WatchTarget;
  readonly frames: Frames;
  readonly after?: number | undefined;
}

/** Clients that lost a gateway come back at different moments from this on. */
const RETRY_MS_MIN = 500;
const RETRY_MS_SPREAD = 2_000;

/**
 * Watches as Server-Sent Events: for who speaks only HTTP. What is told, when, and whether it may be, is the hub's
 * business; here it is written down, and no faster than the client reads.
 */
export class EventStreams {
  readonly #parts: EventStreamsParts;
  readonly #open = new Set<WatchStream>();
  #closing = false;

  constructor(parts: EventStreamsParts) {
    this.#parts = parts;
  }

  /** `GET /locks/{name}/events`, and OctoStore's `GET /locks/{name}/watch`. */
  lock(request: FastifyRequest, opening: Opening): Promise<undefined> {
    const { name, stream } = readTarget(pathOf(request.raw.url as string));
    if (stream === "events") return this.#serve(request, opening, this.#eventsOf(request, { name }));
    const frames = octoStoreFrames(name, this.#parts.clock);
    return this.#serve(request, opening, { target: { name }, frames });
  }

  /** `GET /events?prefix=`. */
  events(request: FastifyRequest, opening: Opening): Promise<undefined> {
    const prefix = oneOf(queryOf(request.raw), "prefix") ?? "";
    return this.#serve(request, opening, this.#eventsOf(request, { prefix }));
  }

  /** Ends all that are open, for the gateway stops, and opens no more. */
  end(): void {
    this.#closing = true;
    for (const stream of this.#open) stream.end(stopping());
  }

  #eventsOf(request: FastifyRequest, target: WatchTarget): Asked {
    const retryMs = Math.floor(RETRY_MS_MIN + RETRY_MS_SPREAD * this.#parts.random.fraction());
    const after = resumePoint(request.raw);
    const frames = eventFrames({ requestId: request.id, retryMs, resumes: after !== undefined });
    return { target, frames, after };
  }

  async #serve(request: FastifyRequest, opening: Opening, { target, frames, after }: Asked): Promise<undefined> {
    const { service, credentials, watches, clock } = this.#parts;
    const { credential } = await authorise(service, credentials.of(request.raw.headers));
    const fault = "name" in target ? lockNameFault(target.name) : undefined;
    if (fault !== undefined) throw fault;
    if (this.#closing) throw stopping();
    const { response } = opening;
    if (response.destroyed) throw clientLeft();
    const begin = (): void => opening.begin(STREAM_HEADERS);
    if (request.method === "HEAD") {
      begin();
      response.end();
      return;
    }
    const asked = { credential, target, ...(after !== undefined && { after }) };
    const stream = new WatchStream({ watches, clock, frames, response, begin }, asked);
    this.#open.add(stream);
    response.once("close", () => this.#open.delete(stream));
    await stream.begun;
  }
}

const stopping = (): Fault =>
  new Fault("shutting_down", "This gateway stops. Go on at another one.", { retryAfterMs: RETRY_MS_MIN });

const queryOf = ({ url = "" }: IncomingMessage): URLSearchParams => new URLSearchParams(url.slice(pathOf(url).length));

/** @throws Fault invalid_input if it is named more than once */
function oneOf(query: URLSearchParams, name: string): string | undefined {
  const named = query.getAll(name);
  if (named.length > 1) throw new Fault("invalid_input", `Name one ${name} at most.`);
  return named[0];
}

/**
 * The revision to go on after. `Last-Event-ID` is newer than the address, with which an `EventSource` began.
 * @throws Fault invalid_input
 */
function resumePoint(request: IncomingMessage): number | undefined {
  const named = oneOf(queryOf(request), "after");
  const heard = request.headers["last-event-id"];
  const text = heard === undefined || heard === "" ? named : String(heard);
  if (text === undefined) return undefined;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new Fault("invalid_input", "Last-Event-ID, or after, must be the id of an event: a revision.");
}
