import type { Dialer } from "../../../client/ports/dialer.js";
import { LeanSocket } from "../../driver/lean-socket.js";

/**
 * Dials for the client library by lean sockets: what connects ten thousand clients at a time, in processes that share a
 * machine with the gateway, shall be the gateway's to bear. Calls `onText` first, with each text that comes.
 */
export function leanDialer(localAddress: string, onText: (text: string) => void): Dialer {
  return {
    dial(url, listener) {
      let socket: LeanSocket | undefined;
      let wanted = true;
      LeanSocket.open(url, localAddress, {
        onText(text) {
          if (!wanted) return;
          onText(text);
          listener.onText(text);
        },
        onClose: (code, reason) => wanted && listener.onClose(code, reason),
      }).then(
        (opened) => {
          socket = opened;
          if (wanted) listener.onOpen();
          else opened.drop();
        },
        (error: Error) => wanted && listener.onClose(1006, error.message),
      );
      return {
        send: (text) => socket?.send(text),
        close() {
          wanted = false;
          socket?.drop();
        },
      };
    },
  };
}
