import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Clock } from "../../shared/ports/clock.js";
import type { SimRandom } from "../../shared/sim/sim-random.js";
import type { Cleanup } from "../cluster/cleanup.js";
import { type Address, FaultyLink } from "../cluster/faulty-link.js";
import { freePorts } from "../cluster/free-port.js";
import { isAlive, isReady, launchMember, type MemberSpec } from "../cluster/member.js";
import { makeNamespace, type Namespace } from "../cluster/namespace.js";
import { greets, launchNatsServer } from "../cluster/nats-server.js";
import { Mortal, type Program } from "./mortal.js";
import { ISOLATED, type LinkName, PLAYERS, PROXIES, type Process, type ProxyName } from "./plan.js";

/** What sessions have beyond their lease when their proxy was lost: the least that can be set, so that runs are short. */
export const GRACE_MS = 6_000;
/** How long clients get to leave a gateway that stops. */
const DRAIN_MS = 3_000;

const LOOPBACK = "127.0.0.1";

export interface ChaosCellParts {
  readonly clock: Clock;
  readonly random: SimRandom;
  readonly cleanup: Cleanup;
  /** The lines of the file of tokens, at first. */
  readonly tokens: string;
  /** The `octofleet` to run, if not that of this tree. */
  readonly cli: string | undefined;
  readonly onMishap: (who: string, what: string) => void;
}

/** A cell of processes, with a faulty link wherever two of them talk. */
export interface ChaosCell {
  readonly processes: ReadonlyMap<Process, Mortal>;
  readonly links: ReadonlyMap<LinkName, FaultyLink>;
  /** The network of one proxy; or why it has none of its own. */
  readonly network: Namespace | string;
  /** Gateways, as they are reached without a link. */
  readonly direct: Readonly<Record<string, string>>;
  /** And through the links of one process of clients. */
  linked(player: string): Readonly<Record<string, string>>;
  /** Where the proxies let users of the client library find them. */
  readonly named: Readonly<Record<ProxyName, string>>;
  readonly data: string;
  readonly tokensFile: string;
}

/** Starts nats-server, master and proxies, and waits until all serve. Everything ends with the clean-up. */
export async function startChaosCell(parts: ChaosCellParts): Promise<ChaosCell> {
  const { cleanup, clock, tokens } = parts;
  const directory = await mkdtemp(join(tmpdir(), "octofleet-chaos-"));
  cleanup.add(() => rm(directory, { recursive: true, force: true }));
  const [data, tokensFile] = [join(directory, "master"), join(directory, "tokens")];
  await writeFile(tokensFile, tokens, { mode: 0o600 });
  const network = await makeNamespace(cleanup).catch((error: Error) => error.message.replaceAll("\n", " "));
  const places = await placesFor(network);
  const links = await openLinks(parts, places);
  const urlOf = (name: LinkName): string => urlAt((links.get(name) as FaultyLink).address);
  const settings = { OCTOFLEET_CELL_SECRET: randomBytes(16).toString("hex"), OCTOFLEET_LOG_LEVEL: "warn" };
  const cli = parts.cli === undefined ? {} : { cli: parts.cli };
  const natsOf = (who: "master" | ProxyName) => ["--nats", urlOf(`${who}→nats-server`).replace("http:", "nats:")];
  const programs: Program[] = [
    {
      name: "nats-server",
      launch: () => launchNatsServer(places.nats.port),
      isUp: () => greets(places.nats.port),
      exitCodes: [0, 1],
    },
    member(isReady, {
      name: "master",
      args: [
        ...["master", "--port", `${places.doors.master.port}`, "--link-port", `${places.link.port}`],
        ...["--data", data, "--static-tokens-file", tokensFile, ...natsOf("master")],
        ...["--grace-ms", `${GRACE_MS}`, "--drain-ms", `${DRAIN_MS}`],
      ],
      ...{ settings, url: urlAt(places.doors.master), ...cli },
    }),
    ...PROXIES.map((name) =>
      member(isAlive, {
        name,
        args: [
          ...["proxy", "--name", name, "--host", places.doors[name].host, "--port", `${places.doors[name].port}`],
          ...["--master", urlOf(`${name}→master`), "--data", join(directory, name), ...natsOf(name)],
          ...["--url", urlOf(`sessions→${name}`), "--drain-ms", `${DRAIN_MS}`],
        ],
        ...{ settings, url: urlAt(places.doors[name]), ...cli },
        ...(name === ISOLATED && typeof network !== "string" ? { through: network.through } : {}),
      }),
    ),
  ];
  const processes = new Map<Process, Mortal>();
  for (const program of programs) {
    const name = program.name as Process;
    const onMishap = (what: string): void => parts.onMishap(name, what);
    const mortal = new Mortal({ program, clock, cleanup, onMishap });
    await mortal.start();
    processes.set(name, mortal);
  }
  const doors = Object.keys(places.doors) as (keyof typeof places.doors)[];
  return {
    ...{ processes, links, network, data, tokensFile },
    direct: Object.fromEntries(doors.map((door) => [door, urlAt(places.doors[door])])),
    named: Object.fromEntries(PROXIES.map((proxy) => [proxy, urlOf(`sessions→${proxy}`)])) as Record<ProxyName, string>,
    linked: (player) =>
      Object.fromEntries(doors.map((door) => [door, urlOf(`clients-${player as "a"}→${door as ProxyName}`)])),
  };
}

