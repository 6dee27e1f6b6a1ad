/** What a regular expression says, once it is read; and what it is read by: flags, and mistakes with their place. */
import type { ByteSet } from './byte-set.js';

export const Assertion = { textStart: 0, lineStart: 1, textEnd: 2, textEndOrNewline: 3, lineEnd: 4, wordBorder: 5, noWordBorder: 6 } as const;

export type RegexNode =
  | { readonly kind: 'set'; readonly set: ByteSet }
  | { readonly kind: 'sequence'; readonly parts: readonly RegexNode[] }
  | { readonly kind: 'choice'; readonly parts: readonly RegexNode[] }
  | { readonly kind: 'repeat'; readonly body: RegexNode; readonly least: number; readonly most: number; readonly greedy: boolean }
  | { readonly kind: 'assertion'; readonly assertion: number };

export interface RegexFlags {
  ignoreCase: boolean;
  /** `.` is every byte. */
  dotAll: boolean;
  multiline: boolean;
  /** Blanks and comments in the expression are skipped. */
  extended: boolean;
  /** Quantifiers are lazy unless a `?` follows. */
  ungreedy: boolean;
  /** `$` is the very end only. */
  dollarEndOnly: boolean;
}

export const NO_FLAGS: RegexFlags = { ignoreCase: false, dotAll: false, multiline: false, extended: false, ungreedy: false, dollarEndOnly: false };

/** What is wrong with an expression, and where in it, from 0. */
export class RegexError extends Error {
  readonly offset: number;

  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}
