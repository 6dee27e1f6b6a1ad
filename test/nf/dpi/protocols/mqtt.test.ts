import { describe, expect, it } from 'vitest';
import { mqtt } from '../../../../src/nf/dpi/protocols/mqtt.js';
import { ask, expectRobust } from '../ask.js';
import { hex } from '../frames.js';

describe('MQTT', () => {
  it('CONNECT of 3.1.1', () => {
    expect(ask(mqtt, hex('10 10 0004 4d515454 04 02 003c 0004 64657631'))).toEqual({ outcome: 'done', name: 'MQTT', host: '' });
  });

  it('half of it', () => {
    expect(ask(mqtt, hex('10 10 0004 4d51'))).toEqual({ outcome: 'more', name: '', host: '' });
  });

  it('another packet type', () => {
    expect(ask(mqtt, hex('20 02 0000'))).toEqual({ outcome: 'no', name: '', host: '' });
  });

  it('reads nothing but what it is shown, whatever that is', () => {
    const samples = [
      hex('10 10 0004 4d515454 04 02 003c 0004 64657631'),
      hex('10 10 0004 4d51'),
      hex('20 02 0000'),
    ];
    expectRobust(mqtt, samples);
  });
});
