import { fileURLToPath } from "node:url";
import type { Child } from "../../cluster/child.js";
import type { Cleanup } from "../../cluster/cleanup.js";
import { askChild, startProgram } from "../ask-child.js";
import type { Place } from "../crowd/crowd.js";
import type { Told, ToWatchers } from "./messages.js";

const PROGRAM = fileURLToPath(new URL("./watchers-process.js", import.meta.url));
const OPEN_MS = 180_000;
const TOLD_MS = 15_000;
const ANSWER_MS = 10_000;

/** Of one socket's watches that it does not read. */
const STUCK_WATCHES = 1_000;

interface Host {
  readonly child: Child;
  readonly place: Place;
  readonly localAddress: string;
}

/** Watchers of one key over some places, in a process of their own for each. */
export class Watchers {
  readonly count: number;
  readonly #hosts: readonly Host[];
  readonly #name: string;
  static #addresses = 0;

  /** `program`: theirs, if it is not our own watchers'. */
  static async open(
    cleanup: Cleanup,
    count: number,
    places: readonly Place[],
    name: string,
    program = PROGRAM,
  ): Promise<Watchers> {
    const hosts = await Promise.all(
      places.map(async (place) => {
        Watchers.#addresses += 1;
        const localAddress = `127.0.3.${Watchers.#addresses}`;
        const child = await startProgram(`watchers ${Watchers.#addresses}`, program);
        cleanup.add(() => child.kill());
        return { child, place, localAddress };
      }),
    );
    const each = Math.floor(count / places.length);
    await Promise.all(
      hosts.map(({ child, place, localAddress }) =>
        ask(child, { do: "open", ...place, localAddress, name, count: each }, OPEN_MS),
      ),
    );
    return new Watchers(hosts, name, each * places.length);
  }

  private constructor(hosts: readonly Host[], name: string, count: number) {
    this.#hosts = hosts;
    this.#name = name;
    this.count = count;
  }

  /** When each was told of a change, by its mark, in order. Rejects if somebody was not, or was told to start over. */
  async told(mark: string): Promise<number[]> {
    const withinMs = TOLD_MS;
    const all = await Promise.all(
      this.#hosts.map(({ child }) => ask(child, { do: "take", mark, withinMs }, withinMs + ANSWER_MS)),
    );
    const failures = all.reduce((sum, told) => sum + told.failures, 0);
    const atMs = all.flatMap((told) => told.atMs).sort((a, b) => a - b);
    if (failures > 0 || atMs.length !== this.count)
      throw new Error(
        `${atMs.length} of ${this.count} watchers were told of ${mark}, and ${failures} lost their watch.`,
      );
    return atMs;
  }

  /** One more socket at the first place, full of watches, that stops reading. */
  async stick(): Promise<void> {
    const { child, place, localAddress } = this.#first;
    await ask(child, { do: "stick", ...place, localAddress, name: this.#name, watches: STUCK_WATCHES }, OPEN_MS);
  }

  async unstick(): Promise<void> {
    await ask(this.#first.child, { do: "unstick" }, ANSWER_MS);
  }

  get #first(): Host {
    return this.#hosts[0] as Host;
  }
}

async function ask(child: Child, message: ToWatchers, limitMs: number): Promise<Told> {
  const answer = await askChild<Told | { failure: string }>(child, message, limitMs);
  if ("failure" in answer) throw new Error(`${child.name} could not ${message.do}: ${answer.failure}`);
  return answer;
}
