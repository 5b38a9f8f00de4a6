// Chance that repeats, for tests: the simulator's.
export { seededRng } from '../../sim/chance.ts';
