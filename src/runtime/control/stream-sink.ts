/** Where a command that answers by a stream of bytes writes them. It never waits for the reader: what the reader does not take in time is refused. */
import type { Socket } from 'node:net';
import { MAX_CHUNK_BYTES, chunkHeader } from './protocol.js';

/** What waits for a slow reader at most. */
const MAX_WAITING_BYTES = 4 * 1024 * 1024;

export class StreamSink {
  /** Aborted when the client has gone, or the instance ends: the command should come to its end. */
  readonly signal: AbortSignal;
  readonly #socket: Socket;

  constructor(socket: Socket, signal: AbortSignal) {
    this.#socket = socket;
    this.signal = signal;
  }

  /** The client is gone. One that has only closed its writing side, to say that it wants no more, still reads what ends the stream. */
  get isClosed(): boolean {
    return !this.#socket.writable;
  }

  /** @returns false when the reader is behind, and the chunk was left out. Count that. Empty chunks are nothing. */
  write(chunk: Uint8Array): boolean {
    if (chunk.length === 0) return true;
    if (chunk.length > MAX_CHUNK_BYTES) throw new RangeError(`a chunk has at most ${MAX_CHUNK_BYTES} bytes, found ${chunk.length}`);
    if (this.isClosed || this.#socket.writableLength + chunk.length > MAX_WAITING_BYTES) return false;
    this.#socket.cork();
    this.#socket.write(chunkHeader(chunk.length));
    this.#socket.write(chunk);
    this.#socket.uncork();
    return true;
  }
}
