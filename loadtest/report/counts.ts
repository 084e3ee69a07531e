import type { Operation } from "../../shared/gateway/metrics.js";
import type { Outcome } from "../driver/tally.js";
import type { Phase, Run } from "./phase.js";
import { type Reading, total } from "./reading.js";

/**
 * A factor between two counts is worth what the counts are worth. So whatever the processes say that they
 * were asked is held against what the clients know that they asked.
 */
export interface Comparison {
  readonly what: string;
  /** At least and at most: they differ where an answer was lost, since nobody knows what came of the request. */
  readonly expected: readonly [number, number];
  readonly counted: number;
}

/** What clients ask for. Probes and scrapes, whoever sends them, are not compared. */
const CLIENT_OPERATIONS: readonly Operation[] = [
  "acquire",
  "renew",
  "release",
  "set_metadata",
  "status",
  "list",
  "watch",
  "open_session",
  "keepalive",
  "close_session",
];
const WRITES: readonly Operation[] = ["acquire", "renew", "release", "set_metadata"];
/** The same, as a master calls them. How many calls they came in says nothing: one may carry several, or one twice. */
const WRITE_COMMANDS = ["acquire", "renew", "release", "setMetadata"];
const READS: readonly Operation[] = ["status", "list"];

/** All comparisons of a run, those that agree too. */
export function comparisonsOf({ direct, proxied }: Run): Comparison[] {
  const asked = (phase: Phase) => sentOf(phase.outcome, CLIENT_OPERATIONS);
  return [
    ...gatewayComparisons("direct: at the master's gateway", direct.outcome, direct.master.gateway),
    { what: "direct: calls of proxies at the master", expected: [0, 0], counted: total(direct.master.link) },
    ...gatewayComparisons("proxied: at the proxies' gateways", proxied.outcome, proxied.proxies.gateway),
    ...gatewayComparisons("proxied: at the master's gateway", NOTHING_SENT, proxied.master.gateway),
    {
      what: "proxied: reads answered at the proxies",
      expected: sentOf(proxied.outcome, READS),
      counted: total(proxied.proxies.answers),
    },
    {
      what: "direct: writes decided by the master",
      expected: sentOf(direct.outcome, WRITES),
      counted: decidedBy(direct.master),
    },
    {
      what: "proxied: writes that the proxies sent on",
      expected: withRepeats(sentOf(proxied.outcome, WRITES), proxied.proxies),
      counted: proxied.proxies.writes,
    },
    {
      what: "proxied: execute calls at the master",
      expected: callsThatArrived(sentOf(proxied.outcome, WRITES), proxied.proxies),
      counted: proxied.master.link.get("execute") ?? 0,
    },
    {
      what: "proxied: writes decided by the master",
      expected: orOnceMore(sentOf(proxied.outcome, WRITES), proxied.proxies),
      counted: decidedBy(proxied.master),
    },
    ...[direct, proxied].map((phase, at) => ({
      what: `${at === 0 ? "direct" : "proxied"}: notices of fail-overs`,
      expected: [phase.outcome.noticesDue, phase.outcome.noticesDue] as const,
      counted: phase.outcome.kinds.Notice.done,
    })),
    { what: "requests asked for, proxied as direct", expected: asked(direct), counted: asked(proxied)[1] },
  ];
}

export const agrees = ({ expected: [least, most], counted }: Comparison): boolean =>
  counted >= least && counted <= most;

const decidedBy = ({ commands }: Reading): number =>
  WRITE_COMMANDS.reduce((sum, command) => sum + (commands.get(command) ?? 0), 0);

const NOTHING_SENT: Pick<Outcome, "requests"> = { requests: {} };

function gatewayComparisons(
  where: string,
  outcome: Pick<Outcome, "requests">,
  counted: ReadonlyMap<string, number>,
): Comparison[] {
  return CLIENT_OPERATIONS.map((operation) => ({
    what: `${where}, ${operation}`,
    expected: sentOf(outcome, [operation]),
    counted: counted.get(operation) ?? 0,
  }));
}

/** What was held up was certainly sent again; what was to be retried, if the proxy could. */
const withRepeats = ([least, most]: [number, number], { retries, heldUp }: Reading): [number, number] => [
  least + heldUp,
  most + heldUp + retries,
];

/** One that is sent again may have been decided before: its operation id brings the same answer, as another command. */
const orOnceMore = ([least, most]: [number, number], { retries, heldUp }: Reading): [number, number] => [
  least,
  most + retries + heldUp,
];

/** A call may have been lost where its writes were tried again, or given up. */
const callsThatArrived = ([least, most]: [number, number], { batches, retries }: Reading): [number, number] => [
  batches - retries - (most - least),
  batches,
];

/** How many requests went out: those that were certainly answered, and all. */
function sentOf({ requests }: Pick<Outcome, "requests">, operations: readonly Operation[]): [number, number] {
  const sums = operations.map((operation) => requests[operation] ?? { sent: 0, lost: 0 });
  const sent = sums.reduce((sum, each) => sum + each.sent, 0);
  return [sent - sums.reduce((sum, each) => sum + each.lost, 0), sent];
}
