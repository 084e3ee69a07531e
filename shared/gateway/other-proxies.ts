import type { Clock } from "../ports/clock.js";
import type { ProxyAddress } from "../protocol/entries.js";
import { PROXIES_KEY } from "../protocol/keys.js";
import type { CellService } from "./cell-service.js";

const WITHIN_MS = 1_000;

/** Where the clients of a proxy may go when it stops; nowhere in particular, if that cannot be known soon. */
export async function otherProxies(service: CellService, clock: Clock, self?: string): Promise<ProxyAddress[]> {
  const late = new Promise<ProxyAddress[]>((resolve) => {
    clock.after(WITHIN_MS, () => resolve([]));
  });
  return Promise.race([known(service, self).catch(() => []), late]);
}

async function known(service: CellService, self: string | undefined): Promise<ProxyAddress[]> {
  const { entries } = await service.read([PROXIES_KEY], {});
  const value = entries[0]?.value;
  return value?.kind === "proxies" ? value.proxies.filter(({ name }) => name !== self) : [];
}
