/** Where a tap's packets go. What comes is whole blocks of pcapng, and only whole blocks stay in a file: so it can be read however the tap ends. */
import { once } from 'node:events';
import { open, type FileHandle } from 'node:fs/promises';

export interface CaptureOutput {
  /** Packets in it; for a pipe, given to it. */
  readonly packets: number;
  /** Takes whole blocks, one chunk after the other. @throws what the system says when it takes no more. */
  write: (chunk: Buffer) => Promise<void>;
  /** Waits for what is being written, unless that waits for a reader. */
  close: () => Promise<void>;
}

export class StreamOutput implements CaptureOutput {
  packets = 0;
  readonly #stream: NodeJS.WritableStream;

  constructor(stream: NodeJS.WritableStream) {
    this.#stream = stream;
  }

  async write(chunk: Buffer): Promise<void> {
    this.packets += wholeBlocks(chunk, chunk.length).packets;
    if (!this.#stream.write(chunk)) await once(this.#stream, 'drain');
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** Made when there is something to write: a tap that never began leaves what was there. */
export class FileOutput implements CaptureOutput {
  packets = 0;
  readonly #path: string;
  #file: FileHandle | null = null;
  /** Others, a FIFO say, cannot be cut, and may make a writer wait for ever. */
  #isRegular = true;
  #writing: Promise<void> = Promise.resolve();
  /** Bytes of the blocks that are in it. */
  #bytes = 0;

  constructor(path: string) {
    this.#path = path;
  }

  write(chunk: Buffer): Promise<void> {
    this.#writing = this.#write(chunk);
    return this.#writing;
  }

  async #write(chunk: Buffer): Promise<void> {
    let done = 0;
    try {
      if (this.#file === null) {
        this.#file = await open(this.#path, 'w');
        this.#isRegular = (await this.#file.stat()).isFile();
      }
      while (done < chunk.length) done += (await this.#file.write(chunk, done)).bytesWritten;
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new Error(`${this.#path} cannot be written: ${why}`, { cause: error });
    } finally {
      const { bytes, packets } = wholeBlocks(chunk, done);
      this.packets += packets;
      this.#bytes += bytes;
      if (done > bytes && this.#isRegular) await this.#file?.truncate(this.#bytes);
    }
  }

  async close(): Promise<void> {
    if (!this.#isRegular) return;
    await this.#writing.catch(() => undefined); // whoever writes has heard of it
    await this.#file?.close();
  }
}

const ENHANCED_PACKET = 6;

/** How many bytes of the first `length` are whole blocks, and how many packets are in them. */
function wholeBlocks(chunk: Buffer, length: number): { bytes: number; packets: number } {
  let bytes = 0;
  let packets = 0;
  while (bytes + 8 <= length) {
    const next = bytes + chunk.readUInt32LE(bytes + 4);
    if (next > length || next === bytes) break;
    if (chunk.readUInt32LE(bytes) === ENHANCED_PACKET) packets++;
    bytes = next;
  }
  return { bytes, packets };
}
