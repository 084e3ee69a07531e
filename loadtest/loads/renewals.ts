import { connectLink } from "../../proxy/link-client.js";
import type { RenewRequest } from "../../shared/protocol/link.js";
import { inParallel, namesOf } from "./callers.js";
import type { Load, LoadedCell } from "./load.js";

const NO_SESSIONS = { count: 0, digest: "0".repeat(16), asOf: 0 };

/** What the master does once a second for each proxy, however many clients that has (P8). */
export const renewals: Load = {
  name: "renew",
  operation: "renewal of a proxy's lease, at the master's link",
  async prepare(on) {
    const proxies = await Promise.all(namesOf("load/proxy").map((name) => registered(on, name)));
    return (seconds) => inParallel(seconds, (caller) => (proxies[caller] as Registered).renew());
  },
};

interface Registered {
  renew(): Promise<unknown>;
}

/** A proxy as the master sees it, which gives its lease up at the end. */
async function registered({ cleanup, cell }: LoadedCell, name: string): Promise<Registered> {
  const link = connectLink({ url: cell.entrance.masterUrl, secret: cell.entrance.secret });
  const itself = { name, url: "http://127.0.0.1:1", zone: "load", process: name };
  const { epoch, proxyId } = await link.register({ ...itself, givesUp: null, attempt: 1, sessions: [], ended: [] });
  const request: RenewRequest = {
    ...{ epoch, proxyId, acks: [], leaving: false, ended: [] },
    ...{ sessions: NO_SESSIONS, goneSeen: 0 },
  };
  cleanup.add(async () => {
    await link.renew({ ...request, leaving: true });
    await link.close();
  });
  return { renew: () => link.renew(request) };
}
