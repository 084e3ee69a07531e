import { usageError } from "./exit-error.js";
import type { SettingsOf } from "./settings.js";

const FIRST_PROXY_OFFSET = 101;
const PORT_MAX = 65_535;

/** The ports of a cell in one process; 0 for any that is free. */
export interface PortBlock {
  readonly master: number;
  readonly link: number;
  readonly proxies: readonly number[];
}

/** The block of ports that begins with `port`; if that is 0, any that are free. */
export function portBlock({ port, proxies }: Pick<SettingsOf<"start">, "port" | "proxies">): PortBlock {
  const at = (offset: number): number => (port === 0 ? 0 : port + offset);
  const proxyPorts = Array.from({ length: proxies }, (_, i) => at(FIRST_PROXY_OFFSET + i));
  const last = Math.max(at(1), ...proxyPorts);
  if (last > PORT_MAX) throw usageError(`--port ${port} is too high: the last port of its block would be ${last}`);
  return { master: port, link: at(1), proxies: proxyPorts };
}

/** The port after the gateway's, unless another was chosen. */
export function linkPortOf({ port, linkPort }: Pick<SettingsOf<"master">, "port" | "linkPort">): number {
  if (linkPort !== undefined) return linkPort;
  if (port < PORT_MAX) return port === 0 ? 0 : port + 1;
  throw usageError(`--port ${port} leaves no port above it for the link: choose one with --link-port`);
}
