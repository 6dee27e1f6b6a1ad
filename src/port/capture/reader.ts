/**
 * A capture as a walk over records. `next()` allocates nothing: it sets fields that say where in the buffer the
 * record's bytes are. Ports and `inspect` use the same walk. Lives in whichever thread opened it.
 */
import { type CaptureProblem, ProblemLog } from './capture-error.js';
import type { ByteSource } from './byte-source.js';
import { LinkType } from '../../memory/slot-layout.js';
import { Availability, type ReadWindow } from './read-window.js';

/** Most bytes of one record: what Wireshark allows, and four times the longest IP packet. */
export const MAX_RECORD_BYTES = 256 * 1024;
/** Bytes that a reader keeps in memory for records that wait, unless told otherwise. */
export const DEFAULT_KEEP_BYTES = 512 * 1024;

/** An interface that a capture describes; `pcap` has exactly one. */
export interface CaptureInterface {
  /** Empty when the file gives none. */
  name: string;
  /** As in the file. */
  fileLinkType: number;
  /** As in slot headers; `LinkType.unsupported` when such packets are not read. */
  linkType: number;
  /** Longest record, 0 when unlimited. */
  snapLength: number;
  /** The `if_tsresol` byte: 10^-n s, or 2^-n s with the top bit set. */
  resolution: number;
  /** Seconds to add to each timestamp. */
  offsetSeconds: number;
}

/** What one step of a format's walk came to. */
export const Step = { record: 0, nothing: 1, ended: 2, blocked: 3 } as const;

export abstract class CaptureReader {
  readonly path: string;
  readonly compressed: boolean;
  abstract readonly format: 'pcap' | 'pcapng';
  /** By interface id; of all sections of a file, one after another. */
  readonly interfaces: CaptureInterface[] = [];
  /** Records met, also those that could not be handed out. */
  records = 0;
  /** Records handed out. */
  packets = 0;

  /** Index in `buffer` of the record's first byte, until the next call of `next()` or `retainFrom()`. */
  dataOffset = 0;
  /** The same place as a position, which stays true while it is retained. */
  position = 0;
  /** Bytes in the file. */
  length = 0;
  /** Bytes on the wire; at least `length`. */
  originalLength = 0;
  /** Since 1970, 32 bit. */
  seconds = 0;
  nanos = 0;
  interfaceId = 0;
  /** As in slot headers, never `LinkType.unsupported`. */
  linkType = 0;
  /** True when `next()` will never be true again. */
  exhausted = false;

  protected readonly window: ReadWindow;
  protected readonly log = new ProblemLog();
  #closed = false;

  constructor(path: string, source: ByteSource, window: ReadWindow) {
    this.path = path;
    this.compressed = source.compressed;
    this.window = window;
    if (source.damage !== null) this.log.add('gzip-damaged', 0, source.damage);
  }

  /** Index 0 … of this is what `dataOffset` counts from. */
  get buffer(): Uint8Array {
    return this.window.buffer;
  }

  /** What was wrong so far. */
  get problems(): CaptureProblem[] {
    return this.log.list();
  }

  /**
   * Moves to the next record that can be handed out.
   * @returns false at the end of the file (then `exhausted` is true), or when the records that wait leave no room to
   * read on (then it is worth another call after `retainFrom` has moved).
   */
  next(): boolean {
    while (!this.exhausted) {
      const step = this.advance();
      if (step === Step.record) {
        this.packets++;
        return true;
      }
      if (step === Step.blocked) return false;
      if (step === Step.ended) this.#finish();
    }
    return false;
  }

  /** Keeps the bytes from a position on in memory; `Infinity` lets go of all of them. */
  retainFrom(position: number): void {
    this.window.retained = position;
  }

  /** Where a retained position is in `buffer` now: until the next call of `next()`. */
  bufferIndex(position: number): number {
    return this.window.indexOf(position);
  }

  /** One record, block or nothing; `Step` says which. */
  protected abstract advance(): number;

  /** Sees to it that `count` bytes are there, else says how the walk goes on: `Step.blocked` or `Step.ended`. */
  protected need(count: number, what: string): number {
    const found = this.window.ensure(count);
    if (found === Availability.ready) return Step.record;
    if (found === Availability.blocked) return Step.blocked;
    if (this.window.failure === null && this.window.available > 0) {
      this.log.add('truncated', this.window.fileOffset, `${this.window.available} of ${count} B of ${what}`);
    } else if (this.window.missing > 0) {
      this.log.add('truncated', this.window.fileOffset, `${this.window.missing} B of ${what} missing`);
    }
    return Step.ended;
  }

  /** Checks what every record has; false when it is not handed out. */
  protected admit(at: number): boolean {
    const source = this.interfaces[this.interfaceId];
    if (source.linkType === LinkType.unsupported) {
      if (!this.log.again('link-type-unsupported')) this.log.add('link-type-unsupported', at, `link type ${source.fileLinkType}`);
      return false;
    }
    this.linkType = source.linkType;
    if (this.originalLength < this.length) {
      if (!this.log.again('original-length-invalid')) {
        this.log.add('original-length-invalid', at, `${this.originalLength} B on the wire, ${this.length} B in the file`);
      }
      this.originalLength = this.length;
    }
    if (this.seconds < 0 || this.seconds > 0xffffffff || this.nanos > 999_999_999) {
      if (!this.log.again('timestamp-invalid')) this.log.add('timestamp-invalid', at, `${this.seconds} s and ${this.nanos} ns`);
      this.seconds = Math.min(Math.max(this.seconds, 0), 0xffffffff);
      this.nanos = Math.min(this.nanos, 999_999_999);
    }
    return true;
  }

  #finish(): void {
    this.exhausted = true;
    if (this.window.failure !== null) this.log.add('read-failed', this.window.fileOffset, this.window.failure);
    if (this.packets === 0) this.log.add('no-packets', this.window.fileOffset, `${this.records} records`);
  }

  /** Closes the file. Bytes in memory stay readable. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.exhausted = true;
    this.window.close();
  }
}
