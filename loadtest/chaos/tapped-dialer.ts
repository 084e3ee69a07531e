import { nodeDialer } from "../../client/adapters/node-dialer.js";
import type { Dialer } from "../../client/ports/dialer.js";

/** What is told of a socket's messages. */
export interface Tap {
  sent(text: string): void;
  got(text: string): void;
}

/** Real sockets, listened in on. From `mute` on nothing is said and nothing heard, and the peers are not told. */
export class TappedDialer implements Dialer {
  readonly #tapOf: (url: string) => Tap;
  #isMute = false;

  constructor(tapOf: (url: string) => Tap) {
    this.#tapOf = tapOf;
  }

  mute(): void {
    this.#isMute = true;
  }

  dial(...[url, listener]: Parameters<Dialer["dial"]>): ReturnType<Dialer["dial"]> {
    const tap = this.#tapOf(url);
    const socket = nodeDialer.dial(url, {
      onOpen: () => this.#isMute || listener.onOpen(),
      onText: (text) => {
        if (this.#isMute) return;
        tap.got(text);
        listener.onText(text);
      },
      onClose: (code, reason) => this.#isMute || listener.onClose(code, reason),
    });
    return {
      send: (text) => {
        if (this.#isMute) return;
        tap.sent(text);
        socket.send(text);
      },
      close: () => this.#isMute || socket.close(),
    };
  }
}
