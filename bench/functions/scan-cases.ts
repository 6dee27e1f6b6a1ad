/**
 * The search for byte strings in payloads, by itself: the automaton over every byte, the same with its table of skips (what the
 * DPI does), and the beginnings by SIMD in WebAssembly over the region's own memory with the rest of each string compared.
 */
import { allocateRegion, Region } from '../../src/memory/region.js';
import type { SharedMemory } from '../../src/memory/shared-pages.js';
import { Automaton } from '../../src/nf/dpi/signatures/automaton.js';
import type { MicroCase } from '../micro/micro-case.js';
import type { Recorded } from '../traffic/record.js';
import { type Find, LEAST_BYTES, MAX_STRINGS, teddy } from './teddy.js';

const SLOT_BYTES = 2048;
/** Ethernet, IPv4 and TCP without options. */
const HEADERS_BYTES = 54;
/** What signatures are made of; some of it is in most traffic. */
const COMMON = ['User-Agent: ', 'cmd.exe', '/etc/passwd', 'GET /admin', 'powershell', '<script>', 'SELECT ', 'eval(base64'];
const STRING_COUNTS = [COMMON.length, 100, 1000];
const MADE_BYTES = 8;

interface Payloads {
  readonly memory: SharedMemory;
  readonly region: Uint8Array;
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
}

function payloadsOf(packets: readonly Recorded[]): Payloads {
  const handle = allocateRegion({ slots: packets.length, slotBytes: SLOT_BYTES, scratchBytes: 0 });
  const region = new Region(handle);
  const starts = new Uint32Array(packets.length);
  const ends = new Uint32Array(packets.length);
  packets.forEach(({ bytes }, slot) => {
    const payload = bytes.subarray(HEADERS_BYTES, SLOT_BYTES);
    starts[slot] = region.address(slot);
    ends[slot] = starts[slot] + payload.length;
    region.bytes.set(payload, starts[slot]);
  });
  return { memory: handle.memory, region: region.bytes, starts, ends };
}

/** The common ones, then what is nowhere. */
function strings(count: number): Uint8Array[] {
  return Array.from({ length: count }, (_, k) => Uint8Array.from(Buffer.from(k < COMMON.length ? COMMON[k] : made(k), 'latin1')));
}

function made(seed: number): string {
  let state = seed;
  return Array.from({ length: MADE_BYTES }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return String.fromCharCode(0x61 + ((state >>> 16) % 26));
  }).join('');
}

function byAutomaton({ region, starts, ends }: Payloads, automaton: Automaton): () => number {
  return () => {
    let hits = 0;
    for (let k = 0; k < starts.length; k++) {
      let state = 0;
      for (let at = starts[k]; at < ends[k]; at = automaton.position) {
        state = automaton.scan(region, at, ends[k], state);
        hits += automaton.endCount(state);
      }
    }
    return hits;
  };
}

function bySimd({ region, starts, ends }: Payloads, find: Find, wanted: readonly Uint8Array[]): () => number {
  const beginningAt = (at: number, end: number): number => {
    let hits = 0;
    for (const string of wanted) {
      let k = 0;
      while (k < string.length && at + k < end && region[at + k] === string[k]) k++;
      if (k === string.length) hits++;
    }
    return hits;
  };
  return () => {
    let hits = 0;
    for (let k = 0; k < starts.length; k++) {
      const end = ends[k];
      // A slot has room behind its payload: so the last places are looked at too.
      const room = end + LEAST_BYTES - 1;
      for (let at = find(starts[k], room); at < end; at = find(at + 1, room)) hits += beginningAt(at, end);
    }
    return hits;
  };
}

export function scanCases(packets: readonly Recorded[]): MicroCase[] {
  const payloads = payloadsOf(packets);
  const { starts, ends, memory } = payloads;
  const bytes = Math.round(starts.reduce((sum, start, k) => sum + ends[k] - start, 0) / starts.length);
  return STRING_COUNTS.flatMap((count) => {
    const wanted = strings(count);
    const every = byAutomaton(payloads, new Automaton(wanted, false, false));
    const expected = every();
    const case_ = (name: string, call: () => number): MicroCase => (
      { name: `search for ${count} strings, ${name}`, bytes, burst: null, flows: starts.length, operations: starts.length, unit: 'payload', call, expected }
    );
    return [
      case_('every byte', every),
      case_('with skips', byAutomaton(payloads, new Automaton(wanted, false))),
      ...(count > MAX_STRINGS ? [] : [case_('WebAssembly', bySimd(payloads, teddy(wanted, false, memory), wanted))]),
    ];
  });
}
