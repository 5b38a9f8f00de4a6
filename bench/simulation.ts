// How fast the core runs whole histories: a million requests over three faults in virtual time, the same ones every
// time. Prints the wall time and what the clients would have seen; `run.ts` starts it.
import { simulate } from '../sim/simulation.ts';
import { FAULTY, threeFaults } from '../sim/scenarios.ts';
import { sketchTable } from '../test/support/routing-fixture.ts';

/** Wall time of the whole run, on a machine that does nothing else. */
const BUDGET_SECONDS = 5;
const DEPLOYMENTS = 12;
const requests = process.argv.includes('--quick') ? 100_000 : 1_000_000;

const table = sketchTable({ deployments: Array.from({ length: DEPLOYMENTS }, () => ({ limits: { rpm: 2_400 } })) });
const cpuBefore = process.cpuUsage();
const startedAt = performance.now();
const report = simulate(threeFaults({ table, requests, perSecond: 200, seed: 1 }));
const wallSeconds = (performance.now() - startedAt) / 1_000;
const { user, system } = process.cpuUsage(cpuBefore);
const cpuSeconds = (user + system) / 1e6;
const perRequestMicros = (cpuSeconds * 1e6) / requests;

const [failing, limited] = [FAULTY.failing, FAULTY.limited].map((index) => report.deployments[index]?.attemptsInFault);
console.log(
  `\nsimulation: ${requests} requests, ${(report.virtualSeconds / 60).toFixed(0)} minutes of virtual time, in ` +
    `${wallSeconds.toFixed(2)} s (CPU ${cpuSeconds.toFixed(2)} s, ${perRequestMicros.toFixed(2)} us a request; ` +
    `budget ${BUDGET_SECONDS} s for 1000000)`,
);
console.log(
  `  success ${report.successPercent.toFixed(3)} %, ${report.attemptsPerRequest.toFixed(5)} attempts a request, ` +
    `${report.wastedCalls} wasted (failing ${failing}, limited ${limited}), ` +
    `${report.limitViolations} limits broken, ${report.breakerOpenings} openings, in flight at rest ${report.inFlightAtRest}`,
);
console.log(
  `  first content p50 ${report.firstContentMs.p50.toFixed(0)} ms, p99 ${report.firstContentMs.p99.toFixed(0)} ms; ` +
    `whole answer p50 ${report.totalMs.p50.toFixed(0)} ms, p99 ${report.totalMs.p99.toFixed(0)} ms (virtual)`,
);
process.send?.({ requests, wallSeconds, cpuSeconds, perRequestMicros, report });
