import { type Child, startChild, whileAlive } from "../cluster/child.js";
import { within } from "../cluster/within.js";

/** Sends a process a message and waits for its next one. */
export async function askChild<T>(child: Child, message: object | string | null, limitMs: number): Promise<T> {
  const answered = new Promise<T>((resolve) => child.process.once("message", (answer) => resolve(answer as T)));
  child.process.send(message as never);
  return within(limitMs, whileAlive(child, answered), `${child.name} did not answer`);
}

/** Starts one of the bench's own programs, which talks over the channel between the processes. */
export const startProgram = (name: string, program: string): Promise<Child> =>
  startChild(name, process.execPath, [program], { ipc: true });
