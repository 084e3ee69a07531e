import { LIMITS } from "../../shared/protocol/limits.js";

/**
 * Who may hold what: the proxies that were granted an entry, and until when the grant lives (rule R7).
 *
 * A proxy does not say what it evicts, so this is an upper bound: a proxy listed here may have dropped
 * the entry long ago, one that is not listed certainly cannot answer from it.
 */
export class Interest {
  /** key -> proxy -> when the grant is over, on the master's monotonic clock. */
  readonly #holders = new Map<string, Map<string, number>>();
  readonly #keysOf = new Map<string, Set<string>>();

  /** Adds a grant that lives from now on. False where the proxy has as many as it may have. */
  grant(key: string, proxyId: string, nowMs: number): boolean {
    const keys = this.#keysOf.get(proxyId) ?? new Set();
    if (keys.size >= LIMITS.grantsPerProxyMax && !keys.has(key)) return false;
    this.#keysOf.set(proxyId, keys.add(key));
    const holders = this.#holders.get(key) ?? new Map<string, number>();
    this.#holders.set(key, holders.set(proxyId, nowMs + LIMITS.grantMs));
    return true;
  }

  /** The proxies whose grant of the key lives. */
  holders(key: string, nowMs: number): string[] {
    const living: string[] = [];
    for (const [proxyId, untilMs] of this.#holders.get(key) ?? []) {
      if (untilMs > nowMs) living.push(proxyId);
      else this.#remove(key, proxyId);
    }
    return living;
  }

  /** Leaves of the key's holders only these, with the grants that they have. */
  keepOnly(key: string, proxyIds: ReadonlySet<string>): void {
    for (const proxyId of [...(this.#holders.get(key)?.keys() ?? [])]) {
      if (!proxyIds.has(proxyId)) this.#remove(key, proxyId);
    }
  }

  /** Forgets a proxy altogether. */
  dropProxy(proxyId: string): void {
    for (const key of this.#keysOf.get(proxyId) ?? []) this.#remove(key, proxyId);
    this.#keysOf.delete(proxyId);
  }

  /** Forgets the grants that are over, so that keys nobody writes do not stay for ever. */
  sweep(nowMs: number): void {
    for (const key of [...this.#holders.keys()]) this.holders(key, nowMs);
  }

  /** Grants on record. */
  get size(): number {
    let size = 0;
    for (const keys of this.#keysOf.values()) size += keys.size;
    return size;
  }

  #remove(key: string, proxyId: string): void {
    this.#keysOf.get(proxyId)?.delete(key);
    const holders = this.#holders.get(key);
    holders?.delete(proxyId);
    if (holders?.size === 0) this.#holders.delete(key);
  }
}
