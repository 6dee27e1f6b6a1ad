/**
 * The chain file that is in force: that of the start until another one is applied. Whatever asks for the configuration to be read again
 * (`apply` without a file, SIGHUP) means this one, and `millrace ps` shows it.
 */
import { resolve } from 'node:path';
import type { Changes } from './compare-plans.js';
import type { Configuration } from './configuration.js';
import type { ConfigurationSource } from './place.js';

/** A runtime is one. */
interface Running {
  apply(configuration: Configuration, options: { source: ConfigurationSource; baseDirectory: string }): Promise<Changes>;
}

export class FileInForce {
  #file: string;
  #shown: string;
  /** Settles when no call is under way: each finds the file in force that the one before it has left. */
  #last: Promise<unknown> = Promise.resolve();
  readonly #override: (document: unknown) => unknown;

  /**
   * @param file as the user named it, from the working directory.
   * @param override changes each document that is read before it is put in force. @throws ConfigurationError.
   */
  constructor(file: string, override: (document: unknown) => unknown = (document) => document) {
    this.#file = resolve(file);
    this.#shown = file;
    this.#override = override;
  }

  /** Absolute. */
  get file(): string {
    return this.#file;
  }

  /**
   * Puts a file in force in what runs, by default the one that is, as it reads now.
   * @param file absolute. @param shown how problems name it.
   * @throws ConfigurationError when it has mistakes, or wants what needs a restart; nothing is changed then.
   */
  apply(runtime: Running, file?: string, shown?: string): Promise<Changes> {
    const applied = this.#last.then(async () => this.#applyNow(runtime, file ?? this.#file, shown));
    this.#last = applied.catch(() => undefined);
    return applied;
  }

  async #applyNow(runtime: Running, file: string, shown = file === this.#file ? this.#shown : file): Promise<Changes> {
    // Commands that read no file start sooner without.
    const { readConfiguration } = await import('./yaml.js');
    const { document, source, baseDirectory } = await readConfiguration(file, shown);
    const changes = await runtime.apply(this.#override(document) as Configuration, { source, baseDirectory });
    if (file !== this.#file) {
      this.#file = file;
      // Who named it may have another working directory.
      this.#shown = file;
    }
    return changes;
  }
}
