/** For those who test network functions and chains: `import { harness } from 'millrace/testing'`. */
export { harness, type Harness, type HarnessOptions, type HarnessPacketOptions, type HarnessResult } from './nf/harness.js';
export { simulate, type CrashPoint, type Simulation, type SimulationOptions } from './runtime/simulate.js';
