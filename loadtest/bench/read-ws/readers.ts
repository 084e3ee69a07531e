import { fileURLToPath } from "node:url";
import type { Child } from "../../cluster/child.js";
import type { Cleanup } from "../../cluster/cleanup.js";
import { LeanSocket } from "../../driver/lean-socket.js";
import { askChild, startProgram } from "../ask-child.js";
import type { Cannon } from "../shots/shot.js";
import type { ReadersOpen, ToReaders } from "./messages.js";

const PROGRAM = fileURLToPath(new URL("./readers-process.js", import.meta.url));
const ANSWER_MS = 30_000;
const SAMPLE_ID = 10;

/** Readers in a process of their own, so that they share an event loop with nobody. Gives how to let them read for some seconds. */
export async function openReaders(cleanup: Cleanup, of: ReadersOpen): Promise<(seconds: number) => Promise<Cannon>> {
  const child = await startProgram("readers", PROGRAM);
  cleanup.add(() => child.kill());
  await ask(child, { do: "open", ...of }, ANSWER_MS);
  return (seconds) => {
    const forMs = seconds * 1_000;
    return ask<Cannon>(child, { do: "read", forMs }, forMs + ANSWER_MS);
  };
}

async function ask<T>(child: Child, message: ToReaders, limitMs: number): Promise<T> {
  const answer = await askChild<T | { failure: string }>(child, message, limitMs);
  if (typeof answer === "object" && answer !== null && "failure" in answer)
    throw new Error(`the readers could not ${message.do}: ${answer.failure}`);
  return answer as T;
}

/** What a gateway answers to one read, for a floor to repeat. */
export async function sampleAnswer(url: string, token: string, name: string): Promise<string> {
  let onText: (text: string) => void = () => {};
  const socket = await LeanSocket.open(url, "127.0.0.1", { onText: (text) => onText(text), onClose: () => {} });
  const ask = (message: object): Promise<string> =>
    new Promise((resolve) => {
      onText = resolve;
      socket.send(JSON.stringify(message));
    });
  await ask({ type: "hello", id: 0, token });
  const answer = await ask({ type: "status", id: SAMPLE_ID, name });
  socket.drop();
  return answer;
}
