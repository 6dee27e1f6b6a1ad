/** Where the reader of a regular expression is. */
import { RegexError } from './syntax-tree.js';

export class Cursor {
  readonly text: string;
  at = 0;

  /** @param text one character a byte (Latin-1). */
  constructor(text: string) {
    this.text = text;
  }

  /** The character here; undefined behind the last one. */
  peek(): string | undefined {
    return this.text[this.at];
  }

  /** The same, and goes behind it. */
  take(): string | undefined {
    return this.text[this.at++];
  }

  /** The text from here on, at most `count` characters of it. */
  rest(count: number): string {
    return this.text.slice(this.at, this.at + count);
  }

  /** Goes behind blanks and comments, where the expression may have them. */
  skipBlanks(): void {
    for (;;) {
      while (/^\s$/.test(this.peek() ?? '')) this.at++;
      if (this.peek() !== '#') return;
      while (this.at < this.text.length && this.peek() !== '\n') this.at++;
    }
  }

  /** @throws RegexError always. */
  fail(message: string, offset = this.at): never {
    throw new RegexError(message, offset);
  }
}
