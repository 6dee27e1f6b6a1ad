import { describe, expect, it } from 'vitest';
import { amqp } from '../../../../src/nf/dpi/protocols/amqp.js';
import { ask, expectRobust } from '../ask.js';
import { hex } from '../frames.js';

describe('AMQP', () => {
  it('the protocol header', () => {
    expect(ask(amqp, hex('414d5150 00 00 09 01'))).toEqual({ outcome: 'done', name: 'AMQP', host: '' });
  });

  it('a method frame', () => {
    expect(ask(amqp, hex('01 0001 00000004 003c0050 ce'))).toEqual({ outcome: 'maybe', name: 'AMQP', host: '' });
  });

  it('no end mark', () => {
    expect(ask(amqp, hex('01 0001 00000004 003c0050 cd'))).toEqual({ outcome: 'no', name: '', host: '' });
  });

  it('reads nothing but what it is shown, whatever that is', () => {
    const samples = [
      hex('414d5150 00 00 09 01'),
      hex('01 0001 00000004 003c0050 ce'),
      hex('01 0001 00000004 003c0050 cd'),
    ];
    expectRobust(amqp, samples);
  });
});