/** A faulty link wherever two of them talk. */
async function openLinks(
  { clock, random, cleanup }: ChaosCellParts,
  places: Places,
): Promise<Map<LinkName, FaultyLink>> {
  const links = new Map<LinkName, FaultyLink>();
  const open = async (name: LinkName, at: string, target: Address): Promise<void> => {
    const link = await FaultyLink.open({ clock, random: random.fork(name), at: { host: at, port: 0 }, target });
    cleanup.add(() => link.close());
    links.set(name, link);
  };
  await open("master→nats-server", LOOPBACK, places.nats);
  for (const proxy of PROXIES) {
    await open(`${proxy}→nats-server`, places.outside[proxy], places.nats);
    await open(`${proxy}→master`, places.outside[proxy], places.link);
    await open(`sessions→${proxy}`, LOOPBACK, places.doors[proxy]);
  }
  for (const player of PLAYERS)
    for (const [door, target] of Object.entries(places.doors))
      await open(`clients-${player}→${door as ProxyName}`, LOOPBACK, target);
  return links;
}

/** Where everybody listens, all run long. */
interface Places {
  readonly nats: Address;
  readonly link: Address;
  readonly doors: Readonly<Record<"master" | ProxyName, Address>>;
  /** Where the rest of the machine is, for each proxy. */
  readonly outside: Readonly<Record<ProxyName, string>>;
}

async function placesFor(network: Namespace | string): Promise<Places> {
  const first = await freePorts(PROXIES.length + 3);
  const at = (offset: number, host = LOOPBACK): Address => ({ host, port: first + offset });
  const own = typeof network === "string" ? { inside: LOOPBACK, outside: LOOPBACK } : network;
  const [p1, p2, p3] = PROXIES.map((name, index) => at(3 + index, name === ISOLATED ? own.inside : LOOPBACK));
  return {
    nats: at(0),
    link: at(1),
    doors: { master: at(2), p1: p1 as Address, p2: p2 as Address, p3: p3 as Address },
    outside: { p1: LOOPBACK, p2: LOOPBACK, p3: LOOPBACK, [ISOLATED]: own.outside },
  };
}

const urlAt = ({ host, port }: Address): string => `http://${host}:${port}`;

const member = (isUp: (url: string) => Promise<true | undefined>, spec: MemberSpec): Program => ({
  name: spec.name,
  launch: () => launchMember(spec),
  isUp: () => isUp(spec.url),
  exitCodes: [0],
});
