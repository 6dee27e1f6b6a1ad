/** Records as pcapng, into a file or a stream. Bounded: when a stream does not keep up, there is no room. Main thread. */
import type { Writable } from 'node:stream';
import { InterfaceDirectory } from '../../port/capture/interfaces.js';
import { PcapngWriter } from '../../port/capture/pcapng-writer.js';
import type { CaptureInterface } from '../../port/capture/reader.js';
import { encodeComment, type RecordMeta } from '../../port/capture/writer.js';
import { LinkType, VerdictKind } from '../../memory/slot-layout.js';
import type { WatchedPacket } from '../../watch/record.js';

/** Where captures go: a file by name, or a stream. */
export type CaptureTarget = string | Writable;

/** Bytes that may wait for a stream's reader. */
const MAX_WAITING_BYTES = 16 * 1024 * 1024;

/** Calls interfaces by the port with their index. */
class PortNames extends InterfaceDirectory {
  readonly #names: readonly string[];

  constructor(names: readonly string[]) {
    super();
    this.#names = names;
  }

  override find(portIndex: number): CaptureInterface | undefined {
    const name = this.#names[portIndex];
    return name === undefined ? undefined : { name, fileLinkType: 0, linkType: 0, snapLength: 0, resolution: 9, offsetSeconds: 0 };
  }
}

export class CaptureStream {
  readonly #writer: PcapngWriter;
  readonly #stream: Writable | null;
  /** Of the last packet: its interface gets the statistics. */
  readonly #meta: RecordMeta = { originalLength: 0, seconds: 0, nanos: 0, linkType: LinkType.ethernet, ingressPort: 0, interfaceId: 0 };
  #taken = 0;

  /**
   * @param interfaces names of the interfaces, by the number that `write` is given.
   * @param reading files that must not be overwritten.
   * @throws CaptureError when the file cannot be created.
   */
  constructor(target: CaptureTarget, interfaces: readonly string[], reading: readonly string[] = []) {
    const directory = new PortNames(interfaces);
    this.#stream = typeof target === 'string' ? null : target;
    this.#writer = new PcapngWriter(typeof target === 'string' ? target : (bytes) => void target.write(bytes), reading, directory);
    this.#writer.begin();
    this.#writer.flush();
  }

  /** Records that are in the file, or will be if nothing goes wrong. */
  get written(): number {
    return this.#taken - (this.failure?.lost ?? 0);
  }

  get failure(): { why: string; lost: number } | null {
    return this.#writer.failure;
  }

  get hasRoom(): boolean {
    if (this.#stream === null) return !this.#writer.failed;
    return this.#stream.writableLength < MAX_WAITING_BYTES && !this.#stream.destroyed && !this.#stream.writableEnded;
  }

  /** @param snapLength bytes kept at most; 0 for all. */
  write(record: WatchedPacket, interfaceNumber: number, comment: string, snapLength = 0): void {
    const meta = this.#meta;
    meta.originalLength = record.originalLength;
    meta.seconds = record.seconds;
    meta.nanos = record.nanos;
    meta.linkType = record.linkType;
    meta.ingressPort = interfaceNumber;
    const length = snapLength === 0 ? record.bytes.length : Math.min(snapLength, record.bytes.length);
    const encoded = comment === '' ? null : encodeComment(comment);
    if (this.#writer.isFull(length, encoded)) this.#writer.flush();
    this.#writer.write(record.bytes, 0, length, meta, encoded);
    this.#taken++;
  }

  flush(): void {
    if (this.hasRoom) this.#writer.flush();
  }

  /**
   * Writes the statistics and closes a file; a stream stays open for its owner.
   * @param skipped packets that found no room: shown with the interface of the last packet.
   */
  end(skipped: number): void {
    if (this.#stream?.destroyed === true || this.#stream?.writableEnded === true) return;
    this.#writer.statistics(this.#meta, this.written + skipped, skipped);
    this.#writer.close();
  }
}

const KINDS = ['forward', 'drop', 'reply'] as const;
export type VerdictName = (typeof KINDS)[number];

export function verdictName(kind: number): VerdictName {
  return KINDS[kind] ?? 'drop';
}

/** `firewall: drop, firewall-denied`. */
export function verdictText(by: string, verdict: number, reason: string): string {
  return `${by}: ${verdictName(verdict)}${verdict === VerdictKind.forward ? '' : `, ${reason}`}`;
}
