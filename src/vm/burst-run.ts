/** Hot: no allocation. A burst as a network function's burst handler sees it: the packets in order, each with its verdict. */
import type { Region } from '../memory/region.js';
import type { SlotHeaders } from '../memory/slot-headers.js';
import { HeaderOffset } from '../memory/slot-layout.js';
import type { PacketClock } from '../nf/context.js';
import { forward, type Burst, type Verdict } from '../nf/contract.js';
import type { Packet } from '../packet/packet.js';
import type { Journal } from '../vnic/journal.js';
import { writeVerdict } from './write-verdict.js';

const SECONDS = HeaderOffset.timestampSeconds >> 2;
const NANOS = HeaderOffset.timestampNanos >> 2;

export class BurstRun implements Burst {
  readonly #region: Region;
  readonly #headers: SlotHeaders;
  readonly #packet: Packet;
  readonly #addresses: Uint32Array;
  readonly #clock: PacketClock;
  readonly #journal: Journal;
  count = 0;
  /** Packets handed out, the one in hand among them. */
  #given = 0;
  #slot = 0;
  #verdict: Verdict = forward;

  constructor(region: Region, headers: SlotHeaders, packet: Packet, addresses: Uint32Array, clock: PacketClock, journal: Journal) {
    this.#region = region;
    this.#headers = headers;
    this.#packet = packet;
    this.#addresses = addresses;
    this.#clock = clock;
    this.#journal = journal;
  }

  begin(count: number): void {
    this.count = count;
    this.#given = 0;
  }

  next(): Packet | null {
    const given = this.#given;
    if (given > 0) {
      writeVerdict(this.#headers, this.#slot, this.#verdict);
      this.#journal.advance(given);
    }
    if (given >= this.count) {
      this.#given = 0;
      this.count = 0;
      return null;
    }
    this.#given = given + 1;
    this.#verdict = forward;
    const address = this.#addresses[given];
    const slot = this.#region.slotIndex(address);
    const { u32 } = this.#headers;
    const at = slot << 4;
    this.#slot = slot;
    this.#packet.moveTo(this.#region.bytes, address + u32[at], slot);
    this.#clock.advance(u32[at + SECONDS], u32[at + NANOS]);
    return this.#packet;
  }

  decide(verdict: Verdict): void {
    this.#verdict = verdict;
  }

  /** @throws Error when the handler left packets unseen: they must not pass unjudged. */
  finish(): void {
    if (this.count > 0) throw new Error(`the burst handler took ${this.#given} of ${this.count} packets: it must call next() until it returns null`);
  }
}
