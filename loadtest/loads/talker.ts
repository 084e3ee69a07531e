import type { UpMessage } from "../../shared/protocol/session/up.js";
import type { Cleanup } from "../cluster/cleanup.js";
import { LeanSocket } from "../driver/lean-socket.js";

type Unnumbered<M> = M extends UpMessage ? Omit<M, "id"> : never;

interface Reply {
  readonly type?: unknown;
  readonly sessionId?: unknown;
}

/** A socket on which one thing is asked after the other. */
export class Talker {
  #socket: LeanSocket | undefined;
  #lastId = 0;
  #onReply: (text: string) => void = () => {};

  static async open(cleanup: Cleanup, url: string, token: string): Promise<Talker> {
    const talker = new Talker();
    const listener = { onText: (text: string) => talker.#onReply(text), onClose: () => {} };
    const socket = await LeanSocket.open(url, "127.0.0.1", listener);
    cleanup.add(async () => socket.drop());
    talker.#socket = socket;
    await talker.ask({ type: "hello", token }, "welcome");
    return talker;
  }

  /** Rejects if the reply is of another type. */
  ask(message: Unnumbered<UpMessage>, type: string): Promise<Reply> {
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise((resolve, reject) => {
      this.#onReply = (text) => {
        const reply = JSON.parse(text) as Reply;
        if (reply.type === type) resolve(reply);
        else reject(new Error(`to ${message.type} the proxy said ${text}`));
      };
      this.#socket?.send(JSON.stringify({ ...message, id }));
    });
  }
}
