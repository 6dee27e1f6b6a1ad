/** Hot: no allocation. What the manager believes of each slot, by slot index: private memory that no VM can write. */

/** Where a slot is. */
export const Place = { pool: 0, vm: 1, sending: 2, spare: 3, held: 4 } as const;

const HOP_SHIFT = 16;
const DIRECTION_SHIFT = 24;

export class SlotBook {
  readonly place: Uint8Array;
  /**
   * Where the packet stands: the row of its path (16 bits), its hop there (8 bits) and its direction, in one word, so that
   * packets that go the same way are known by one comparison.
   */
  readonly way: Int32Array;
  readonly ingress: Uint8Array;
  /** Entry of its connection, -1 when it has none, and the flow id that the entry had. */
  readonly connection: Int32Array;
  readonly flowId: Int32Array;

  constructor(slots: number) {
    this.place = new Uint8Array(slots);
    this.way = new Int32Array(slots);
    this.ingress = new Uint8Array(slots);
    this.connection = new Int32Array(slots).fill(-1);
    this.flowId = new Int32Array(slots);
  }

  /** Index of the row of its path. */
  pathOf(slot: number): number {
    return pathOfWay(this.way[slot]);
  }

  hopOf(slot: number): number {
    return hopOfWay(this.way[slot]);
  }

  directionOf(slot: number): number {
    return directionOfWay(this.way[slot]);
  }

  setHop(slot: number, hop: number): void {
    this.way[slot] = (this.way[slot] & ~(0xff << HOP_SHIFT)) | (hop << HOP_SHIFT);
  }

  setDirection(slot: number, direction: number): void {
    this.way[slot] = (this.way[slot] & ~(0xff << DIRECTION_SHIFT)) | (direction << DIRECTION_SHIFT);
  }

  /** Indexes of the slots that are in a place, for the census. */
  *slotsAt(place: number): Generator<number> {
    for (let slot = 0; slot < this.place.length; slot++) if (this.place[slot] === place) yield slot;
  }
}

/** What `SlotBook.way` holds. */
export function wayOf(path: number, hop: number, direction: number): number {
  return path | (hop << HOP_SHIFT) | (direction << DIRECTION_SHIFT);
}

export function pathOfWay(way: number): number {
  return way & 0xffff;
}

export function hopOfWay(way: number): number {
  return (way >>> HOP_SHIFT) & 0xff;
}

export function directionOfWay(way: number): number {
  return way >>> DIRECTION_SHIFT;
}

export function nextHopOfWay(way: number): number {
  return way + (1 << HOP_SHIFT);
}
