import type { CellService } from "../../../shared/gateway/cell-service.js";
import { authorise, Credentials } from "../../../shared/gateway/credentials.js";
import type { SessionCaller } from "../../../shared/gateway/session-host.js";
import type { SimProcess } from "../../../shared/sim/sim-process.js";
import type { ClientNetwork } from "../client-network.js";
import type { Host } from "../host.js";
import { secretOf } from "../sim-doors.js";

/** Asks at a door as somebody's HTTP request does: what it is about is done by whoever its token belongs to. */
export type AskAtDoor = <T>(
  door: string,
  act: (service: CellService, caller: SessionCaller) => Promise<T>,
) => Promise<T>;

const PATIENCE_MS = 3_500;

export function askAtDoor(parts: {
  network: ClientNetwork;
  hosts: readonly Host[];
  process: SimProcess;
  user: string;
}): AskAtDoor {
  const { network, hosts, process, user } = parts;
  const credentials = new Credentials();
  return (door, act) => {
    const host = hosts.find(({ name }) => name === door) as Host;
    return network.ask(host, process, PATIENCE_MS, async (service) => {
      const shown = credentials.bearer(`Bearer ${secretOf(user)}`);
      const { principal, credential } = await authorise(service, shown === undefined ? [] : [shown]);
      return act(service, { principal, tokenHash: credential.hash });
    });
  };
}
