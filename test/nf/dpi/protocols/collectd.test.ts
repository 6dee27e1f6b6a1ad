import { describe, expect, it } from 'vitest';
import { collectd } from '../../../../src/nf/dpi/protocols/collectd.js';
import { ask, expectRobust } from '../ask.js';
import { concat, hex, latin1 } from '../frames.js';

describe('collectd', () => {
  it('the host part gives the host', () => {
    expect(ask(collectd, concat(hex('0000 0009'), latin1('dev1'), hex('00 0008 000c 0123456789abcdef')))).toEqual({ outcome: 'done', name: 'collectd', host: 'dev1' });
  });

  it('parts that do not fill it', () => {
    expect(ask(collectd, hex('0000 0009 64657631 00 0008 00ff 01'))).toEqual({ outcome: 'no', name: '', host: '' });
  });

  it('reads nothing but what it is shown, whatever that is', () => {
    const samples = [
      concat(hex('0000 0009'), latin1('dev1'), hex('00 0008 000c 0123456789abcdef')),
      hex('0000 0009 64657631 00 0008 00ff 01'),
    ];
    expectRobust(collectd, samples);
  });
});
