import type { Subject } from "../ports/bus.js";
import { Fault } from "../protocol/errors.js";

const DEFAULT_PORT = 4222;

/** The client's options for a server's URL. Throws a `Fault` with a sentence for whoever wrote it. */
export function natsServerOf(url: string): { servers: string; tls?: object } {
  const { protocol, hostname, port, username, password, pathname, search, hash } = parse(url);
  if (protocol !== "nats:" && protocol !== "tls:") throw unusable("must begin with nats:// or tls://");
  if (username !== "" || password !== "") throw unusable("must not carry a user or a password");
  if (hostname === "") throw unusable("names no host");
  if (pathname.replace("/", "") + search + hash !== "") throw unusable("must end after the host and the port");
  const servers = `${hostname}:${port === "" ? DEFAULT_PORT : port}`;
  return protocol === "tls:" ? { servers, tls: {} } : { servers };
}

/** `octofleet.<cell>.<subject>`. Throws a `Fault` for a name that NATS would take apart. */
export function natsSubjectOf(cell: string, subject: Subject): string {
  if (/^[A-Za-z0-9_-]+$/.test(cell)) return `octofleet.${cell}.${subject}`;
  throw new Fault("invalid_input", `The cell's name "${cell}" may have letters, digits, "-" and "_" only.`);
}

function parse(url: string): URL {
  try {
    return new URL(url);
  } catch {
    throw unusable("cannot be read");
  }
}

/** Does not repeat the URL, which may have a password in it. */
function unusable(why: string): Fault {
  return new Fault("invalid_input", `The URL of the NATS server ${why}; it looks like nats://127.0.0.1:4222.`);
}
