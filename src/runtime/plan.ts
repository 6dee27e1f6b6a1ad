/** What a configuration comes to when nothing is wrong with it: plain data, complete, ready for threads. */
import type { Routing } from '../chain/chain.js';
import type { Spread } from '../flow/steering.js';
import type { TableSpec } from '../nf/tables.js';
import type { GeneratorOptions } from '../port/generator.js';
import type { LivePortSpec } from './live-ports.js';
import type { WakeUp } from '../ring/wake-up.js';
import type { Side, Threads } from './configuration.js';

export type PlanPortSpec =
  | {
      kind: 'capture';
      /** Absolute path of the file to read. */
      file: string;
      /** Prefixes of the inside; null: whoever opened a connection is inside. */
      inside: string[] | null;
      /** Null: the whole capture comes in here. The two sides of one file are two ports with the same `file`. */
      side: Side | null;
      /** Absolute path of the file to write; null: nothing is kept. */
      write: string | null;
    }
  | ({ kind: 'generator' } & GeneratorOptions)
  | { kind: 'sink'; write: string | null }
  | { kind: 'memory'; packets: Uint8Array[]; linkType: number }
  | { kind: 'module'; module: string; options: unknown }
  /** The value itself stays on the main thread: it is the configuration's `ports[name]`. */
  | { kind: 'queue' }
  | LivePortSpec;

export interface PlanPort {
  name: string;
  spec: PlanPortSpec;
}

/** One use of a network function in a chain; where it is to exist several times, one for each. */
export interface PlanFunction {
  name: string;
  chain: string;
  /** Which of the replicas of this use it is; one that the chain's replicas share is the only one. */
  replica: { index: number; count: number };
  /** URL of the module that defines the function, and the function's name. */
  module: string;
  function: string;
  /** As `prepare` left them. */
  options: unknown;
  /** Drop reasons, counters and tables that it declares. */
  drops: string[];
  counters: string[];
  tables: Record<string, TableSpec>;
}

/** One VM: it runs one function, or all functions of a chain. */
export interface PlanVm {
  /** Of its function, or of its chain. */
  name: string;
  chain: string;
  /** Indexes of functions, in the order of the forward path. */
  functions: number[];
  /** It runs in the packet manager's thread, else in one of its own. */
  isInline: boolean;
}

export interface PlanPath {
  /** Indexes of ports. The forward path goes from `from` to `to`. */
  from: number;
  to: number;
  /** There is a reverse path too, from `to` to `from`, through the VMs from last to first. */
  bothWays: boolean;
  match: string;
  chain: string;
  routing: Routing;
  /** Indexes of functions, in the order of the forward path, for each way through the chain that differs. */
  replicas: number[][];
  /** How connections are spread over the replicas. */
  spread: Spread;
}

export interface Plan {
  ports: PlanPort[];
  functions: PlanFunction[];
  vms: PlanVm[];
  /** In the order in which they are tried. */
  paths: PlanPath[];
  /** Drop reasons that network functions declare, each once. */
  drops: string[];
  memory: { slots: number; slotBytes: number };
  flows: number;
  mode: 'zero-copy' | 'copy';
  burst: number;
  wakeUp: WakeUp;
  threads: Threads;
}
