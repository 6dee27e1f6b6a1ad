/**
 * The same rules and captures given to Suricata and to the DPI, compared for each sid in which flows it alerted. Over the
 * example always; over the shared captures where they are. MILLRACE_SURICATA_ALL=1 takes all of them and prints the rest,
 * MILLRACE_SURICATA_CAPTURES=<folder> those of another folder.
 */
import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { chain } from '../../../../src/chain/chain.js';
import { dpi } from '../../../../src/nf/dpi/index.js';
import { simulate } from '../../../../src/runtime/simulate.js';
import { EXAMPLE_CAPTURE } from '../../../support/captures.js';
import { sharedCaptures } from '../../../support/requirements.js';
import { endsOf, hasSuricata, suricataOver } from '../../../support/suricata.js';

const RULES = fileURLToPath(new URL('oracle.rules', import.meta.url));
/** Only one flow of a host may use up a threshold: which one, is a matter of when streams are looked at. */
const THRESHOLD = 1502;
const folder = process.env['MILLRACE_SURICATA_CAPTURES'];
const ALL = folder !== undefined || process.env['MILLRACE_SURICATA_ALL'] !== undefined;
/** Of the shared captures, when not all: those in which many of the rules are met. */
const FEW = ['http_connect.pcap', 'safari.pcap', 'smtp.pcap', 'webdav.pcap', 'xss.pcap'];

type FlowsOfSid = Map<number, Set<string>>;

function note(found: FlowsOfSid, sid: number, ends: string): void {
  const flows = found.get(sid) ?? new Set();
  found.set(sid, flows.add(ends));
}

function theirs(capture: string): FlowsOfSid {
  const found: FlowsOfSid = new Map();
  for (const record of suricataOver(capture, RULES)) {
    if (record['event_type'] === 'alert') note(found, (record['alert'] as { signature_id: number }).signature_id, endsOf(record));
  }
  return found;
}

async function ours(capture: string): Promise<FlowsOfSid> {
  const found: FlowsOfSid = new Map();
  const report = await simulate(
    {
      captures: { trace: { file: capture } },
      ports: { inside: { capture: 'trace', side: 'inside' }, outside: { capture: 'trace', side: 'outside' } },
      paths: [{ between: ['inside', 'outside'], match: 'any', via: chain('rules', [dpi({ signatures: [RULES] })]) }],
      memory: { slots: 512, slotBytes: 131_072 },
    },
    {
      onEvent: (event) => {
        if (event.type !== 'alert') return;
        const [protocol, from, , to] = event.flow.split(' ');
        const [source, destination] = [from, to].map((end) => /^\[?(.*?)\]?(?::(\d+))?$/.exec(end ?? '') ?? []);
        const isBare = (end: string): boolean => /^[0-9a-f]*:[0-9a-f:]*$/.test(end);
        const address = (end: readonly (string | undefined)[], text: string): string => (isBare(text) ? text : (end[1] ?? ''));
        note(found, Number(event.fields['sid']), endsOf({
          proto: protocol.replace('icmp6', 'icmp'), src_ip: address(source, from), src_port: source[2], dest_ip: address(destination, to), dest_port: destination[2],
        }));
      },
    },
  );
  expect(report.error).toBeUndefined();
  expect(report.eventsLost).toBe(0);
  return found;
}

interface Agreement {
  both: number;
  onlyOurs: string[];
  onlyTheirs: string[];
  sids: Set<number>;
}

async function compare(captures: readonly string[]): Promise<Agreement> {
  const agreement: Agreement = { both: 0, onlyOurs: [], onlyTheirs: [], sids: new Set() };
  for (const capture of captures) {
    const [mine, suricata] = [await ours(capture), theirs(capture)];
    for (const sid of new Set([...mine.keys(), ...suricata.keys()])) {
      const [a, b] = [mine.get(sid) ?? new Set<string>(), suricata.get(sid) ?? new Set<string>()];
      for (const ends of a) {
        if (b.has(ends)) {
          agreement.both++;
          agreement.sids.add(sid);
        } else agreement.onlyOurs.push(`${sid} ${basename(capture)} ${ends}`);
      }
      for (const ends of b) if (!a.has(ends)) agreement.onlyTheirs.push(`${sid} ${basename(capture)} ${ends}`);
    }
  }
  return agreement;
}

const installed = hasSuricata();
const shared = installed ? (folder ?? sharedCaptures()) : null;

describe.skipIf(!installed)('Suricata and the DPI', () => {
  it('alert for the same sids in the same flows of the example', async () => {
    const { both, onlyOurs, onlyTheirs, sids } = await compare([EXAMPLE_CAPTURE]);
    const apart = [...onlyOurs, ...onlyTheirs].filter((line) => !line.startsWith(`${THRESHOLD} `));
    console.log(`example: ${both} pairs of sid and flow agree, ${onlyOurs.length} only ours, ${onlyTheirs.length} only Suricata's`);
    expect(apart).toEqual([]);
    expect(both).toBeGreaterThan(380);
    expect(sids.size).toBeGreaterThan(42);
  });

  it.skipIf(shared === null)('agree in 95 % over other captures', async () => {
    const names = readdirSync(shared!).filter((name) => /\.pcap(ng)?$/.test(name)).filter((name) => ALL || FEW.includes(name));
    const { both, onlyOurs, onlyTheirs } = await compare(names.map((name) => join(shared!, name)));
    if (ALL) console.log([...onlyOurs.map((line) => `ours  ${line}`), ...onlyTheirs.map((line) => `theirs ${line}`)].join('\n'));
    console.log(`${names.length} captures: ${both} pairs of sid and flow agree, ${onlyOurs.length} only ours, ${onlyTheirs.length} only Suricata's`);
    expect(both / (both + onlyOurs.length + onlyTheirs.length)).toBeGreaterThan(0.95);
  }, 600_000);
});
