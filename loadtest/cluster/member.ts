import { fileURLToPath } from "node:url";
import { request } from "undici";
import { type Child, startChild, whileAlive } from "./child.js";
import type { Cleanup } from "./cleanup.js";
import { eventually } from "./within.js";

const CLI = fileURLToPath(new URL("../../cli/main.js", import.meta.url));
const READY_MS = 30_000;
const ANSWER_MS = 1_000;

/** A master or a proxy, as a process of its own that serves. */
export interface Member {
  /** Of its gateway. */
  readonly url: string;
  readonly child: Child;
}

/** How one is started; the same spec starts it again, on the same data and port. */
export interface MemberSpec {
  readonly name: string;
  /** Of `octofleet`. */
  readonly args: readonly string[];
  readonly settings: Readonly<Record<string, string>>;
  /** Of its gateway. */
  readonly url: string;
  /** The program; else that of this tree. */
  readonly cli?: string;
  /** A command that becomes the program whose words follow it. */
  readonly through?: readonly string[];
}

/** Starts the process, and does not wait for it to serve. */
export function launchMember({ name, args, settings, cli = CLI, through = [] }: MemberSpec): Promise<Child> {
  const [command, ...rest] = [...through, process.execPath, cli, ...args];
  return startChild(name, command as string, rest, { env: { ...foreignEnvironment(), ...settings } });
}

/** Starts it and waits until it serves with the bus connected. Rejects with its last words if it does not. */
export async function startMember(cleanup: Cleanup, spec: MemberSpec): Promise<Member> {
  const { name, url } = spec;
  const child = await launchMember(spec);
  cleanup.add(() => child.stop());
  const ready = eventually(READY_MS, () => serves(url), `${name} did not become ready`);
  await whileAlive(child, ready).catch((error: Error) => {
    throw new Error(error.message.includes(child.tail()) ? error.message : `${error.message}\n${child.tail()}`);
  });
  return { url, child };
}

/** Whether it is ready, with the bus connected. */
async function serves(url: string): Promise<true | undefined> {
  const connected = (body: unknown): boolean => (body as { bus?: string } | undefined)?.bus === "connected";
  return (await answers(`${url}/readyz`, connected)) ? true : undefined;
}

/** Whether `/readyz` says 200. */
export const isReady = async (url: string): Promise<true | undefined> =>
  (await answers(`${url}/readyz`)) ? true : undefined;

/** Whether there is a process that answers at all. */
export const isAlive = async (url: string): Promise<true | undefined> =>
  (await answers(`${url}/health`)) ? true : undefined;

async function answers(url: string, suits: (body: unknown) => boolean = () => true): Promise<boolean> {
  const answer = await request(url, { signal: AbortSignal.timeout(ANSWER_MS) }).catch(() => undefined);
  const body: unknown = await answer?.body.json().catch(() => undefined);
  return answer?.statusCode === 200 && suits(body);
}

/** Our environment without the settings of a cell: what is tested is the program, not somebody's shell. */
function foreignEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("OCTOFLEET_")));
}
