/**
 * The search for signatures in WebAssembly with SIMD, to compare: bytes of a module, put together here by hand. It looks for the
 * beginnings of few strings as Teddy does in Hyperscan (Wang et al., NSDI 2019): 16 places of the text at a time, whose first
 * three bytes are each looked up by halves in two tables of 16 entries. An entry has a bit for each string, so there are at most
 * eight of them, and what all six look-ups have in common is where strings may begin.
 */

/** A bit of a byte for each. */
export const MAX_STRINGS = 8;
/** Bytes of a string that are looked at. */
const FINGERPRINT = 3;
const LANES = 16;
const PAGE_BYTES = 65_536;
/** Where fewer bytes are left, nothing is looked at. */
export const LEAST_BYTES = LANES + FINGERPRINT - 1;

const I32 = 0x7f;
const V128 = 0x7b;
const SECTION = { type: 1, import: 2, function: 3, export: 7, code: 10 } as const;

const text = (name: string): number[] => [name.length, ...Buffer.from(name, 'latin1')];
const section = (id: number, body: readonly number[]): number[] => [id, ...leb(body.length), ...body];
const getLocal = (index: number): number[] => [0x20, index];
const setLocal = (index: number): number[] => [0x21, index];
const constant = (value: number): number[] => [0x41, ...signedLeb(value)];
const ADD = 0x6a;
const load = (offset: number): number[] => [0xfd, 0x00, 0, offset];
const vector = (bytes: readonly number[]): number[] => [0xfd, 0x0c, ...bytes];
const SWIZZLE = [0xfd, 0x0e];
const AND = [0xfd, 0x4e];
const ANY = [0xfd, 0x53];
const NOT_EQUAL = [0xfd, 0x24];
const SHIFT_RIGHT = [0xfd, 0x6d, 0x01];
const BITMASK = [0xfd, 0x64, 0x01];

function leb(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...leb(value >>> 7)];
}

function signedLeb(value: number): number[] {
  return value >= -64 && value < 64 ? [value & 0x7f] : [(value & 0x7f) | 0x80, ...signedLeb(value >> 7)];
}

/** For each half of a byte, which strings have it at a place. */
function tableOf(strings: readonly Uint8Array[], place: number, foldCase: boolean, half: (byte: number) => number): number[] {
  const table = Array<number>(LANES).fill(0);
  strings.forEach((bytes, index) => {
    const byte = bytes[place];
    const lower = byte | 0x20;
    const isLetter = foldCase && byte < 0x80 && lower >= 0x61 && lower <= 0x7a;
    for (const spelling of isLetter ? [lower, lower & ~0x20] : [byte]) table[half(spelling)] |= 1 << index;
  });
  return table;
}

/** `find(from, end)`: the first place at which a string may begin, or from which on fewer than 18 bytes are left. */
export function teddyModule(strings: readonly Uint8Array[], foldCase: boolean, pages: number): Uint8Array<ArrayBuffer> {
  const [FROM, END, FOUND, BYTES] = [0, 1, 2, 3];
  const lookUps = Array.from({ length: FINGERPRINT }, (_, place) => [
    ...getLocal(FROM), ...load(place), ...setLocal(BYTES),
    ...vector(tableOf(strings, place, foldCase, (byte) => byte & 15)), ...getLocal(BYTES), ...vector(Array<number>(LANES).fill(15)), ...AND, ...SWIZZLE,
    ...vector(tableOf(strings, place, foldCase, (byte) => byte >>> 4)), ...getLocal(BYTES), ...constant(4), ...SHIFT_RIGHT, ...SWIZZLE, ...AND,
    ...(place > 0 ? AND : []),
  ]).flat();
  const body = [
    2, 1, V128, 1, V128, // locals: FOUND, BYTES
    0x02, 0x40, 0x03, 0x40, // block, loop
    ...getLocal(FROM), ...constant(LEAST_BYTES), ADD, ...getLocal(END), 0x4b, 0x0d, 1, // too few left: out
    ...lookUps, ...setLocal(FOUND),
    ...getLocal(FOUND), ...ANY, 0x04, 0x40, // if
    ...getLocal(FROM), ...getLocal(FOUND), ...vector(Array<number>(LANES).fill(0)), ...NOT_EQUAL, ...BITMASK, 0x68, ADD, 0x0f, // return
    0x0b,
    ...getLocal(FROM), ...constant(LANES), ADD, ...setLocal(FROM),
    0x0c, 0, 0x0b, 0x0b, // again; end of loop, of block
    ...getLocal(FROM), 0x0b,
  ];
  return Uint8Array.from([
    0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0,
    ...section(SECTION.type, [1, 0x60, 2, I32, I32, 1, I32]),
    ...section(SECTION.import, [1, ...text('region'), ...text('memory'), 0x02, 0x03, ...leb(pages), ...leb(pages)]),
    ...section(SECTION.function, [1, 0]),
    ...section(SECTION.export, [1, ...text('find'), 0x00, 0]),
    ...section(SECTION.code, [1, ...leb(body.length), ...body]),
  ]);
}

export type Find = (from: number, end: number) => number;

/** Described here because these types come with the browser's, which Node lacks. */
interface WebAssemblyHere {
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => object;
  readonly Instance: new (module: object, imports: Readonly<Record<string, object>>) => { readonly exports: Readonly<Record<string, unknown>> };
}
const { Module, Instance } = (globalThis as unknown as { WebAssembly: WebAssemblyHere }).WebAssembly;

/** @param memory shared, of a fixed size: the region's. */
export function teddy(strings: readonly Uint8Array[], foldCase: boolean, memory: { readonly buffer: SharedArrayBuffer }): Find {
  const module = new Module(teddyModule(strings, foldCase, memory.buffer.byteLength / PAGE_BYTES));
  return new Instance(module, { region: { memory } }).exports['find'] as Find;
}
