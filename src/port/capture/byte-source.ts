/**
 * Where a capture's bytes come from: a file, or what a gzip file inflates to. Reading is synchronous, because a port
 * lives in the manager's thread, which never returns to an event loop. Node has no synchronous inflater that keeps its
 * state between calls, so gzip is inflated whole when it is opened, up to a stated limit.
 */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { constants as zlib, gunzipSync } from 'node:zlib';
import { CaptureError } from './capture-error.js';

/** Most bytes that a gzip file may inflate to: it is all held in memory while the capture is read. */
export const MAX_INFLATED_BYTES = 512 * 1024 * 1024;

export interface ByteSource {
  /** Bytes in all, when that is known before reading. */
  readonly sizeBytes: number | null;
  /** Whether the file was gzip. */
  readonly compressed: boolean;
  /** Why compressed data could not be inflated to their end. */
  readonly damage: string | null;
  /** Reads up to `length` bytes to `into` at `offset`; 0 at the end; -1 when there is nothing yet. @throws what the system says. */
  read(into: Uint8Array, offset: number, length: number): number;
  /** From now on `read` does not wait for a stream that has nothing yet. */
  hasten(): void;
  close(): void;
}

/** The standard input as a file: opened anew, a pipe can be read without waiting for it. */
export const STANDARD_INPUT = '/dev/stdin';
/** How often a stream that has nothing yet is looked at while it is waited for. */
const LOOK_AGAIN_MS = 10;
const nobody = new Int32Array(new SharedArrayBuffer(4));

function openForReading(path: string): number {
  if (path !== STANDARD_INPUT) return openSync(path, 'r');
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    // A socket cannot be opened by its path: it is read as it was handed down, and waited for.
    if ((error as NodeJS.ErrnoException).code === 'ENXIO') return 0;
    throw error;
  }
}

class FileSource implements ByteSource {
  readonly sizeBytes: number | null;
  readonly compressed = false;
  readonly damage = null;
  readonly #descriptor: number;
  /** Bytes already taken from the file to look at its magic number. */
  #start: Uint8Array;
  #patient = true;

  constructor(descriptor: number, start: Uint8Array, sizeBytes: number | null) {
    this.#descriptor = descriptor;
    this.#start = start;
    this.sizeBytes = sizeBytes;
  }

  read(into: Uint8Array, offset: number, length: number): number {
    if (this.#start.length > 0) {
      const part = this.#start.subarray(0, length);
      into.set(part, offset);
      this.#start = this.#start.subarray(part.length);
      return part.length;
    }
    for (;;) {
      try {
        return readSync(this.#descriptor, into, offset, length, null);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
        if (!this.#patient) return -1;
        Atomics.wait(nobody, 0, 0, LOOK_AGAIN_MS); // a pause: no partner
      }
    }
  }

  hasten(): void {
    this.#patient = false;
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}

class InflatedSource implements ByteSource {
  readonly compressed = true;
  readonly damage: string | null;
  #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array, damage: string | null) {
    this.#bytes = bytes;
    this.damage = damage;
  }

  get sizeBytes(): number {
    return this.#bytes.length;
  }

  read(into: Uint8Array, offset: number, length: number): number {
    const part = this.#bytes.subarray(this.#at, this.#at + length);
    into.set(part, offset);
    this.#at += part.length;
    return part.length;
  }

  hasten(): void {
    // All of it is here.
  }

  close(): void {
    this.#bytes = new Uint8Array(0);
  }
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Reads to the end. Stops beyond `limit` bytes. */
function readAll(source: ByteSource, limit: number): Uint8Array {
  const parts: Uint8Array[] = [];
  let total = 0;
  while (total <= limit) {
    const part = new Uint8Array(Math.min(1 << 20, limit + 1 - total));
    const count = part.length === 0 ? 0 : source.read(part, 0, part.length);
    if (count === 0) break;
    parts.push(part.subarray(0, count));
    total += count;
  }
  return Buffer.concat(parts, total);
}

function inflate(path: string, packed: Uint8Array, limit: number): InflatedSource {
  const options = { maxOutputLength: limit, chunkSize: 1 << 20 };
  try {
    return new InflatedSource(gunzipSync(packed, options), null);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') {
      throw new CaptureError('capture-too-large', path, 'the gzip file is too large', `more than ${limit} B when inflated`, `at most ${limit} B; inflate it first (gunzip)`, error);
    }
    return salvage(packed, options, reasonOf(error));
  }
}

/** Inflates the longest beginning that is sound. */
function salvage(packed: Uint8Array, options: { maxOutputLength: number; chunkSize: number }, reason: string): InflatedSource {
  // With a sync flush at the end, data that merely end early give what they have instead of an error.
  const attempt = (length: number): Uint8Array | null => {
    try {
      return gunzipSync(packed.subarray(0, length), { ...options, finishFlush: zlib.Z_SYNC_FLUSH });
    } catch {
      return null;
    }
  };
  let good = 0;
  let bad = packed.length + 1;
  let bytes: Uint8Array = new Uint8Array(0);
  // The whole first: most damaged files merely end early.
  for (let length = packed.length; bad - good > 1; length = (good + bad) >>> 1) {
    const sound = attempt(length);
    if (sound === null) bad = length;
    else {
      good = length;
      bytes = sound;
    }
  }
  return new InflatedSource(bytes, `after ${good} of ${packed.length} B of compressed data: ${reason}`);
}

/**
 * Opens a file for reading, through gzip if it is that.
 * @throws CaptureError when it cannot be opened, or inflates to more than `limit` bytes.
 */
export function openSource(path: string, limit = MAX_INFLATED_BYTES): ByteSource {
  let descriptor: number;
  try {
    descriptor = openForReading(path);
  } catch (error) {
    throw new CaptureError('capture-unreadable', path, 'the capture cannot be opened', reasonOf(error), 'a readable capture file', error);
  }
  try {
    const status = fstatSync(descriptor);
    if (status.isDirectory()) throw new CaptureError('capture-unreadable', path, 'the capture cannot be opened', 'a directory', 'a readable capture file');
    const start = new Uint8Array(4);
    const unread = new FileSource(descriptor, new Uint8Array(0), null);
    let count = 0;
    for (let more = 1; count < 4 && more > 0; count += more) more = unread.read(start, count, 4 - count);
    const file = new FileSource(descriptor, start.subarray(0, count), status.isFile() ? status.size : null);
    if (count < 2 || start[0] !== 0x1f || start[1] !== 0x8b) return file;
    const packed = readAll(file, limit);
    if (packed.length > limit) {
      throw new CaptureError('capture-too-large', path, 'the gzip file is too large', `more than ${limit} B`, `at most ${limit} B; inflate it first (gunzip)`);
    }
    const inflated = inflate(path, packed, limit);
    file.close();
    return inflated;
  } catch (error) {
    closeSync(descriptor);
    if (error instanceof CaptureError) throw error;
    throw new CaptureError('capture-unreadable', path, 'the capture cannot be read', reasonOf(error), 'a readable capture file', error);
  }
}
