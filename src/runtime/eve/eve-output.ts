/** Where EVE goes: a file, or whatever takes text. Main thread, and bounded: what is written is never held for long. */
import { closeSync, openSync, writeSync } from 'node:fs';
import { resolve } from 'node:path';
import { ConfigurationError } from '../problems.js';

/** Takes text: `process.stdout`, a stream. */
export interface EveTarget {
  write(text: string): unknown;
}

/** One write for many records: a system call each would be most of the cost. */
const BATCH_CHARACTERS = 65_536;

export class EveOutput {
  readonly #target: EveTarget;
  readonly #close: () => void;
  #lines: string[] = [];
  #characters = 0;

  private constructor(target: EveTarget, close: () => void) {
    this.#target = target;
    this.#close = close;
  }

  /**
   * @param target a file name, relative to the directory, or something to write to
   * @throws ConfigurationError when the file cannot be written
   */
  static open(target: string | EveTarget, baseDirectory: string): EveOutput {
    if (typeof target !== 'string') return new EveOutput(target, () => undefined);
    const path = resolve(baseDirectory, target);
    try {
      const file = openSync(path, 'w');
      return new EveOutput({ write: (text) => writeAll(file, Buffer.from(text)) }, () => { closeSync(file); });
    } catch (cause) {
      const message = `${path} cannot be written: ${cause instanceof Error ? cause.message : String(cause)}`;
      throw new ConfigurationError([{ code: 'write-impossible', place: 'eve', found: path, expected: 'a place for a file', message }], { cause });
    }
  }

  readonly write = (line: string): void => {
    this.#lines.push(line);
    this.#characters += line.length;
    if (this.#characters >= BATCH_CHARACTERS) this.flush();
  };

  flush(): void {
    if (this.#lines.length === 0) return;
    const text = this.#lines.join('');
    this.#lines = [];
    this.#characters = 0;
    this.#target.write(text);
  }

  close(): void {
    this.flush();
    this.#close();
  }
}

function writeAll(file: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
}
