/** What is stalled: the way to gateways, the way to clients, or both. */
export type SocketDirection = "up" | "down" | "both";
