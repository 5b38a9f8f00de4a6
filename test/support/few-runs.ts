// Few runs per property, and always the same ones, where tests are run to judge the tests: a mutant's verdict and the
// branches that are covered must not depend on chance.
import { configureGlobal } from 'fast-check';

configureGlobal({ numRuns: 50, seed: 20_261_128 });
