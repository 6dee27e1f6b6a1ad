/** Hot: no allocation. Takes DNS apart into messages, and shows the names that are asked for to the rules. */
import { firstQuestion, questionsOf, readQuestion } from './dns-names.js';
import { RuleSideWord } from './flow-layout.js';
import type { Judge } from './judge.js';

export class DnsFollower {
  readonly #judge: Judge;
  readonly #words: Uint32Array;

  constructor(judge: Judge, words: Uint32Array) {
    this.#judge = judge;
    this.#words = words;
  }

  /** One DNS message: each name asked for is judged by itself. */
  message(bytes: Uint8Array, from: number, to: number): void {
    const { ranges } = this.#judge;
    let at = firstQuestion(from);
    for (let left = questionsOf(bytes, from, to); left > 0; left--) {
      ranges.begin(bytes);
      at = readQuestion(bytes, at, to, ranges);
      if (at < 0) return;
      this.#judge.judgeBuffers(false);
    }
  }

  /** DNS over TCP: messages behind their lengths. */
  follow(bytes: Uint8Array, start: number, end: number, at: number): void {
    const words = this.#words;
    for (;;) {
      const from = start + words[at + RuleSideWord.pending];
      if (from + 2 > end) return;
      const to = from + 2 + ((bytes[from] << 8) | bytes[from + 1]);
      if (to > end) return;
      this.message(bytes, from + 2, to);
      words[at + RuleSideWord.pending] = to - start;
    }
  }
}
