import { describe, expect, it } from 'vitest';
import type { FlowRecord } from '../../src/flow/flow-record.js';
import { MAX_DETAIL_ENTRIES, type FlowDetails } from '../../src/nf/contract.js';
import { ENTRY_WORDS, Word } from '../../src/flow/connection-layout.js';
import { FlowLog, MOST_HOSTS } from '../../src/runtime/flow-log.js';

const standing = [{ flowId: 7, sequence: 1 } as FlowRecord];
const NONE_STANDS = { packetsOf: () => null };
const said = (flowId: number, protocol: string, host = ''): Parameters<FlowLog['describe']>[0] =>
  ({ type: 'describe-flow', vm: 'dpi', chain: 'edge', flowId, flow: '', timestampMs: 0, protocol, host, details: {} });

/** The entry of a connection that has ended, with that many packets each way. */
function ended(flowId: number, packets: number): Uint32Array {
  const words = new Uint32Array(ENTRY_WORDS);
  words[Word.flowId] = flowId;
  words[Word.packets] = packets;
  words[Word.packets + 1] = packets;
  return words;
}

function log(...told: { protocol?: string; host?: string; details?: FlowDetails }[]): FlowLog {
  const flowLog = new FlowLog(NONE_STANDS, true);
  for (const { protocol = '', host = '', details = {} } of told) {
    flowLog.describe({ type: 'describe-flow', vm: 'dpi', chain: 'edge', flowId: 7, flow: '', timestampMs: 0, protocol, host, details });
  }
  return flowLog;
}

describe('the log of flows', () => {
  it('keeps what was said before when nothing new is said of it', () => {
    const flowLog = log({ protocol: 'TLS' }, { host: 'a.example' }, { details: { tls: { version: 'TLS 1.3' } } });
    expect(flowLog.flows(standing)).toMatchObject([{ protocol: 'TLS', host: 'a.example', details: { tls: { version: 'TLS 1.3' } } }]);
  });

  it('replaces fields, and makes lists longer by what is new in them', () => {
    const flowLog = log(
      { details: { dns: { id: 1, answers: [{ name: 'a', data: '192.0.2.1' }] }, tls: { sni: 'a' } } },
      { details: { dns: { id: 2, answers: [{ name: 'a', data: '192.0.2.1' }, { name: 'b', data: '192.0.2.2' }] } } },
    );
    expect(flowLog.flows(standing)[0].details).toEqual({
      dns: { id: 2, answers: [{ name: 'a', data: '192.0.2.1' }, { name: 'b', data: '192.0.2.2' }] },
      tls: { sni: 'a' },
    });
  });

  it('bounds the lists', () => {
    const entries = (from: number): number[] => Array.from({ length: 20 }, (_, k) => from + k);
    const [{ details }] = log({ details: { x: { list: entries(0) } } }, { details: { x: { list: entries(20) } } }).flows(standing);
    expect(details.x.list).toEqual(Array.from({ length: MAX_DETAIL_ENTRIES }, (_, k) => k));
  });

  it.each([true, false])('sums up flows that stand, have ended, or are told of too late (all kept: %s)', (keepsFlows) => {
    const flowLog = new FlowLog({ packetsOf: (flowId) => (flowId === 1 ? [3, 2] : null) }, keepsFlows);
    flowLog.describe(said(1, 'TLS', 'a.example'));
    flowLog.describe(said(2, 'DNS'));
    flowLog.end(ended(2, 4));
    flowLog.end(ended(3, 10));
    flowLog.describe(said(3, 'TLS', 'a.example'));
    flowLog.end(ended(4, 1)); // nobody has said anything of it
    expect(flowLog.summary()).toEqual({ protocols: { TLS: { flows: 2, packets: 25 }, DNS: { flows: 1, packets: 8 } }, hosts: { 'a.example': 2 } });
  });

  it('keeps sums of flows that ended long ago, and nothing else of them', () => {
    const flowLog = new FlowLog(NONE_STANDS, false);
    for (let flowId = 1; flowId <= 20_000; flowId++) {
      flowLog.describe(said(flowId, 'DNS', flowId % 2 === 0 ? 'even.example' : ''));
      flowLog.end(ended(flowId, 1));
    }
    expect(flowLog.summary()).toEqual({ protocols: { DNS: { flows: 20_000, packets: 40_000 } }, hosts: { 'even.example': 10_000 } });
    expect(flowLog.describedAs({ flowId: 1 } as FlowRecord).protocol).toBe('');
    expect(flowLog.describedAs({ flowId: 20_000 } as FlowRecord).protocol).toBe('DNS');
  });

  it('forgets what was said of flows whose end nobody tells, once they no longer stand', () => {
    const flowLog = new FlowLog({ packetsOf: (flowId) => (flowId > 90_000 ? [1, 0] : null) }, false);
    for (let flowId = 1; flowId <= 100_000; flowId++) {
      flowLog.describe(said(flowId, 'DNS'));
      if (flowId % 1000 === 0) flowLog.forgetEnded();
    }
    expect(flowLog.describedAs({ flowId: 50_000 } as FlowRecord).protocol).toBe('');
    expect(flowLog.summary().protocols.DNS).toEqual({ flows: 10_000, packets: 10_000 });
  });

  it('forgets none of which it is yet to be told that it has ended', () => {
    let gone = 0; // the manager has forgotten so many, and the words of these are not read yet
    const flowLog = new FlowLog({ packetsOf: (flowId) => (flowId > gone ? [1, 1] : null) }, false);
    for (let flowId = 1; flowId <= 9000; flowId++) flowLog.describe(said(flowId, 'DNS'));
    gone = 500;
    flowLog.forgetEnded();
    for (let flowId = 1; flowId <= gone; flowId++) flowLog.end(ended(flowId, 1));
    flowLog.forgetEnded();
    flowLog.forgetEnded();
    expect(flowLog.describedAs({ flowId: 1 } as FlowRecord).protocol).toBe('DNS');
    expect(flowLog.summary().protocols.DNS).toEqual({ flows: 9000, packets: 18_000 });
  });

  it('counts no more host names than its bound', () => {
    const flowLog = new FlowLog(NONE_STANDS, false);
    for (let flowId = 1; flowId <= MOST_HOSTS + 10; flowId++) {
      flowLog.describe(said(flowId, '', flowId === 1 ? '__proto__' : `${flowId}.example`));
      flowLog.end(ended(flowId, 1));
    }
    const { hosts } = flowLog.summary();
    expect(Object.keys(hosts)).toHaveLength(MOST_HOSTS);
    expect(Object.hasOwn(hosts, '__proto__')).toBe(true);
  });
});
