/** What is told of a socket. Nothing more comes after `onClose`. */
export interface SocketListener {
  onOpen(): void;
  onText(text: string): void;
  /** `code` and `reason` as in RFC 6455, section 7.1.5 and 7.1.6; 1006 where the peer said nothing. */
  onClose(code: number, reason: string): void;
}

/** A WebSocket, open or on the way there. */
export interface Socket {
  /** Sends a text. Lost if the socket is not open. */
  send(text: string): void;
  /** Lets go of it. From now on its listener is told nothing. Harmless the second time. */
  close(): void;
}

/** Opens WebSockets with the subprotocol of the sessions. */
export interface Dialer {
  /** Never throws: what cannot be dialled is told to be closed, in a later turn. */
  dial(url: string, listener: SocketListener): Socket;
}
