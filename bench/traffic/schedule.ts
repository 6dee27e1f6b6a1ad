/**
 * An order in which recorded packets can be sent as fast as they are taken, and none comes before what it answers has gone
 * through: phases of one side each, side 0 first, of which a packet's is `lag` or more behind those of the packets that came before it
 * in its connection from the other side. Packets of one side of a connection keep their order; connections do not wait for each other.
 */
import type { Recorded } from './record.js';

export interface Schedule {
  readonly packets: readonly Recorded[];
  /** As `ReplayOptions.phases`. */
  readonly phases: Uint32Array;
}

/**
 * @param lag odd: 1, or 3, with which two phases may be under way while the next one is sent.
 * @param most packets of a phase.
 */
export function schedule(packets: readonly Recorded[], lag: number, most: number): Schedule {
  /** By connection: the phases of its last packets of both sides. */
  const last = new Map<number, [number, number]>();
  const phases: Recorded[][] = [];
  /** Of each side: no phase before this one has room. */
  const open: [number, number] = [0, 1];
  const room = (phase: number): boolean => (phases[phase]?.length ?? 0) < most;
  for (const packet of packets) {
    const { side, connection = 0 } = packet;
    const before = last.get(connection) ?? [-lag, -lag];
    let phase = Math.max(open[side], before[side], before[1 - side] + lag);
    if ((phase & 1) !== side) phase++;
    while (!room(phase)) phase += 2;
    while (phases.length <= phase) phases.push([]);
    phases[phase].push(packet);
    before[side] = phase;
    last.set(connection, before);
    while (!room(open[side])) open[side] += 2;
  }
  let end = 0;
  return { packets: phases.flat(), phases: Uint32Array.of(0, ...phases.map((phase) => (end += phase.length))) };
}

/** In the order of the recording, a phase for each turn of direction. */
export function inTurns(packets: readonly Recorded[]): Schedule {
  const turns = packets.flatMap(({ side }, at) => (at > 0 && packets[at - 1].side !== side ? [at] : []));
  return { packets, phases: Uint32Array.of(0, ...turns, packets.length) };
}
