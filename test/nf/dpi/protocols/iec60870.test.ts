import { describe, expect, it } from 'vitest';
import { iec60870 } from '../../../../src/nf/dpi/protocols/iec60870.js';
import { ask, expectRobust } from '../ask.js';
import { hex } from '../frames.js';

describe('IEC60870', () => {
  it('two units that fill a segment, on its port', () => {
    expect(ask(iec60870, hex('68 04 43000000 68 04 07000000'), { serverPort: 2404 })).toEqual({ outcome: 'named', name: 'IEC60870', host: '' });
  });

  it('elsewhere it is supposed', () => {
    expect(ask(iec60870, hex('68 04 07000000'))).toEqual({ outcome: 'maybe', name: 'IEC60870', host: '' });
  });

  it('a unit that is cut', () => {
    expect(ask(iec60870, hex('68 09 07000000'))).toEqual({ outcome: 'no', name: '', host: '' });
  });

  it('reads nothing but what it is shown, whatever that is', () => {
    const samples = [
      hex('68 04 43000000 68 04 07000000'),
      hex('68 04 07000000'),
      hex('68 09 07000000'),
    ];
    expectRobust(iec60870, samples, { serverPort: 2404 });
  });
});
