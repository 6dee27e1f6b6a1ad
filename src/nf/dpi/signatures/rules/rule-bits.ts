/** Hot: no allocation. A set of rules by number, gone through in rising order: the order in which rules are judged. */
export class RuleBits {
  readonly #words: Uint32Array;
  #low: number;
  #high = -1;

  constructor(rules: number) {
    this.#words = new Uint32Array((rules + 31) >> 5);
    this.#low = this.#words.length;
  }

  get isEmpty(): boolean {
    return this.#high < 0;
  }

  clear(): void {
    for (let at = this.#low; at <= this.#high; at++) this.#words[at] = 0;
    this.#low = this.#words.length;
    this.#high = -1;
  }

  add(rule: number): void {
    const at = rule >> 5;
    this.#words[at] |= 1 << (rule & 31);
    if (at < this.#low) this.#low = at;
    if (at > this.#high) this.#high = at;
  }

  addAll(rules: Uint32Array): void {
    for (let k = 0; k < rules.length; k++) this.add(rules[k]);
  }

  has(rule: number): boolean {
    return (this.#words[rule >> 5] & (1 << (rule & 31))) !== 0;
  }

  /** The first rule at or after `rule`, or -1. */
  next(rule: number): number {
    let at = rule >> 5;
    if (at > this.#high) return -1;
    let word = (this.#words[at] & (0xffffffff << (rule & 31))) >>> 0;
    while (word === 0) {
      if (++at > this.#high) return -1;
      word = this.#words[at];
    }
    return (at << 5) + 31 - Math.clz32(word & -word);
  }
}
