/** The EVE log of the example, and the same by Suricata where it is installed. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chain, ConfigurationError, dpi, EveWriter, run, type RuntimeEvent } from 'millrace';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EXAMPLE_CAPTURE } from '../support/captures.js';
import { endsOf, hasSuricata, suricataOver, type EveRecord } from '../support/suricata.js';

const folder = mkdtempSync(join(tmpdir(), 'millrace-eve-'));
const rules = join(folder, 'eve.rules');
let ours: EveRecord[] = [];

const lines = (text: string): EveRecord[] => text.split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as EveRecord);
const ofType = (records: readonly EveRecord[], type: string): EveRecord[] => records.filter((record) => record['event_type'] === type);
const alertsOf = (sid: number): EveRecord[] => ofType(ours, 'alert').filter((record) => part(record, 'alert')['signature_id'] === sid);
const part = (record: EveRecord, name: string): Record<string, unknown> => record[name] as Record<string, unknown>;
const sorted = (records: readonly EveRecord[], line: (record: EveRecord) => string): string[] => records.map(line).sort();

const configuration = () => ({
  captures: { trace: { file: EXAMPLE_CAPTURE } },
  ports: { inside: { capture: 'trace', side: 'inside' as const }, outside: { capture: 'trace', side: 'outside' as const } },
  paths: [{ between: ['inside', 'outside'] as const, match: 'any', via: chain('look', [dpi({ signatures: [rules] })]) }],
  memory: { slots: 512, slotBytes: 131_072 },
});

beforeAll(async () => {
  writeFileSync(rules, [
    'alert http any any -> any any (msg:"form"; http.uri; content:"/form"; metadata:kind web; sid:7; rev:2; priority:1;)',
    'alert http any any -> any any (msg:"partial"; http.stat_code; content:"206"; sid:8;)',
    'alert dns any any -> any any (msg:"asked"; dns.query; content:"files.example"; sid:9;)',
    'alert dns any any -> any any (msg:"answered"; flow:to_client; content:"intranet"; sid:10;)',
    '',
  ].join('\n'));
  const file = join(folder, 'eve.json');
  const report = await run(configuration(), { eve: file });
  expect(report).toMatchObject({ eventsLost: 0, ledger: { balanced: true } });
  ours = lines(readFileSync(file, 'utf8'));
});
afterAll(() => { rmSync(folder, { recursive: true, force: true }); });

describe('the EVE log of the example', () => {
  it('has records of every type, in the form that Suricata writes', () => {
    for (const record of ours) {
      expect(record['timestamp']).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+0000$/);
      expect(record['flow_id']).toBeTypeOf('number');
      expect(record[String(record['event_type'])]).toBeTypeOf('object');
    }
    const [form] = alertsOf(7);
    expect(part(form, 'alert')).toEqual({
      action: 'allowed', gid: 1, signature_id: 7, rev: 2, signature: 'form', category: '', severity: 1, metadata: { kind: ['web'] },
    });
    expect(form).toMatchObject({ app_proto: 'http', direction: 'to_server', http: { url: '/form' } });
    expect(part(ofType(ours, 'http')[0], 'http')).toMatchObject({ http_method: 'GET', protocol: 'HTTP/1.1', status: 200 });
    expect(ofType(ours, 'flow').length).toBeGreaterThan(60);
  });

  it('an alert at an answer says what was asked for, though that record was written before it', () => {
    const alerts = alertsOf(8);
    expect(alerts.length).toBeGreaterThan(0);
    for (const alert of alerts) expect(alert).toMatchObject({ direction: 'to_client', http: { http_method: 'GET', url: expect.any(String) as string, hostname: expect.any(String) as string, status: 206 } });
  });

  it('an alert in DNS says what was asked, or what was answered', () => {
    const [asked, answered] = [alertsOf(9), alertsOf(10)];
    expect(Math.min(asked.length, answered.length)).toBeGreaterThan(0);
    for (const alert of asked) expect(alert).toMatchObject({ direction: 'to_server', dns: { version: 2, query: [{ type: 'query', rrname: 'files.example', opcode: 0 }] } });
    for (const alert of answered) expect(alert).toMatchObject({ direction: 'to_client', dns: { version: 2, answer: { type: 'answer', rrname: expect.any(String) as string, rcode: 'NOERROR' } } });
    for (const alert of asked) expect(part(alert, 'dns')).not.toHaveProperty('answer');
    for (const alert of answered) expect(part(alert, 'dns')).not.toHaveProperty('query');
  });

  it('every flow id of a record has its flow', () => {
    const flows = new Set(ofType(ours, 'flow').map((record) => record['flow_id']));
    expect(ours.filter((record) => record['flow_id'] !== undefined && !flows.has(record['flow_id']))).toEqual([]);
  });

  it('can be written from the application’s own events', async () => {
    const written: string[] = [];
    const writer = new EveWriter((line) => written.push(line));
    await run(configuration(), { onEvent: (event: RuntimeEvent) => { writer.event(event); } });
    for (const type of ['alert', 'dns']) expect(ofType(lines(written.join('')), type)).toEqual(ofType(ours, type));
  });

  it('a place that cannot be written is a mistake before anything starts', async () => {
    const error = await run(configuration(), { eve: join(EXAMPLE_CAPTURE, 'eve.json') }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ConfigurationError);
    expect((error as ConfigurationError).problems).toMatchObject([{ code: 'write-impossible', place: 'eve' }]);
  });
});

describe.skipIf(!hasSuricata())('beside Suricata’s', () => {
  let theirs: EveRecord[] = [];
  beforeAll(() => { theirs = suricataOver(EXAMPLE_CAPTURE, rules); });

  it('the same alerts', () => {
    const line = (record: EveRecord): string => `${endsOf(record)} ${JSON.stringify(part(record, 'alert')['signature_id'])} ${String(record['direction'])} ${String(record['app_proto'])}`;
    expect(sorted(ofType(ours, 'alert'), line)).toEqual(sorted(ofType(theirs, 'alert'), line));
  });

  it('the same questions and answers in alerts', () => {
    const line = (record: EveRecord): string => {
      const { query, answer } = part(record, 'dns') as { query?: EveRecord[]; answer?: EveRecord };
      const told = query?.[0] ?? answer!;
      return JSON.stringify([endsOf(record), Object.keys(part(record, 'dns')), told['type'], told['id'], told['rrname'], told['rrtype'], told['rcode'], told['opcode']]);
    };
    const inDns = (records: readonly EveRecord[]): EveRecord[] => ofType(records, 'alert').filter((record) => Number(part(record, 'alert')['signature_id']) >= 9);
    expect(inDns(ours).length).toBeGreaterThan(0);
    expect(sorted(inDns(ours), line)).toEqual(sorted(inDns(theirs), line));
  });

  it('the same questions and answers of DNS', () => {
    const line = (record: EveRecord): string => {
      const { type, id, rrname, rrtype, rcode } = part(record, 'dns');
      return JSON.stringify([endsOf(record), record['src_ip'], type, id, rrname, rrtype, rcode]);
    };
    expect(sorted(ofType(ours, 'dns'), line)).toEqual(sorted(ofType(theirs, 'dns'), line));
    // The DPI has a bound for answers: it tells the first ones.
    const answersOf = (records: readonly EveRecord[]) => new Map(ofType(records, 'dns').map((record) => [line(record), JSON.stringify(part(record, 'dns')['answers'] ?? []).slice(0, -1)]));
    for (const [key, answers] of answersOf(ours)) expect(answersOf(theirs).get(key)?.startsWith(answers), key).toBe(true);
  });

  it('the same packets, bytes and beginnings of TCP and UDP flows', () => {
    const line = (record: EveRecord): string => {
      const { pkts_toserver, pkts_toclient, bytes_toserver, bytes_toclient, start } = part(record, 'flow');
      return JSON.stringify([endsOf(record), record['src_ip'], pkts_toserver, pkts_toclient, bytes_toserver, bytes_toclient, start]);
    };
    const flows = (records: readonly EveRecord[]): EveRecord[] => ofType(records, 'flow').filter(({ proto }) => proto === 'TCP' || proto === 'UDP');
    const [mine, suricata] = [sorted(flows(ours), line), sorted(flows(theirs), line)];
    // To Suricata, ICMP errors are no packets of the flow that they quote, and fragments are one packet more when they are joined.
    const differing = mine.filter((each) => !suricata.includes(each));
    console.log(`${mine.length} flows, ${differing.length} differ from Suricata's`);
    expect(differing.length).toBeLessThanOrEqual(3);
  });

  it('each field of theirs of HTTP and TLS that ours have too has the same value', () => {
    for (const type of ['http', 'tls']) {
      for (const record of ofType(ours, type)) {
        const same = ofType(theirs, type).filter((other) => endsOf(other) === endsOf(record)).map((other) => part(other, type));
        if (same.length === 0) continue;
        const fields = Object.entries(part(record, type));
        const agrees = same.some((other) => fields.every(([name, value]) => other[name] === undefined || JSON.stringify(other[name]) === JSON.stringify(value)));
        expect({ agrees, mine: part(record, type), theirs: agrees ? [] : same }).toEqual({ agrees: true, mine: part(record, type), theirs: [] });
      }
    }
  });
});
