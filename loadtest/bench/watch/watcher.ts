import type { UpMessage } from "../../../shared/protocol/session/up.js";
import { LeanSocket } from "../../driver/lean-socket.js";
import type { WatchersOpen } from "./messages.js";

export interface WatcherListener {
  /** Of a change, or at the floor of whatever was said. */
  onTold(text: string): void;
  onFailure(): void;
}

type Unnumbered<M> = M extends UpMessage ? Omit<M, "id"> : never;

/** Somebody who watches one key, over a socket of its own. */
export class Watcher {
  #socket: LeanSocket | undefined;
  #onText: (text: string) => void = () => {};
  #lastId = 0;

  static async open(of: Omit<WatchersOpen, "count">, listener: WatcherListener, watches = 1): Promise<Watcher> {
    const watcher = new Watcher();
    watcher.#socket = await LeanSocket.open(of.url, of.localAddress, {
      onText: (text) => watcher.#onText(text),
      onClose: () => listener.onFailure(),
    });
    if (of.token !== null) {
      await watcher.#ask({ type: "hello", token: of.token });
      for (let n = 0; n < watches; n += 1) await watcher.#ask({ type: "watch", name: of.name });
    }
    watcher.#onText = (text) => {
      if (text.startsWith('{"type":"resync"') || text.startsWith('{"type":"error"')) listener.onFailure();
      else listener.onTold(text);
    };
    return watcher;
  }

  /** Takes nothing more from the system. */
  stick(): void {
    this.#socket?.stopReading();
  }

  drop(): void {
    this.#socket?.drop();
  }

  /** Rejects if it is refused. */
  #ask(message: Unnumbered<UpMessage>): Promise<void> {
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise((resolve, reject) => {
      this.#onText = (text) => {
        const reply = JSON.parse(text) as { id?: number; type: string };
        if (reply.id !== id) return;
        if (reply.type === "error") reject(new Error(`${message.type} was refused: ${text}`));
        else resolve();
      };
      this.#socket?.send(JSON.stringify({ ...message, id }));
    });
  }
}
