/** Where EVE goes: a file, or whatever takes text. Main thread, and bounded: what is written is never held for long. */
import { closeSync, fstatSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { resolve } from 'node:path';
import { systemReason } from '../../port/capture/capture-error.js';
import { ConfigurationError } from '../problems.js';

/** Takes text: `process.stdout`, a stream. */
export interface EveTarget {
  write(text: string): unknown;
}

/** One write for many records: a system call each would be most of the cost. */
const BATCH_CHARACTERS = 65_536;

export class EveOutput {
  /** How problems call it. */
  readonly name: string;
  readonly #target: EveTarget;
  readonly #close: () => void;
  #lines: string[] = [];
  #characters = 0;
  #failure: { why: string; lost: number } | null = null;

  private constructor(name: string, target: EveTarget, close: () => void) {
    this.name = name;
    this.#target = target;
    this.#close = close;
  }

  /**
   * @param target a file name, relative to the directory, or something to write to
   * @throws ConfigurationError when the file cannot be written
   */
  static open(target: string | EveTarget, baseDirectory: string): EveOutput {
    if (typeof target !== 'string') return new EveOutput('a stream', target, () => undefined);
    const path = resolve(baseDirectory, target);
    try {
      const file = new LineFile(openSync(path, 'w'));
      return new EveOutput(path, file, () => { file.close(); });
    } catch (cause) {
      const message = `${path} cannot be written`;
      throw new ConfigurationError([{ code: 'write-impossible', place: 'eve', found: systemReason(cause), expected: 'a place for a file', message }], { cause });
    }
  }

  /** Why it ends early, and how many records are missing; null: it does not. */
  get failure(): { why: string; lost: number } | null {
    return this.#failure;
  }

  readonly write = (line: string): void => {
    if (this.#failure !== null) {
      this.#failure.lost++;
      return;
    }
    this.#lines.push(line);
    this.#characters += line.length;
    if (this.#characters >= BATCH_CHARACTERS) this.flush();
  };

  /** A full disk must not stop the traffic: nothing more is written then, and what is missing is counted. */
  flush(): void {
    if (this.#lines.length === 0) return;
    const lines = this.#lines;
    this.#lines = [];
    this.#characters = 0;
    try {
      this.#target.write(lines.join(''));
    } catch (error) {
      this.#failure = { why: systemReason(error), lost: lines.length };
    }
  }

  close(): void {
    this.flush();
    this.#close();
  }
}

/** A file that holds whole lines whatever happens. */
class LineFile implements EveTarget {
  readonly #descriptor: number;
  /** Bytes that are safely in it. */
  #written = 0;

  constructor(descriptor: number) {
    this.#descriptor = descriptor;
  }

  /** @throws what the system says: nothing of the text is in the file then. */
  write(text: string): void {
    const bytes = Buffer.from(text);
    try {
      for (let at = 0; at < bytes.length; ) at += writeSync(this.#descriptor, bytes, at);
    } catch (error) {
      if (fstatSync(this.#descriptor).isFile()) ftruncateSync(this.#descriptor, this.#written);
      throw error;
    }
    this.#written += bytes.length;
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}
