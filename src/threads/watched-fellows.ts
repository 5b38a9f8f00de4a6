// The other threads, as one that serves sees them: every question goes to the thread that watches over all.
import type { Fellows } from '../http/control-plane/fellows.ts';
import type { Line } from './line.ts';
import type { OfServing, OfWatching } from './messages.ts';

/** The background health checks are this one's; a thread that dies is replaced under its number. */
const CHECKING_THREAD = 1;

export function watchedFellows(line: Line<OfServing, OfWatching>, thread: number): Fellows {
  return {
    checksHealth: thread === CHECKING_THREAD,
    report: () => line.ask('report', undefined),
    recent: (limit) => line.ask('recent', limit),
    find: (callId) => line.ask('find', callId),
    healthRound: () => line.ask('healthRound', undefined),
  };
}
