import type { ProxyAddress } from "../../shared/protocol/entries.js";
import type { OctofleetError } from "../base/error.js";
import { TIMING } from "../base/timing.js";
import type { Platform } from "../ports/platform.js";
import { type Candidate, choose } from "./choice.js";

/** As many are probed at once; of a larger fleet, any so many. */
const PROBED_MAX = 8;
/** As many are remembered. */
const CANDIDATES_MAX = 256;

/**
 * The gateways that the client knows: those it was given, and those that the cell tells of. What was measured once is
 * remembered, so that the next one is at hand when the present one fails, and nobody has to ask anything first.
 */
export class Fleet {
  readonly #platform: Platform;
  readonly #token: string;
  readonly #zone: string | undefined;
  readonly #candidates = new Map<string, Candidate>();
  readonly #given: ReadonlySet<string>;
  #refreshing: Promise<void> | undefined;
  #refusal: OctofleetError | undefined;

  constructor(parts: { platform: Platform; token: string; proxies: readonly string[]; zone: string | undefined }) {
    this.#platform = parts.platform;
    this.#token = parts.token;
    this.#zone = parts.zone;
    this.#given = new Set(parts.proxies);
    for (const url of parts.proxies) this.#add(url, undefined);
  }

  /** The last reason why a gateway shall not be used again. */
  get refusal(): OctofleetError | undefined {
    return this.#refusal;
  }

  /** The one to use next, and how long to wait before it; undefined if none is left. `except` only if nothing else is. */
  next(except?: string): { readonly url: string; readonly waitMs: number } | undefined {
    const nowMs = this.#platform.clock.monotonicMs();
    const all = [...this.#candidates.values()];
    const others = all.filter(({ url }) => url !== except);
    const found = choose(others, { zone: this.#zone, nowMs, random: this.#platform.random });
    return found === undefined ? undefined : { url: found.url, waitMs: Math.max(0, found.avoidUntilMs - nowMs) };
  }

  /** Takes note of gateways that the cell told of. */
  tell(addresses: readonly ProxyAddress[]): void {
    for (const { url, zone } of addresses) {
      const clean = cleanUrl(url);
      if (clean !== undefined) this.#add(clean, zone);
    }
  }

  /** To be left alone for a while. */
  avoid(url: string, forMs: number): void {
    const candidate = this.#candidates.get(url);
    if (candidate !== undefined) candidate.avoidUntilMs = this.#platform.clock.monotonicMs() + forMs;
  }

  /** It could not be reached, or was lost: any other that may serve is tried before it, until it is found serving. */
  failed(url: string, avoidForMs: number): void {
    const candidate = this.#candidates.get(url);
    if (candidate !== undefined) candidate.healthy = false;
    this.avoid(url, avoidForMs);
  }

  /** It took the client in. */
  serves(url: string): void {
    const candidate = this.#candidates.get(url);
    if (candidate !== undefined) candidate.healthy = true;
  }

  /** Not to be used again. */
  strike(url: string, error: OctofleetError): void {
    this.#refusal = error;
    this.#candidates.delete(url);
  }

  /** Measures the gateways that are known, and asks one of them for others. Never rejects. */
  refresh(): Promise<void> {
    this.#refreshing ??= this.#refresh().finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  async #refresh(): Promise<void> {
    await this.#probeSome();
    const near = this.next();
    if (near !== undefined && (await this.#learn(near.url)))
      await this.#probeSome((each) => each.healthy === undefined);
  }

  async #probeSome(wanted: (candidate: Candidate) => boolean = () => true): Promise<void> {
    const some = [...this.#candidates.values()].filter(wanted);
    while (some.length > PROBED_MAX) some.splice(Math.floor(this.#platform.random.fraction() * some.length), 1);
    await Promise.all(some.map((candidate) => this.#probe(candidate)));
  }

  /** The second of two requests is measured: the first opens the connection. */
  async #probe(candidate: Candidate): Promise<void> {
    const { clock, http } = this.#platform;
    const url = `${candidate.url}/readyz`;
    try {
      await http.get(url, { timeoutMs: TIMING.probeMs });
      const sentMs = clock.monotonicMs();
      const { status, body } = await http.get(url, { timeoutMs: TIMING.probeMs });
      candidate.roundTripMs = clock.monotonicMs() - sentMs;
      candidate.sockets = socketsIn(body);
      candidate.healthy = status === 200;
    } catch {
      candidate.healthy = undefined; // a browser may not be allowed to ask; a dead one will not be dialled twice
      candidate.roundTripMs = undefined;
    }
  }

  async #learn(url: string): Promise<boolean> {
    const known = this.#candidates.size;
    try {
      const asked = { token: this.#token, timeoutMs: TIMING.probeMs };
      const { status, body } = await this.#platform.http.get(`${url}/proxies`, asked);
      if (status === 200) this.#replaceLearned(addressesIn(body));
    } catch {
      // The next refresh asks again.
    }
    return this.#candidates.size > known;
  }

  /** What the cell no longer counts on is forgotten, unless the client was given it. */
  #replaceLearned(addresses: readonly ProxyAddress[]): void {
    const told = new Set(addresses.map(({ url }) => cleanUrl(url)));
    for (const url of this.#candidates.keys()) {
      if (!told.has(url) && !this.#given.has(url)) this.#candidates.delete(url);
    }
    this.tell(addresses);
  }

  #add(url: string, zone: string | undefined): void {
    const known = this.#candidates.get(url);
    if (known === undefined && this.#candidates.size >= CANDIDATES_MAX) return;
    const unknown = { roundTripMs: undefined, healthy: undefined, sockets: undefined, avoidUntilMs: 0 };
    this.#candidates.set(url, { ...(known ?? unknown), url, zone: zone ?? known?.zone });
  }
}

/** A gateway's URL as it is compared, or undefined if it is none. */
export function cleanUrl(url: string): string | undefined {
  if (!URL.canParse(url)) return undefined;
  const { protocol, host, pathname } = new URL(url);
  if (protocol !== "http:" && protocol !== "https:") return undefined;
  return `${protocol}//${host}${pathname.replace(/\/+$/, "")}`;
}

function socketsIn(body: unknown): number | undefined {
  const sockets = (body as { sockets?: unknown } | undefined)?.sockets;
  return typeof sockets === "number" ? sockets : undefined;
}

function addressesIn(body: unknown): readonly ProxyAddress[] {
  const list = (body as { proxies?: unknown } | undefined)?.proxies;
  if (!Array.isArray(list)) return [];
  return list.filter((each): each is ProxyAddress => typeof each?.url === "string" && typeof each?.zone === "string");
}
