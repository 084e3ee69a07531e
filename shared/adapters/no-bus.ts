import type { Bus } from "../ports/bus.js";

const nothing = { unsubscribe: () => {} };

/** For a process that was given no bus: what is published is lost, and renewals carry the news instead. */
export const noBus: Bus = {
  publish: () => {},
  subscribe: () => nothing,
  status: () => "off",
  watchStatus: () => nothing,
  close: async () => {},
};
