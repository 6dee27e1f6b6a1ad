/** Hot: no allocation. What the manager believes of each slot, by slot index: private memory that no VM can write. */

/** Where a slot is. */
export const Place = { pool: 0, vm: 1, sending: 2, spare: 3, held: 4 } as const;

export class SlotBook {
  readonly place: Uint8Array;
  /** Index of the row of its path. */
  readonly path: Uint16Array;
  readonly hop: Uint8Array;
  readonly direction: Uint8Array;
  readonly ingress: Uint8Array;
  /** Entry of its connection, -1 when it has none, and the flow id that the entry had. */
  readonly connection: Int32Array;
  readonly flowId: Uint32Array;

  constructor(slots: number) {
    this.place = new Uint8Array(slots);
    this.path = new Uint16Array(slots);
    this.hop = new Uint8Array(slots);
    this.direction = new Uint8Array(slots);
    this.ingress = new Uint8Array(slots);
    this.connection = new Int32Array(slots).fill(-1);
    this.flowId = new Uint32Array(slots);
  }

  /** Indexes of the slots that are in a place, for the census. */
  *slotsAt(place: number): Generator<number> {
    for (let slot = 0; slot < this.place.length; slot++) if (this.place[slot] === place) yield slot;
  }
}
