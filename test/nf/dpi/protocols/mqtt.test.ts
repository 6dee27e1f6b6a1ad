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

  it.each([
    ['what a server says to CONNECT', '20 02 0000', 'maybe'],
    ['a ping', 'c0 00', 'maybe'],
    ['and its answer', 'd0 00', 'maybe'],
    ['a message that fills the segment', '30 09 0004 612f622f 313233', 'maybe'],
    ['a long one', `32 8701 0002 6162 0001 ${'61'.repeat(129)}`, 'maybe'],
    ['a message with a byte too many', '30 09 0004 612f622f 31323334', 'no'],
    ['a topic beyond the message', '30 05 0009 612f62', 'no'],
    ['a topic of control bytes', '30 05 0002 0102 31', 'no'],
    ['a length in five bytes', '30 8080808001 0004 612f622f 313233', 'no'],
    ['another packet type', '40 02 0001', 'no'],
  ])('of a connection whose beginning was not seen, %s', (_title, text, outcome) => {
    expect(ask(mqtt, hex(text)).outcome).toBe(outcome);
  });

  it('reads nothing but what it is shown, whatever that is', () => {
    const samples = [
      hex('10 10 0004 4d515454 04 02 003c 0004 64657631'),
      hex('10 10 0004 4d51'),
      hex('20 02 0000'),
      hex('30 09 0004 612f622f 313233'),
      hex('d0 00'),
    ];
    expectRobust(mqtt, samples);
  });
});
