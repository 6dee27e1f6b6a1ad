import { describe, expect, it } from 'vitest';
import type { FlowRecord } from '../../src/flow/flow-record.js';
import { MAX_DETAIL_ENTRIES, type FlowDetails } from '../../src/nf/contract.js';
import { FlowLog } from '../../src/runtime/flow-log.js';

const standing = [{ flowId: 7, sequence: 1 } as FlowRecord];

function log(...told: { protocol?: string; host?: string; details?: FlowDetails }[]): FlowLog {
  const flowLog = new FlowLog();
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
});
