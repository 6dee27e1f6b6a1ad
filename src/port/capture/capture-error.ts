/** What can be wrong with a capture: an error when nothing can be read, a counted problem when something can. */

/** Codes of the errors that keep a capture from being used at all. */
export type CaptureErrorCode = 'capture-unreadable' | 'capture-format' | 'capture-too-large' | 'capture-unwritable';

/** The capture cannot be opened. The message says what, where, what was found and what was expected. */
export class CaptureError extends Error {
  override name = 'CaptureError';
  readonly code: CaptureErrorCode;
  readonly path: string;
  /** What is wrong, in a sentence without a full stop. */
  readonly what: string;
  readonly found: string;
  readonly expected: string;

  constructor(code: CaptureErrorCode, path: string, what: string, found: string, expected: string, cause?: unknown) {
    super(`${path}: ${what}: found ${found}, expected ${expected}`, cause === undefined ? undefined : { cause });
    this.code = code;
    this.path = path;
    this.what = what;
    this.found = found;
    this.expected = expected;
  }
}

/** Everything that can be wrong in a capture that is read nevertheless, with the meaning of its count. */
export const CAPTURE_PROBLEMS = {
  'truncated': 'the file ends inside a header, record or block',
  'read-failed': 'the system could not read on; nothing after this place was read',
  'gzip-damaged': 'the compressed data end early or are damaged; what came before was read',
  'record-length-invalid': 'records whose length cannot be true; in pcap nothing after the first can be found again',
  'original-length-invalid': 'records that say they were shorter on the wire than in the file; the longer figure was used',
  'block-length-invalid': 'blocks whose length cannot be true; the rest of the file was not read',
  'block-trailer-mismatch': 'blocks whose two lengths differ; the first was believed',
  'block-unknown': 'blocks of an unknown type, skipped',
  'block-malformed': 'blocks too short for their type, skipped',
  'section-unsupported': 'a section of unknown byte order or version; the rest of the file was not read',
  'interface-unknown': 'records of an interface that the section does not describe, skipped',
  'interfaces-too-many': 'interfaces beyond the limit; their records were skipped',
  'link-type-unsupported': 'records of a link type that is not read, skipped',
  'timestamp-invalid': 'records with a time that cannot be told in 32 bit of seconds; the nearest time was used',
  'no-packets': 'the capture holds no packet that can be read',
  'write-failed': 'packets that the system could not write: those after this place, dropped as egress-failed',
} as const;

export type CaptureProblemKind = keyof typeof CAPTURE_PROBLEMS;

export interface CaptureProblem {
  kind: CaptureProblemKind;
  /** How many records or blocks it happened to. */
  count: number;
  /** Byte offset of the first, in the file (of gzip: in what it inflates to). */
  firstAt: number;
  /** What was found there first. */
  detail: string;
}

/** What the system said, without the name of the call and of the file. */
export function systemReason(error: unknown): string {
  return error instanceof Error ? error.message.replace(/^(E[A-Z0-9]+: .*?), [a-z]+( '.*')?$/, '$1') : String(error);
}

/** Problems of one file, one entry a kind. */
export class ProblemLog {
  readonly #byKind = new Map<CaptureProblemKind, CaptureProblem>();

  add(kind: CaptureProblemKind, at: number, detail: string, count = 1): void {
    const known = this.#byKind.get(kind);
    if (known === undefined) this.#byKind.set(kind, { kind, count, firstAt: at, detail });
    else known.count += count;
  }

  /** Counts one more without building a text for it; false when it is the first, which needs one. */
  again(kind: CaptureProblemKind): boolean {
    const known = this.#byKind.get(kind);
    if (known !== undefined) known.count++;
    return known !== undefined;
  }

  count(kind: CaptureProblemKind): number {
    return this.#byKind.get(kind)?.count ?? 0;
  }

  list(): CaptureProblem[] {
    return [...this.#byKind.values()];
  }
}
