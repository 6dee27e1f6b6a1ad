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
  readonly settled?: (address: number) => void;
  close?(): void;
  readonly exhausted: boolean;
}

const SILENT: Receiving = { receive: () => 0, exhausted: true };

function receiving(memory: PortMemory, options: BenchPortOptions): Receiving {
  if (options.role === 'source') return new BenchSource(memory, options, underWay);
  if (options.role === 'sink') return SILENT;
  replay ??= new Replay(memory, options);
  return new ReplaySide(replay, options.side);
}

/**
 * A class: an object with a getter that is written where it is made keeps its properties in a dictionary, and whoever calls it looks
 * each of them up by name.
 */
class BenchPort implements PortBackend {
  readonly #ingress: Receiving;
  readonly #egress: BenchEgress;
  readonly settled?: (address: number) => void;
  readonly hasWork?: () => boolean;

  constructor(ingress: Receiving, egress: BenchEgress) {
    this.#ingress = ingress;
    this.#egress = egress;
    if (ingress.settled !== undefined) this.settled = ingress.settled;
    if (ingress.hasWork !== undefined) this.hasWork = () => ingress.hasWork!();
  }

  get exhausted(): boolean {
    return this.#ingress.exhausted;
  }

  receive(slots: Uint32Array, count: number): number {
    return this.#ingress.receive(slots, count);
  }

  transmit(addresses: Uint32Array, count: number): void {
    this.#egress.transmit(addresses, count);
  }

  complete(out: Uint32Array, max: number): number {
    return this.#egress.complete(out, max);
  }

  close(): void {
    this.#ingress.close?.();
  }
}

const make: PortFactory = (memory, _counts, options): PortBackend => {
  const told = options as BenchPortOptions;
  const ingress = receiving(memory, told);
  const timed = told.role === 'sink' && told.latency ? underWay : null;
  if (told.hash) hash ??= new PayloadHash();
  return new BenchPort(ingress, new BenchEgress(memory, new Float64Array(told.panel), hash, timed, told.role === 'replay'));
};
export default make;
