/** The watches in force, as a thread that sees packets asks them. */
import { compileFilter, parseFilter, partedFilter, type PacketFilter } from '../flow/packet-filter.js';
import type { Matcher } from '../flow/match.js';
import type { Packet } from '../packet/packet.js';
import { ANY_PORT, type Points, type WatchSpec } from './watch-spec.js';

/** Bytes kept of a traced packet: its headers, and as much behind them as a reader wants to see change. */
const TRACE_SNAP_LENGTH = 512;

interface Tap {
  readonly bit: number;
  readonly matcher: Matcher<Packet>;
  readonly snapLength: number;
  readonly points: ReadonlyMap<number, number>;
  readonly answers: ReadonlyMap<number, number>;
}

export interface Trace {
  readonly bit: number;
  /** A packet that passes this one is traced with its whole connection; null when no connection is meant. */
  readonly connections: Matcher<Packet> | null;
  /** A packet that passes this one is traced alone. */
  readonly packets: Matcher<Packet> | null;
}

export class ActiveWatches {
  /** Bits of those who watch drops. */
  readonly drops: number;
  readonly trace: Trace | null;
  readonly #taps: readonly Tap[];
  /** Of the taps that `tapsAt` has found: bytes wanted at most. */
  snapLength = 0;

  constructor(specs: readonly WatchSpec[]) {
    let drops = 0;
    let trace: Trace | null = null;
    const taps: Tap[] = [];
    for (const spec of specs) {
      const bit = 1 << spec.id;
      if (spec.kind === 'drops') drops |= bit;
      else {
        const filter = filterOf(spec.filter);
        if (spec.kind === 'trace') {
          const { connections, packets } = partedFilter(filter);
          trace = { bit, connections: connections && compileFilter(connections), packets: packets && compileFilter(packets) };
        } else taps.push({ bit, matcher: compileFilter(filter), snapLength: spec.snapLength === 0 ? Number.MAX_SAFE_INTEGER : spec.snapLength, points: mapOf(spec.points), answers: mapOf(spec.answers) });
      }
    }
    this.drops = drops;
    this.trace = trace;
    this.#taps = taps;
  }

  /** Whether anybody watches anything. */
  get isEmpty(): boolean {
    return this.drops === 0 && this.trace === null && this.#taps.length === 0;
  }

  /** Bits of the taps that want the packet at this point. Sets `snapLength`. */
  tapsAt(packet: Packet, point: number, isAnswer: boolean): number {
    this.snapLength = 0;
    let bits = 0;
    for (const { bit, matcher, snapLength, points, answers } of this.#taps) {
      const port = (isAnswer ? answers : points).get(point);
      if (port === undefined || (port !== ANY_PORT && port !== packet.egressPort) || !matcher.matches(packet)) continue;
      bits |= bit;
      if (snapLength > this.snapLength) this.snapLength = snapLength;
    }
    return bits;
  }

  /** The packet in hand is traced: its headers are wanted, whatever taps want. */
  wantHeaders(): void {
    if (this.snapLength < TRACE_SNAP_LENGTH) this.snapLength = TRACE_SNAP_LENGTH;
  }
}

function mapOf(points: Points): ReadonlyMap<number, number> {
  return new Map(points);
}

/** Main has read the text before anybody hears of it. */
function filterOf(text: string): PacketFilter {
  const parsed = parseFilter(text);
  if ('problem' in parsed) throw new Error(`the filter '${text}': ${parsed.problem.message}`);
  return parsed.filter;
}
