import type { IncomingMessage } from "node:http";
import { PROXIES_KEY } from "../protocol/keys.js";
import { type HttpAnswer, jsonAnswer } from "./answers.js";
import type { CellService } from "./cell-service.js";
import { type Credentials, callerOf } from "./credentials.js";

/** Where else a client may go: the proxies that the master counts on, as the gateway last heard. */
export function proxyRoutes(service: CellService, credentials: Credentials) {
  return async ({ headers }: IncomingMessage): Promise<HttpAnswer> => {
    const shown = credentials.of(headers);
    const view = await service.read([...shown.map(({ key }) => key), PROXIES_KEY], {});
    callerOf(shown, view.entries);
    const entry = view.entries.at(-1);
    if (entry?.value?.kind !== "proxies") throw new Error(`the entry under ${entry?.key} is no list of proxies`);
    return jsonAnswer(200, { proxies: entry.value.proxies });
  };
}
