import { type Child, whileAlive } from "../cluster/child.js";

/** What a process of clients says when it could not do what it was told. */
export interface Failed {
  readonly is: "failed";
  readonly reason: string;
}

/** Tells a process of ours to do something, and waits for what it says then. Rejects if it cannot, or dies over it. */
export async function ask<From extends { readonly is: string }, Is extends From["is"]>(
  child: Child,
  message: { readonly do: string },
  answer: Is,
): Promise<Extract<From, { is: Is }>> {
  let listener: (message: From | Failed) => void = () => {};
  const answered = new Promise<Extract<From, { is: Is }>>((resolve, reject) => {
    listener = (from) => {
      if (from.is === "failed") reject(new Error(`${child.name} could not ${message.do}: ${(from as Failed).reason}`));
      if (from.is === answer) resolve(from as Extract<From, { is: Is }>);
    };
    child.process.on("message", listener);
  });
  child.process.send(message);
  try {
    return await whileAlive(child, answered);
  } finally {
    child.process.off("message", listener);
  }
}
