import { LIMITS } from "../../shared/protocol/limits.js";
import type { CapacityFindings, Churned, Recovery, Stretch } from "./findings.js";

/** Of the churn that was asked for, what the generator must at least have done. */
const CHURN_SHARE = 0.9;
const FAILURES_SHOWN = 3;
/** From its last answer on a client of the default lease waits for so long, and then takes its session for lost. */
const CLIENTS_WAIT_MS = LIMITS.sessionLeaseMsDefault + LIMITS.sessionGraceMsDefault;

/** Why a run does not pass, as sentences; none if every check held. */
export function failureReasons(findings: CapacityFindings): string[] {
  const { sizes, stretches, churn, recovery } = findings;
  const sessions = sizes.proxies * sizes.sessionsPerProxy;
  return [
    ...stretches.flatMap(lateRenewals),
    ...unless(findings.anchoring.sessions === sessions, `${findings.anchoring.sessions} of ${sessions} were anchored.`),
    ...unless(findings.leasesLostBeforeKill === 0, `Leases were lost ${findings.leasesLostBeforeKill} times.`),
    ...unless(findings.sessionsLost === 0, `The master gave up ${findings.sessionsLost} sessions that were alive.`),
    ...unless(findings.disagreements === 0, `Digests differed twice running ${findings.disagreements} times.`),
    ...unless(findings.mended === 0, `The master put ${findings.mended} sessions right that it had other ideas of.`),
    ...churnFlaws(churn),
    ...unless(recovery.sessionsAtProxies === recovery.sessionsBefore, "Proxies lost sessions with the master."),
    ...unless(
      recovery.sessionsAtMaster === recovery.sessionsBefore,
      `Before the kill there were ${recovery.sessionsBefore} sessions, and ${recovery.sessionsAtMaster} after it.`,
    ),
    ...unless(
      recovery.confirmedMs !== null,
      "After the restart not all proxies registered, and were confirmed, in time.",
    ),
    ...unless((recovery.registeredMs ?? 0) < CLIENTS_WAIT_MS, cameLate(recovery)),
    ...unless(recovery.orphans === 0, `After the restart ${recovery.orphans} sessions were nobody's.`),
    ...findings.failures.slice(0, FAILURES_SHOWN),
  ];
}

function lateRenewals({ what, renewMs }: Stretch): string[] {
  const { proxyLeaseMs } = LIMITS;
  return unless((renewMs?.max ?? 0) < proxyLeaseMs, `A renewal (${what}) took longer than a proxy lease.`);
}

function churnFlaws({ asked, anchored, ended, endedAtMaster }: Churned): string[] {
  const counts = `${ended.silent} silent and ${ended.closed} closed`;
  const atMaster = `${endedAtMaster.silent} and ${endedAtMaster.closed}`;
  return [
    ...unless(anchored >= CHURN_SHARE * Math.floor(asked), `Of ${asked} sessions only ${anchored} were replaced.`),
    ...unless(
      ended.silent === endedAtMaster.silent && ended.closed === endedAtMaster.closed,
      `At the proxies ${counts} sessions ended, at the master ${atMaster}.`,
    ),
  ];
}

const cameLate = ({ registeredMs }: Recovery): string =>
  `Its last proxy was with the new master after ${Math.round((registeredMs ?? 0) / 1_000)} s, but clients wait ${CLIENTS_WAIT_MS / 1_000} s only.`;

const unless = (holds: boolean, failure: string): string[] => (holds ? [] : [failure]);
