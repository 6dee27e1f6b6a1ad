/** All cases, in the order in which they run. */
import { chainCase } from './cases/chain-case.js';
import { flowsCase } from './cases/flows-case.js';
import { fullCase } from './cases/full-case.js';
import { functionsCase } from './cases/functions-case.js';
import { hopCase } from './cases/hop-case.js';
import { idleCase } from './cases/idle-case.js';
import { latencyCase } from './cases/latency-case.js';
import { microCase } from './cases/micro-case.js';
import { ndrCase } from './cases/ndr-case.js';
import { profileCase } from './cases/profile-case.js';
import { realCase } from './cases/real-case.js';
import { ringCase } from './cases/ring-case.js';
import { soakCase } from './cases/soak-case.js';
import type { BenchCase } from './way.js';

export const CASES: readonly BenchCase[] = [
  ringCase, hopCase, chainCase, fullCase, realCase, flowsCase, ndrCase, latencyCase, idleCase, microCase, functionsCase, soakCase, profileCase,
];
