/**
 * Hot: `search` does not allocate once the states that the traffic needs exist. Matches a regular expression in time
 * linear in the bytes, whatever the expression and whoever chose the bytes.
 *
 * A deterministic automaton is made as it is needed: a state is the list of program steps that could go on, in the order
 * of their priority, so what is found is what PCRE finds first (as in RE2). There are never more than MAX_STATES: then all
 * are forgotten and made anew.
 */
import { isWordByte, Op, type RegexProgram } from './program.js';
import { Assertion } from './syntax-tree.js';

/** A state is a row of the table: one cell for each class of bytes. */
const MAX_STATES = 512;
const FIRST_STATES = 16;
const DEAD = 0;
const UNKNOWN = -1;

/** What stands before a place. */
const Before = { nothing: 0, newline: 1, word: 2, other: 3 } as const;
const BEFORE_KINDS = 4;

export class Regex {
  readonly #program: RegexProgram;
  readonly #columns: number;
  readonly #end: number;
  readonly #finalNewline: number;
  /** Next state, twice, plus 1 when a match ended before the byte; UNKNOWN when not made yet. */
  #next: Int32Array;
  readonly #states = new Map<string, number>();
  #steps: Int32Array[] = [];
  #before: number[] = [];
  readonly #starts = new Int32Array(BEFORE_KINDS).fill(UNKNOWN);
  readonly #stack: Int32Array;
  readonly #seen: Uint32Array;
  #visit = 0;
  readonly #threads: Int32Array;

  constructor(program: RegexProgram) {
    this.#program = program;
    // Two more classes: the end, and a line feed right before it.
    this.#columns = program.classes + 2;
    this.#end = program.classes;
    this.#finalNewline = program.classes + 1;
    this.#next = new Int32Array(FIRST_STATES * this.#columns).fill(UNKNOWN);
    this.#stack = new Int32Array(2 * program.ops.length + 2);
    this.#seen = new Uint32Array(program.ops.length);
    this.#threads = new Int32Array(program.ops.length);
    this.#forget();
  }

  /**
   * Looks for the first match in `bytes[from, end)`.
   * @param origin where the text begins, at or before `from`: what `^` means
   * @returns where the match ends, or -1.
   */
  search(bytes: Uint8Array, origin: number, from: number, end: number): number {
    const { classOf, hasAssertions } = this.#program;
    const columns = this.#columns;
    const last = hasAssertions && end > from && bytes[end - 1] === 0x0a ? end - 1 : end;
    let state = this.#start(from === origin || !hasAssertions ? Before.nothing : beforeOf(bytes[from - 1]));
    let found = -1;
    for (let at = from; at < last; at++) {
      const column = classOf[bytes[at]];
      let cell = this.#next[state * columns + column];
      if (cell === UNKNOWN) {
        cell = this.#step(state, column, bytes[at]);
        state = cell >> 1;
        if ((cell & 1) !== 0) found = at;
        if (state === DEAD) return found;
        continue;
      }
      if ((cell & 1) !== 0) found = at;
      state = cell >> 1;
      if (state === DEAD) return found;
    }
    if (last < end) {
      const cell = this.#cell(state, this.#finalNewline, 0x0a);
      if ((cell & 1) !== 0) found = last;
      state = cell >> 1;
      if (state === DEAD) return found;
    }
    return (this.#cell(state, this.#end, 0) & 1) !== 0 ? end : found;
  }

  #cell(state: number, column: number, byte: number): number {
    const cell = this.#next[state * this.#columns + column];
    return cell === UNKNOWN ? this.#step(state, column, byte) : cell;
  }

  #start(before: number): number {
    if (this.#starts[before] === UNKNOWN) this.#starts[before] = this.#stateOf(Int32Array.of(this.#program.start), before);
    return this.#starts[before];
  }

  #forget(): void {
    this.#states.clear();
    this.#steps = [new Int32Array(0)];
    this.#before = [Before.other];
    this.#starts.fill(UNKNOWN);
    this.#next.fill(UNKNOWN);
    this.#next.fill(DEAD, 0, this.#columns);
  }

  /** Makes the cell: what becomes of a state when it sees a class of bytes. The number of `state` may be void afterwards. */
  #step(state: number, column: number, byte: number): number {
    const { ops, x, y, memberOf, classes, hasAssertions } = this.#program;
    const isEnd = column === this.#end;
    const member = column === this.#finalNewline ? this.#program.classOf[0x0a] : column;
    const count = this.#close(this.#steps[state], this.#before[state], column, byte);
    const next: number[] = [];
    let matched = 0;
    for (let k = 0; k < count; k++) {
      const pc = this.#threads[k];
      if (ops[pc] === Op.match) {
        matched = 1;
        break;
      }
      if (!isEnd && memberOf[x[pc] * classes + member] === 1) next.push(y[pc]);
    }
    const followers = Int32Array.from(new Set(next));
    const before = hasAssertions && !isEnd ? beforeOf(byte) : Before.nothing;
    const statesBefore = this.#steps.length;
    const to = followers.length === 0 ? DEAD : this.#stateOf(followers, before);
    const cell = 2 * to + matched;
    // When all states were forgotten on the way, the row is another's.
    if (this.#steps.length >= statesBefore) this.#next[state * this.#columns + column] = cell;
    return cell;
  }

  /** Follows what takes no byte; leaves the steps reached in `#threads`, by priority, and returns how many. */
  #close(entries: Int32Array, before: number, column: number, byte: number): number {
    const { ops, x, y } = this.#program;
    this.#visit++;
    let count = 0;
    for (const entry of entries) {
      let depth = 0;
      this.#stack[depth++] = entry;
      while (depth > 0) {
        const pc = this.#stack[--depth];
        if (this.#seen[pc] === this.#visit) continue;
        this.#seen[pc] = this.#visit;
        if (ops[pc] === Op.split) {
          this.#stack[depth++] = y[pc];
          this.#stack[depth++] = x[pc];
        } else if (ops[pc] === Op.assertion) {
          if (this.#holds(x[pc], before, column, byte)) this.#stack[depth++] = y[pc];
        } else this.#threads[count++] = pc;
      }
    }
    return count;
  }

  #holds(assertion: number, before: number, column: number, byte: number): boolean {
    const isEnd = column === this.#end;
    const isFinalNewline = column === this.#finalNewline;
    switch (assertion) {
      case Assertion.textStart:
        return before === Before.nothing;
      case Assertion.lineStart:
        return before === Before.nothing || (before === Before.newline && !isEnd);
      case Assertion.textEnd:
        return isEnd;
      case Assertion.textEndOrNewline:
        return isEnd || isFinalNewline;
      case Assertion.lineEnd:
        return isEnd || byte === 0x0a;
      default:
        return ((before === Before.word) !== (!isEnd && isWordByte(byte))) === (assertion === Assertion.wordBorder);
    }
  }

  #stateOf(steps: Int32Array, before: number): number {
    const key = `${before} ${steps.join()}`;
    const known = this.#states.get(key);
    if (known !== undefined) return known;
    if (this.#steps.length >= MAX_STATES) this.#forget();
    const state = this.#steps.push(steps) - 1;
    this.#before.push(before);
    this.#states.set(key, state);
    if ((state + 1) * this.#columns > this.#next.length) {
      const larger = new Int32Array(2 * this.#next.length).fill(UNKNOWN);
      larger.set(this.#next);
      this.#next = larger;
    }
    return state;
  }
}

function beforeOf(byte: number): number {
  return byte === 0x0a ? Before.newline : isWordByte(byte) ? Before.word : Before.other;
}
