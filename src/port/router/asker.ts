/** Asks where a neighbour is: by ARP, or by a neighbour solicitation. Once a second for each at most, so it may allocate. */
import { readU48 } from '../../packet/bytes.js';
import { sourceFor } from './choices.js';
import { MAPPED, type AddressWords, type LegSpec } from './leg.js';
import { ArpOperation, BROADCAST, MESSAGE_BYTES, NdType, groupMac, solicitedNode, writeArp, writeNd } from './messages.js';
import type { NeighbourTable } from './neighbour-table.js';
import type { FrameOutlet } from './responder.js';

export class Asker {
  readonly #leg: LegSpec;
  readonly #neighbours: NeighbourTable;
  readonly #outlet: FrameOutlet;
  readonly #frame = new Uint8Array(MESSAGE_BYTES);

  constructor(leg: LegSpec, neighbours: NeighbourTable, outlet: FrameOutlet) {
    this.#leg = leg;
    this.#neighbours = neighbours;
    this.#outlet = outlet;
  }

  /** Asks all hosts, or by the hardware address that is known, whether it still holds. */
  ask(entry: number, unicast: boolean): void {
    const neighbours = this.#neighbours;
    const frame = this.#frame;
    const target: AddressWords = [neighbours.word(entry, 0) >>> 0, neighbours.word(entry, 1) >>> 0, neighbours.word(entry, 2) >>> 0, neighbours.word(entry, 3) >>> 0];
    const source = sourceFor(this.#leg, target);
    if (source === null) return;
    if (unicast) neighbours.writeMac(entry, frame, 0);
    const known = unicast ? readU48(frame, 0) : -1;
    const { mac } = this.#leg;
    if (target[2] === MAPPED && target[0] === 0 && target[1] === 0) {
      const length = writeArp(frame, 0, ArpOperation.request, [mac, source[3]], [unicast ? known : 0, target[3]], unicast ? known : BROADCAST);
      this.#outlet.send(frame, 0, length);
      return;
    }
    const destination = unicast ? target : solicitedNode(target);
    const length = writeNd(frame, 0, {
      type: NdType.solicitation, flags: 0, target, source, destination, sourceMac: mac, destinationMac: unicast ? known : groupMac(destination),
    });
    this.#outlet.send(frame, 0, length);
  }
}
