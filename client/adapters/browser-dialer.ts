import { SESSION_SUBPROTOCOL } from "../../shared/protocol/session/version.js";
import type { Dialer, Socket, SocketListener } from "../ports/dialer.js";

/** WebSockets by the global of browsers, Deno, Bun, and Node from 22 on. */
export const browserDialer: Dialer = {
  dial(url, listener) {
    try {
      return open(url, listener);
    } catch (error) {
      queueMicrotask(() => listener.onClose(1006, String(error)));
      return { send: () => {}, close: () => {} };
    }
  },
};

function open(url: string, listener: SocketListener): Socket {
  const socket = new WebSocket(url, SESSION_SUBPROTOCOL);
  const hearing = new AbortController();
  const on = { signal: hearing.signal };
  socket.addEventListener("open", () => listener.onOpen(), on);
  socket.addEventListener("message", ({ data }) => listener.onText(String(data)), on);
  socket.addEventListener("close", ({ code, reason }) => listener.onClose(code, reason), on);
  return {
    send(text) {
      if (socket.readyState === WebSocket.OPEN) socket.send(text);
    },
    close() {
      hearing.abort();
      socket.close();
    },
  };
}
