/**
 * Writes captures: pcapng, or classic nanosecond pcap for names that end in `.pcap`. Records are collected in a buffer
 * and written synchronously when it is full or the owner says so. What the system says no to is not thrown: the
 * records since the last successful write are lost, the file is cut back to it, and the writer takes nothing any more.
 */
import { closeSync, fstatSync, ftruncateSync, openSync, statSync, writeSync } from 'node:fs';
import { BlockCopier } from '../../memory/block-copier.js';
import { CaptureError, type CaptureProblem, ProblemLog, systemReason } from './capture-error.js';

/** Records are collected up to this many bytes: a burst of full frames is one write. */
export const WRITE_BUFFER_BYTES = 1024 * 1024;
/** Longest that a comment may be, by the 16-bit length of an option; longer ones are cut. */
const MAX_COMMENT_BYTES = 65_528;

/** What is written of a packet, beside its bytes. */
export interface RecordMeta {
  originalLength: number;
  /** Since 1970, 32 bit. */
  seconds: number;
  nanos: number;
  /** As in slot headers. */
  linkType: number;
  ingressPort: number;
  interfaceId: number;
}

/** What became of a record. */
export const Written = { yes: 0, linkTypeMismatch: 1, failed: 2 } as const;

/** Takes what a file would, in pieces, for as long as it is not told to stop. */
export type ByteSink = (bytes: Uint8Array) => void;

export abstract class CaptureWriter {
  /** Told once, when the system takes nothing any more, what it said. */
  onFailure: (why: string) => void = () => undefined;
  protected readonly buffer = new Uint8Array(WRITE_BUFFER_BYTES);
  protected readonly view = new DataView(this.buffer.buffer);
  /** Bytes collected and not yet written. */
  protected used = 0;
  /** Of the file; -1 when there is a sink in its place. */
  readonly #descriptor: number = -1;
  readonly #regular: boolean = false;
  readonly #sink: ByteSink | null = null;
  /** Bytes that are safely in the file. */
  #written = 0;
  /** Records since then. */
  #unsafe = 0;
  #failed = false;
  readonly #log = new ProblemLog();
  readonly #copier = new BlockCopier();

  /**
   * @param target the path of a file, or something that takes its bytes.
   * @throws CaptureError when the file cannot be created, or is one of `reading`.
   */
  constructor(target: string | ByteSink, reading: readonly string[]) {
    if (typeof target !== 'string') {
      this.#sink = target;
      return;
    }
    const path = target;
    const refusal = refuseToWrite(path, reading);
    if (refusal !== null) throw refusal;
    try {
      this.#descriptor = openSync(path, 'w');
    } catch (error) {
      throw new CaptureError('capture-unwritable', path, 'the capture cannot be written', systemReason(error), 'a file that can be created', error);
    }
    this.#regular = fstatSync(this.#descriptor).isFile();
  }

  get failed(): boolean {
    return this.#failed;
  }

  /** What the system said, and how many records are not in the file for it; null: nothing. */
  get failure(): { why: string; lost: number } | null {
    const problem = this.#log.list().find(({ kind }) => kind === 'write-failed');
    return problem === undefined ? null : { why: problem.detail, lost: problem.count };
  }

  get problems(): CaptureProblem[] {
    return this.#log.list();
  }

  /** Whether a record of that many bytes, comment included, needs a `flush` first. */
  isFull(length: number, comment: Uint8Array | null = null): boolean {
    return this.used + this.recordBytes(length, comment) > this.buffer.length;
  }

  /**
   * Collects a record. Call `flush` first if `isFull`.
   * @returns `Written.yes`, or why the record is not taken.
   */
  write(bytes: Uint8Array, start: number, length: number, meta: RecordMeta, comment: Uint8Array | null = null): number {
    if (this.#failed) {
      this.#log.again('write-failed');
      return Written.failed;
    }
    const outcome = this.append(bytes, start, length, meta, comment);
    if (outcome === Written.yes) this.#unsafe++;
    return outcome;
  }

  /** Most bytes that a record takes in the file, with what must be written in front of it. */
  protected abstract recordBytes(length: number, comment: Uint8Array | null): number;
  protected abstract append(bytes: Uint8Array, start: number, length: number, meta: RecordMeta, comment: Uint8Array | null): number;
  /** Writes what a file without records needs. */
  protected abstract finish(): void;

  protected copyIn(bytes: Uint8Array, start: number, length: number): void {
    this.#copier.copy(bytes, start, this.buffer, this.used, length);
    this.used += length;
  }

  /** Writes what was collected. False when that failed: all of it is lost. */
  flush(): boolean {
    if (this.#failed) return false;
    if (this.#sink !== null) {
      if (this.used > 0) this.#sink(this.buffer.slice(0, this.used));
      this.used = 0;
      return true;
    }
    let done = 0;
    try {
      while (done < this.used) done += writeSync(this.#descriptor, this.buffer, done, this.used - done);
      this.#written += done;
    } catch (error) {
      this.#failed = true;
      const why = systemReason(error);
      this.#log.add('write-failed', this.#written, why, this.#unsafe);
      this.#cutBack();
      this.onFailure(why);
    }
    this.used = 0;
    this.#unsafe = 0;
    return !this.#failed;
  }

  /** Half a record at the end would make the file unreadable from there on. */
  #cutBack(): void {
    if (!this.#regular) return;
    try {
      ftruncateSync(this.#descriptor, this.#written);
    } catch (error) {
      this.#log.add('write-failed', this.#written, systemReason(error), 0);
    }
  }

  /** Writes the rest and closes the file. False when something could not be written. */
  close(): boolean {
    if (!this.#failed) this.finish();
    const flushed = this.flush();
    if (this.#descriptor >= 0) closeSync(this.#descriptor);
    return flushed;
  }
}

/** The bytes of a comment, cut to what an option can hold. */
export function encodeComment(text: string): Uint8Array {
  return new TextEncoder().encode(text).subarray(0, MAX_COMMENT_BYTES);
}

/**
 * Why a capture may not be written to a path, or null: it would overwrite a file that is read, has a name that
 * promises compression, or lies where nothing can be created. For configuration checks; creates nothing.
 */
export function refuseToWrite(path: string, reading: readonly string[]): CaptureError | null {
  if (/\.(gz|zst|lz4|xz|bz2)$/.test(path)) {
    return new CaptureError('capture-unwritable', path, 'captures are written uncompressed', `a name that ends in ${path.slice(path.lastIndexOf('.'))}`, 'a name like out.pcapng or out.pcap');
  }
  const target = statSync(path, { throwIfNoEntry: false });
  if (target === undefined) return null;
  if (target.isDirectory()) return new CaptureError('capture-unwritable', path, 'the capture cannot be written', 'a directory', 'a file that can be created');
  for (const each of reading) {
    const source = statSync(each, { throwIfNoEntry: false });
    if (source !== undefined && target.isFile() && source.dev === target.dev && source.ino === target.ino) {
      return new CaptureError('capture-unwritable', path, 'the capture that is being read would be overwritten', `the same file as ${each}`, 'another file');
    }
  }
  return null;
}
