/** A tap: packets on one link of a running chain, as values or as pcapng. Main thread. */
import type { Writable } from 'node:stream';
import { Direction } from '../../memory/slot-layout.js';
import { NO_FUNCTION, type WatchedPacket } from '../../watch/record.js';
import { CaptureStream, verdictName, verdictText, type VerdictName } from './capture-stream.js';
import type { Names } from './watcher.js';

export interface TapOptions {
  /** Only packets that pass this filter (docs/watching.md), as they are on the link. Default: all. */
  filter?: string;
  /** Bytes kept of each packet, from 1. Default: all. */
  snapLength?: number;
  /** Packets that may wait for a reader, from 1. Default 1024. */
  capacity?: number;
}

/** A packet on a link, as it was there. */
export interface TappedPacket {
  bytes: Uint8Array;
  /** Milliseconds since 1970, with a fraction. */
  timestampMs: number;
  /** Bytes that it had on the wire. */
  originalLength: number;
  linkType: number;
  direction: 'forward' | 'reverse';
  flowId: number;
  /** The function at the near end of the link, and what it said of the packet; null behind a port. */
  by: string | null;
  verdict: VerdictName | null;
  /** Drop reason. */
  reason: string | null;
}

export interface TapSummary {
  /** Packets that were given to the reader. */
  packets: number;
  /** Packets that passed the filter and found no room. */
  skipped: number;
}

export const DEFAULT_TAP_CAPACITY = 1024;

export class Tap implements AsyncIterable<TappedPacket>, AsyncDisposable {
  readonly link: string;
  readonly #names: Names;
  readonly #snapLength: number;
  readonly #capacity: number;
  #stop: () => Promise<void>;
  readonly #waiting: WatchedPacket[] = [];
  #readers: (() => void)[] = [];
  #output: CaptureStream | null = null;
  #packets = 0;
  #skipped = 0;
  #isOver = false;
  #tellEnd: (summary: TapSummary) => void = () => undefined;
  /** Settles when the tap has ended, by `stop` or with the runtime. */
  readonly ended = new Promise<TapSummary>((resolve) => (this.#tellEnd = resolve));

  /** @internal Use `runtime.tap`. */
  constructor(link: string, names: Names, { snapLength = 0, capacity = DEFAULT_TAP_CAPACITY }: TapOptions) {
    for (const [name, value] of [['snapLength', snapLength === 0 ? 1 : snapLength], ['capacity', capacity]] as const) {
      if (!Number.isInteger(value) || value < 1) throw new RangeError(`${name} must be a whole number from 1, found ${value}`);
    }
    this.link = link;
    this.#names = names;
    this.#snapLength = snapLength;
    this.#capacity = capacity;
    this.#stop = () => Promise.resolve();
  }

  /** Packets that found no room here so far. Those that found none on their way here are known at the end. */
  get skipped(): number {
    return this.#skipped;
  }

  /** The next packet, or null when the tap has ended and all is read. */
  async receive(): Promise<TappedPacket | null> {
    for (;;) {
      const record = this.#waiting.shift();
      if (record !== undefined) {
        this.#packets++;
        return this.#tapped(record);
      }
      if (this.#isOver) return null;
      await new Promise<void>((resolve) => this.#readers.push(resolve));
    }
  }

  /** Leaving the loop ends the tap. */
  async *[Symbol.asyncIterator](): AsyncGenerator<TappedPacket> {
    try {
      for (let packet = await this.receive(); packet !== null; packet = await this.receive()) yield packet;
    } finally {
      await this.stop();
    }
  }

  /**
   * Writes what waits, and what comes from now on, as pcapng, the link being its interface, the verdicts its packet comments; at the end, how
   * many packets were skipped as interface statistics. The stream stays open; what it cannot take is skipped and counted.
   * @returns when the tap has ended. When the stream ends or fails, so does the tap.
   * @throws what the stream failed with.
   */
  async writeTo(stream: Writable): Promise<TapSummary> {
    if (this.#output !== null) throw new Error(`the tap on ${this.link} already writes to a stream`);
    const output = new CaptureStream(stream, [this.link]);
    this.#output = output;
    for (const record of this.#waiting.splice(0)) this.#write(output, record);
    let failure: Error | null = null;
    const fail = (error: Error): void => {
      failure ??= error;
      void this.stop();
    };
    const close = (): void => void this.stop();
    stream.on('error', fail).on('close', close);
    const summary = await this.ended;
    stream.off('close', close);
    // A stream that fails later is its owner's to hear.
    stream.off('error', fail);
    if (failure !== null) throw failure as Error;
    return summary;
  }

  /** Ends the tap. What was seen until now can still be read. */
  async stop(): Promise<TapSummary> {
    await this.#stop();
    return this.ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  /** @internal What ends it. */
  endsBy(stop: () => Promise<void>): void {
    this.#stop = stop;
  }

  /** @internal */
  hasRoom(): boolean {
    const has = this.#output === null ? this.#waiting.length < this.#capacity : this.#output.hasRoom;
    if (!has) this.#skipped++;
    return has;
  }

  /** @internal */
  take(record: WatchedPacket): void {
    if (this.#output === null) this.#waiting.push(record);
    else this.#write(this.#output, record);
  }

  #write(output: CaptureStream, record: WatchedPacket): void {
    const { by, reason } = this.#tapped(record);
    output.write(record, 0, by === null ? '' : verdictText(by, record.verdict, reason ?? ''), this.#snapLength);
    this.#packets++;
  }

  #tapped(record: WatchedPacket): TappedPacket {
    const by = record.function === NO_FUNCTION ? null : this.#names.functions[record.function];
    return {
      bytes: this.#snapLength === 0 ? record.bytes : record.bytes.subarray(0, this.#snapLength),
      timestampMs: record.seconds * 1000 + record.nanos / 1e6,
      originalLength: record.originalLength,
      linkType: record.linkType,
      direction: record.direction === Direction.forward ? 'forward' : 'reverse',
      flowId: record.flowId,
      by,
      verdict: by === null ? null : verdictName(record.verdict),
      reason: record.reason === 0 ? null : this.#names.drops[record.reason],
    };
  }

  /** @internal */
  settle(): void {
    this.#output?.flush();
    for (const wake of this.#readers.splice(0)) wake();
  }

  /** @internal */
  end(skippedInRings: number): void {
    this.#isOver = true;
    this.#skipped += skippedInRings;
    this.#output?.end(this.#skipped);
    for (const wake of this.#readers.splice(0)) wake();
    this.#tellEnd({ packets: this.#packets + this.#waiting.length, skipped: this.#skipped });
  }
}
