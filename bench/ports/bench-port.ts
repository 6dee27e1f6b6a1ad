/** The ports of the benchmarks, as the packet manager's thread makes them: a source, a sink, and the two sides of a replay. */
import type { PortBackend, PortFactory, PortMemory } from '../../src/port/contract.js';
import { PayloadHash } from '../payload.js';
import { BenchEgress, type UnderWay } from './egress.js';
import type { BenchPortOptions } from './port-options.js';
import { Replay, ReplaySide } from './replay.js';
import { BenchSource } from './source.js';

/** Of this thread, which serves one run. */
const underWay: UnderWay = { dueMs: null };
let replay: Replay | null = null;
/** What leaves by both ports has one hash. */
let hash: PayloadHash | null = null;

interface Receiving {
  receive(slots: Uint32Array, count: number): number;
  hasWork?(): boolean;
  settled?(address: number): void;
  close?(): void;
  readonly exhausted: boolean;
}

const SILENT: Receiving = { receive: () => 0, exhausted: true };

function receiving(memory: PortMemory, options: BenchPortOptions): Receiving {
  if (options.role === 'source') return new BenchSource(memory, options, underWay);
  if (options.role === 'sink') return SILENT;
  replay ??= new Replay(options);
  return new ReplaySide(memory, replay, options.side);
}

const make: PortFactory = (memory, _counts, options): PortBackend => {
  const told = options as BenchPortOptions;
  const ingress = receiving(memory, told);
  const timed = told.role === 'sink' && told.latency ? underWay : null;
  if (told.hash) hash ??= new PayloadHash();
  const egress = new BenchEgress(memory, new Float64Array(told.panel), hash, timed, told.role === 'replay');
  return {
    receive: (slots, count) => ingress.receive(slots, count),
    transmit: (addresses, count) => {
      egress.transmit(addresses, count);
    },
    complete: (out, max) => egress.complete(out, max),
    hasWork: () => ingress.hasWork?.() ?? false,
    ...(ingress.settled !== undefined && { settled: (address: number) => ingress.settled!(address) }),
    get exhausted() {
      return ingress.exhausted;
    },
    close: () => {
      ingress.close?.();
    },
  };
};
export default make;
