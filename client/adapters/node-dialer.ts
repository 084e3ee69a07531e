import { WebSocket } from "ws";
import { LIMITS } from "../../shared/protocol/limits.js";
import { SESSION_SUBPROTOCOL } from "../../shared/protocol/session/version.js";
import type { Dialer, Socket, SocketListener } from "../ports/dialer.js";

/** How long a peer may take to answer a close. */
const CLOSE_MS = 1_000;

/** WebSockets by the `ws` package. */
export const nodeDialer: Dialer = {
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
  const socket = new WebSocket(url, SESSION_SUBPROTOCOL, {
    perMessageDeflate: false,
    maxPayload: LIMITS.bodyBytesMax * 16,
  });
  let wanted = true;
  socket.on("open", () => wanted && listener.onOpen());
  socket.on("message", (data: Buffer) => wanted && listener.onText(data.toString()));
  socket.on("close", (code, reason) => wanted && listener.onClose(code, reason.toString()));
  socket.on("error", () => {}); // a close follows, and tells
  return {
    send(text) {
      if (socket.readyState === WebSocket.OPEN) socket.send(text);
    },
    close() {
      if (!wanted) return;
      wanted = false;
      const timer = setTimeout(() => socket.terminate(), CLOSE_MS);
      socket.once("close", () => clearTimeout(timer));
      socket.close();
    },
  };
}
