/**
 * Hot: no allocation. What header views have in common: they are made once per packet flyweight and placed over a header
 * when they are asked for. A view is good until the packet moves on.
 */
import type { PacketCursor } from './cursor.js';

export abstract class HeaderView {
  protected readonly cursor: PacketCursor;
  protected bytes: Uint8Array;
  /** Index in `bytes` of the header's first byte. */
  protected at = 0;

  constructor(cursor: PacketCursor) {
    this.cursor = cursor;
    this.bytes = cursor.bytes;
  }

  /** @internal Puts the view over the header at `offset` of the packet. */
  place(offset: number): this {
    this.bytes = this.cursor.bytes;
    this.at = this.cursor.start + offset;
    return this;
  }
}
