/** Sets of bytes, for regular expressions: 256 bits. */
export class ByteSet {
  readonly words = new Uint32Array(8);

  static of(...bytes: readonly number[]): ByteSet {
    const set = new ByteSet();
    for (const byte of bytes) set.add(byte);
    return set;
  }

  static range(from: number, to: number): ByteSet {
    const set = new ByteSet();
    for (let byte = from; byte <= to; byte++) set.add(byte);
    return set;
  }

  add(byte: number): void {
    this.words[byte >> 5] |= 1 << (byte & 31);
  }

  has(byte: number): boolean {
    return (this.words[byte >> 5] & (1 << (byte & 31))) !== 0;
  }

  /** Adds all of another set. */
  unite(other: ByteSet): this {
    for (let k = 0; k < 8; k++) this.words[k] |= other.words[k];
    return this;
  }

  complement(): ByteSet {
    const set = new ByteSet();
    for (let k = 0; k < 8; k++) set.words[k] = ~this.words[k];
    return set;
  }

  /** With each ASCII letter, the same letter in the other case. */
  foldCase(): ByteSet {
    const set = new ByteSet().unite(this);
    for (let letter = 0x41; letter <= 0x5a; letter++) {
      if (this.has(letter)) set.add(letter | 0x20);
      if (this.has(letter | 0x20)) set.add(letter);
    }
    return set;
  }
}

const DIGITS = ByteSet.range(0x30, 0x39);
const UPPER = ByteSet.range(0x41, 0x5a);
const LOWER = ByteSet.range(0x61, 0x7a);
const LETTERS = new ByteSet().unite(UPPER).unite(LOWER);
const ALPHANUMERIC = new ByteSet().unite(LETTERS).unite(DIGITS);
export const WORD_BYTES = new ByteSet().unite(ALPHANUMERIC).unite(ByteSet.of(0x5f));
const BLANKS = ByteSet.of(0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x20);
const HORIZONTAL = ByteSet.of(0x09, 0x20, 0xa0);
const VERTICAL = ByteSet.of(0x0a, 0x0b, 0x0c, 0x0d, 0x85);
export const NEWLINE = ByteSet.of(0x0a);

/** By the letter after a backslash; its capital is the complement. */
export const ESCAPED_SETS: Readonly<Record<string, ByteSet>> = {
  d: DIGITS, w: WORD_BYTES, s: BLANKS, h: HORIZONTAL, v: VERTICAL,
  D: DIGITS.complement(), W: WORD_BYTES.complement(), S: BLANKS.complement(), H: HORIZONTAL.complement(), V: VERTICAL.complement(),
  N: NEWLINE.complement(),
};

/** By the name between `[:` and `:]`. */
export const NAMED_SETS: Readonly<Record<string, ByteSet>> = {
  alpha: LETTERS,
  digit: DIGITS,
  alnum: ALPHANUMERIC,
  upper: UPPER,
  lower: LOWER,
  space: BLANKS,
  blank: ByteSet.of(0x09, 0x20),
  cntrl: ByteSet.range(0, 0x1f).unite(ByteSet.of(0x7f)),
  graph: ByteSet.range(0x21, 0x7e),
  print: ByteSet.range(0x20, 0x7e),
  punct: new ByteSet().unite(ByteSet.range(0x21, 0x2f)).unite(ByteSet.range(0x3a, 0x40)).unite(ByteSet.range(0x5b, 0x60)).unite(ByteSet.range(0x7b, 0x7e)),
  word: WORD_BYTES,
  xdigit: new ByteSet().unite(DIGITS).unite(ByteSet.range(0x41, 0x46)).unite(ByteSet.range(0x61, 0x66)),
};
