import type { IncomingMessage } from "node:http";
import type { Http, HttpAnswer } from "../../../client/ports/http.js";
import type { CellService } from "../../../shared/gateway/cell-service.js";
import { Credentials } from "../../../shared/gateway/credentials.js";
import { proxyRoutes } from "../../../shared/gateway/proxy-routes.js";
import { faultOf } from "../../../shared/protocol/errors.js";
import type { ClientNetwork } from "../client-network.js";
import type { Host } from "../host.js";
import type { Life } from "../life.js";

/** What the client library asks over HTTP: who is ready, and who else there is. */
export function simHttp(network: ClientNetwork, hosts: readonly Host[], life: Life): Http {
  const credentials = new Credentials();
  return {
    get: (url, { token, timeoutMs }) => {
      const { hostname, pathname } = new URL(url);
      const host = hosts.find(({ name }) => name === hostname);
      if (host === undefined) return Promise.reject(new Error(`There is no ${hostname}.`));
      const asked = network.ask(host, life.clock, timeoutMs, (service) =>
        pathname === "/proxies" ? proxies(service, credentials, token) : readyz(service),
      );
      return life.call(() => asked);
    },
  };
}

const readyz = async (service: CellService): Promise<HttpAnswer> => ({
  status: service.readiness().ready ? 200 : 503,
  body: undefined,
});

async function proxies(service: CellService, credentials: Credentials, token?: string): Promise<HttpAnswer> {
  try {
    const headers = { authorization: `Bearer ${token}` };
    const { status, body } = await proxyRoutes(service, credentials)({ headers } as IncomingMessage);
    return { status, body: JSON.parse(body.toString()) };
  } catch (error) {
    return { status: faultOf(error).httpStatus, body: undefined };
  }
}
