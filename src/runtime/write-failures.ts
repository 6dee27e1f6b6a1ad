/** Files that a run could not write on, a full disk most often: told at once, and why a run that is otherwise done has failed. Main thread. */

export interface WriteFailure {
  /** A port, the file for dropped packets, or the EVE log. */
  readonly what: 'port' | 'writeDrops' | 'eve';
  readonly port?: string;
  readonly file: string;
  /** What the system said. */
  readonly why: string;
  /** Packets or records that are missing for it. */
  readonly lost: number;
}

export function describeWriteFailure({ what, port, file, why, lost }: WriteFailure): string {
  const count = lost.toLocaleString('en-US');
  switch (what) {
    case 'port':
      return `port '${port}' could not write ${file}: ${why}; ${count} of its packets were dropped as egress-failed`;
    case 'writeDrops':
      return `dropped packets could not be kept in ${file}: ${why}; ${count} are missing there`;
    case 'eve':
      return `the EVE log could not be written to ${file}: ${why}; ${count} records are missing there`;
  }
}

export class WriteFailures {
  readonly #sources: readonly (() => WriteFailure | null)[];
  readonly #told = new Set<number>();

  constructor(sources: readonly (() => WriteFailure | null)[]) {
    this.#sources = sources;
  }

  /** Those that have come since the last call. */
  news(): WriteFailure[] {
    return this.#sources.flatMap((source, at) => {
      const failure = this.#told.has(at) ? null : source();
      if (failure === null) return [];
      this.#told.add(at);
      return [failure];
    });
  }

  all(): WriteFailure[] {
    return this.#sources.flatMap((source) => source() ?? []);
  }
}
