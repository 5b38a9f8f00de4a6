// Fewer runs per property for mutation testing, always the same ones: a mutant's verdict must not depend on chance.
import { configureGlobal } from 'fast-check';

configureGlobal({ numRuns: 50, seed: 20_261_128 });
