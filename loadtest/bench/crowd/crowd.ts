import { fileURLToPath } from "node:url";
import type { Child } from "../../cluster/child.js";
import type { Cleanup } from "../../cluster/cleanup.js";
import { askChild, startProgram } from "../ask-child.js";
import type { CrowdLook, ToCrowd } from "./messages.js";

const PROGRAM = fileURLToPath(new URL("./crowd-process.js", import.meta.url));
const OPEN_MS = 120_000;
const ANSWER_MS = 30_000;

/** Where a crowd's sessions are to be. */
export interface Place {
  readonly url: string;
  /** Null at the floor. */
  readonly token: string | null;
}

/** Sessions in processes of their own, each process with an address of its own: ports and files are counted by them. */
export class Crowd {
  readonly #cleanup: Cleanup;
  readonly #leaseMs: number;
  readonly #sessionsPerProcess: number;
  readonly #hosts: { readonly child: Child; readonly place: Place; readonly localAddress: string; count: number }[] =
    [];
  static #addresses = 1;

  constructor(cleanup: Cleanup, parts: { readonly leaseMs: number; readonly sessionsPerProcess: number }) {
    this.#cleanup = cleanup;
    this.#leaseMs = parts.leaseMs;
    this.#sessionsPerProcess = parts.sessionsPerProcess;
  }

  /** Opens sessions until there are so many at each of the places. */
  async growTo(sessions: number, places: readonly Place[]): Promise<void> {
    for (const place of places) {
      const processes = Math.ceil(sessions / this.#sessionsPerProcess);
      while (this.#at(place).length < processes) await this.#start(place);
    }
    await Promise.all(
      places.flatMap((place) => {
        const hosts = this.#at(place);
        return hosts.map(async (host, at) => {
          const count = Math.floor(sessions / hosts.length) + (at < sessions % hosts.length ? 1 : 0) - host.count;
          const { localAddress } = host;
          host.count += count;
          const wanted = { do: "open", ...place, localAddress, leaseMs: this.#leaseMs, count } as const;
          if (count > 0) await ask(host.child, wanted, OPEN_MS);
        });
      }),
    );
  }

  /** The next KeepAlive goes out when the last one is answered, in each session, for so long. */
  async race(forMs: number): Promise<void> {
    await Promise.all(this.#hosts.map(({ child }) => ask(child, { do: "race", forMs }, forMs + ANSWER_MS)));
  }

  async look(): Promise<CrowdLook> {
    const looks = await Promise.all(this.#hosts.map(({ child }) => ask(child, { do: "look" }, ANSWER_MS)));
    const sum = (of: (look: CrowdLook) => number): number => looks.reduce((all, look) => all + of(look), 0);
    return {
      sessions: sum(({ sessions }) => sessions),
      answered: sum(({ answered }) => answered),
      refused: sum(({ refused }) => refused),
      lost: sum(({ lost }) => lost),
    };
  }

  /** Ends the processes, and with them all sockets. */
  async leave(): Promise<void> {
    await Promise.all(this.#hosts.splice(0).map(({ child }) => child.kill()));
  }

  #at(place: Place) {
    return this.#hosts.filter((host) => host.place.url === place.url);
  }

  async #start(place: Place): Promise<void> {
    Crowd.#addresses += 1;
    const child = await startProgram(`crowd ${Crowd.#addresses}`, PROGRAM);
    this.#cleanup.add(() => child.kill());
    this.#hosts.push({ child, place, localAddress: `127.0.0.${Crowd.#addresses}`, count: 0 });
  }
}

async function ask(child: Child, message: ToCrowd, limitMs: number): Promise<CrowdLook> {
  const answer = await askChild<CrowdLook | { failure: string }>(child, message, limitMs);
  if ("failure" in answer) throw new Error(`${child.name} could not ${message.do}: ${answer.failure}`);
  return answer;
}
