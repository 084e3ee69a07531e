import { type Child, whileAlive } from "../../cluster/child.js";
import type { Cleanup } from "../../cluster/cleanup.js";
import { askChild, startProgram } from "../ask-child.js";

const READY_MS = 60_000;

/** Members of some kind, spread evenly over processes: each has one of its own until there are more members than processes. */
export class Spread<Answer> {
  readonly #cleanup: Cleanup;
  readonly #name: string;
  readonly #program: string;
  readonly #message: object;
  readonly #processesMax: number;
  readonly #hosts: { readonly child: Child; members: number }[] = [];

  /** `program` is told the message, with `first` and `count` of the members to add, and answers when they are ready. */
  constructor(cleanup: Cleanup, parts: { name: string; program: string; message: object; processesMax: number }) {
    this.#cleanup = cleanup;
    this.#name = parts.name;
    this.#program = parts.program;
    this.#message = parts.message;
    this.#processesMax = parts.processesMax;
  }

  get processes(): readonly Child[] {
    return this.#hosts.map(({ child }) => child);
  }

  /** Adds members until there are so many. Gives what the processes answered that got some. */
  async growTo(members: number): Promise<Answer[]> {
    const processes = Math.min(members, this.#processesMax);
    while (this.#hosts.length < processes) await this.#start();
    let first = this.#hosts.reduce((sum, host) => sum + host.members, 0) + 1;
    const added = this.#hosts.map((host, at) => {
      const count = Math.floor(members / processes) + (at < members % processes ? 1 : 0) - host.members;
      host.members += count;
      first += count;
      return { child: host.child, message: { ...this.#message, first: first - count, count } };
    });
    const busy = added.filter(({ message }) => message.count > 0);
    return Promise.all(busy.map(({ child, message }) => askChild<Answer>(child, message, READY_MS)));
  }

  /** Waits for something, but not longer than each of the processes lives. */
  whileUp<T>(waiting: Promise<T>): Promise<T> {
    return this.processes.reduce((all, child) => whileAlive(child, all), waiting);
  }

  async #start(): Promise<void> {
    const child = await startProgram(`${this.#name} ${this.#hosts.length + 1}`, this.#program);
    this.#cleanup.add(() => child.stop());
    this.#hosts.push({ child, members: 0 });
  }
}
