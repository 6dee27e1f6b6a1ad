/**
 * An order in which recorded packets can be sent as fast as they are taken, and none comes before what it answers has gone
 * through: phases of one side each, side 0 first, of which a packet's is `lag` or more behind those of the packets that came before it
 * in its connection from the other side. Packets of one side of a connection keep their order; connections do not wait for each other.
 * What TCP sends while it is acknowledged does not answer the acknowledgements, and waits only for those that lie some way back.
 */
import type { Recorded } from './record.js';

/** Acknowledgements that data may be ahead of: some tens of kilobytes, within every window. */
const ACKS_AHEAD = 8;

/** Two phases are under way while the next one is sent: all three have room in the slots. */
export const LAG = 3;

export interface Schedule {
  readonly packets: readonly Recorded[];
  /** As `ReplayOptions.phases`. */
  readonly phases: Uint32Array;
}

/** What one side of a connection has sent so far. */
class Sent {
  /** Phase of the last packet, and of the last one that the other side waits for. */
  last: number;
  answerable: number;
  /** Phases of the last bare acknowledgements, the oldest first. */
  readonly #acks: number[] = [];

  constructor(before: number) {
    this.last = before;
    this.answerable = before;
  }

  add(phase: number, isBareAck: boolean): void {
    this.last = phase;
    if (!isBareAck) {
      this.answerable = phase;
      this.#acks.length = 0;
    } else if (this.#acks.push(phase) > ACKS_AHEAD) this.answerable = this.#acks.shift()!;
  }
}

/**
 * @param lag odd: 1, or 3, with which two phases may be under way while the next one is sent.
 * @param most packets of a phase, and `mostPhases` of them: the rest of a connection that turns more often is left out, because
 * while its last packets go to and fro there is nothing else left to send.
 */
export function schedule(packets: readonly Recorded[], lag: number, most: number, mostPhases = Infinity): Schedule {
  const connections = new Map<number, [Sent, Sent]>();
  const phases: Recorded[][] = [];
  /** Of each side: no phase before this one has room. */
  const open: [number, number] = [0, 1];
  const room = (phase: number): boolean => (phases[phase]?.length ?? 0) < most;
  for (const packet of packets) {
    const { side, connection = 0, isBareAck = false } = packet;
    const sides = connections.get(connection) ?? [new Sent(-lag), new Sent(-lag)];
    connections.set(connection, sides);
    let phase = Math.max(open[side], sides[side].last, sides[1 - side].answerable + lag);
    if (phase === Infinity) continue;
    if ((phase & 1) !== side) phase++;
    while (!room(phase)) phase += 2;
    if (phase >= mostPhases) {
      sides[side].add(Infinity, false);
      continue;
    }
    while (phases.length <= phase) phases.push([]);
    phases[phase].push(packet);
    sides[side].add(phase, isBareAck);
    while (!room(open[side])) open[side] += 2;
  }
  let end = 0;
  return { packets: phases.flat(), phases: Uint32Array.of(0, ...phases.map((phase) => (end += phase.length))) };
}
