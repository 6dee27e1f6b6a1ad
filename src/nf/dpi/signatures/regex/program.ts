/** Turns a regular expression into a program of few kinds of steps (Thompson, CACM 11(6), 1968), of bounded size. */
import { RegexError, type RegexNode } from './syntax-tree.js';

/** `set`: takes a byte of set x, goes to y. `split`: goes to x, and with less priority to y. `assertion`: x must hold, goes to y. */
export const Op = { set: 0, split: 1, assertion: 2, match: 3 } as const;

export interface RegexProgram {
  readonly ops: Uint8Array;
  readonly x: Int32Array;
  readonly y: Int32Array;
  /** Where an expression that may begin anywhere is entered. */
  readonly start: number;
  /** Of each byte, the class: bytes that no set of the program tells apart. */
  readonly classOf: Uint16Array;
  readonly classes: number;
  /** Sets by class: `memberOf[set * classes + class]`. */
  readonly memberOf: Uint8Array;
  readonly hasAssertions: boolean;
}

/** Steps of a program: bounds the work for one byte. */
const MAX_STEPS = 4000;

/** @throws RegexError when the expression is too large. */
export function compileRegex(root: RegexNode): RegexProgram {
  const ops: number[] = [];
  const x: number[] = [];
  const y: number[] = [];
  const sets: Uint32Array[] = [];
  const setNumbers = new Map<string, number>();
  let hasAssertions = false;

  const emit = (op: number, a: number, b: number): number => {
    if (ops.length >= MAX_STEPS) throw new RegexError(`the expression is too large: more than ${MAX_STEPS} steps with its repetitions written out`, 0);
    ops.push(op);
    x.push(a);
    y.push(b);
    return ops.length - 1;
  };
  const setNumber = (words: Uint32Array): number => {
    const key = words.join();
    const known = setNumbers.get(key);
    if (known !== undefined) return known;
    setNumbers.set(key, sets.length);
    return sets.push(words) - 1;
  };
  /** Where to enter the node so that `next` follows it. */
  const enter = (node: RegexNode, next: number): number => {
    switch (node.kind) {
      case 'set':
        return emit(Op.set, setNumber(node.set.words), next);
      case 'assertion':
        hasAssertions = true;
        return emit(Op.assertion, node.assertion, next);
      case 'sequence':
        return node.parts.reduceRight((after, part) => enter(part, after), next);
      case 'choice': {
        const entries = node.parts.map((part) => enter(part, next));
        return entries.slice(0, -1).reduceRight((after, entry) => emit(Op.split, entry, after), entries.at(-1)!);
      }
      case 'repeat': {
        const { body, least, most, greedy } = node;
        const split = (again: number, after: number): number => emit(Op.split, greedy ? again : after, greedy ? after : again);
        let after = next;
        if (most === Infinity) {
          const loop = emit(Op.split, 0, 0);
          const again = enter(body, loop);
          x[loop] = greedy ? again : next;
          y[loop] = greedy ? next : again;
          after = loop;
        } else for (let k = least; k < most; k++) after = split(enter(body, after), next);
        for (let k = 0; k < least; k++) after = enter(body, after);
        return after;
      }
    }
  };
  const anywhere = emit(Op.split, 0, 0);
  x[anywhere] = enter(root, emit(Op.match, 0, 0));
  y[anywhere] = emit(Op.set, setNumber(new Uint32Array(8).fill(0xffffffff)), anywhere);

  const { classOf, classes, memberOf } = classesOf(sets, hasAssertions);
  return {
    ops: Uint8Array.from(ops), x: Int32Array.from(x), y: Int32Array.from(y), start: anywhere, classOf, classes, memberOf, hasAssertions,
  };
}

/** Bytes that all sets treat alike are one class. With assertions, line feeds and word bytes count as sets too. */
function classesOf(sets: readonly Uint32Array[], hasAssertions: boolean): Pick<RegexProgram, 'classOf' | 'classes' | 'memberOf'> {
  const has = (words: Uint32Array, byte: number): number => (words[byte >> 5] >>> (byte & 31)) & 1;
  const numbers = new Map<string, number>();
  const members: string[] = [];
  const classOf = Uint16Array.from({ length: 256 }, (_, byte) => {
    const kind = !hasAssertions ? '' : byte === 0x0a ? 'n' : isWordByte(byte) ? 'w' : 'o';
    const signature = sets.map((words) => has(words, byte)).join('');
    const key = kind + signature;
    const known = numbers.get(key);
    if (known !== undefined) return known;
    numbers.set(key, members.length);
    return members.push(signature) - 1;
  });
  const classes = members.length;
  const memberOf = new Uint8Array(sets.length * classes);
  members.forEach((signature, at) => sets.forEach((_, set) => (memberOf[set * classes + at] = Number(signature[set]))));
  return { classOf, classes, memberOf };
}

export function isWordByte(byte: number): boolean {
  return (byte >= 0x30 && byte <= 0x39) || (byte >= 0x41 && byte <= 0x5a) || (byte >= 0x61 && byte <= 0x7a) || byte === 0x5f;
}
