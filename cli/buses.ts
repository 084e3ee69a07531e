import { MemoryBus } from "../shared/adapters/memory-bus.js";
import { connectNatsBus } from "../shared/adapters/nats-bus.js";
import { noBus } from "../shared/adapters/no-bus.js";
import type { Bus } from "../shared/ports/bus.js";
import type { Log } from "../shared/ports/log.js";

/** Opens one part's end of the bus, which that part closes. */
export type OpenBus = (name: string, log: Log) => Promise<Bus>;

interface BusSettings {
  readonly nats: string | undefined;
  readonly cell: string;
}

/** For a process of its own: over NATS if a server is named, else none, for it shares no memory with the others. */
export function busOfProcess({ nats: url, cell }: BusSettings): OpenBus {
  return url === undefined ? async () => noBus : (name, log) => connectNatsBus({ url, cell, name, log });
}

/** For a cell in one process: over NATS if a server is named, else in memory. */
export function busOfCell(settings: BusSettings): OpenBus {
  if (settings.nats !== undefined) return busOfProcess(settings);
  const shared = new MemoryBus();
  return async () => memberOf(shared);
}

/** One part's end of a bus that the others go on using when it stops. */
function memberOf(shared: Bus): Bus {
  return {
    publish: (subject, message) => shared.publish(subject, message),
    subscribe: (subject, onMessage) => shared.subscribe(subject, onMessage),
    status: () => shared.status(),
    watchStatus: (onStatus) => shared.watchStatus(onStatus),
    close: async () => {},
  };
}
