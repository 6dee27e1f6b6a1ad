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

  it('a host is text', () => {
    expect(ask(collectd, hex('0000 000c 0203040506070800'))).toMatchObject({ outcome: 'no' });
  });

  it('of a damaged one, on its port, the parts before the damage', () => {
    const host = concat(hex('0000 0009'), latin1('dev1'), hex('00'));
    const onPort = { serverPort: 25_826 };
    const damaged = concat(host, hex('0008 000c 0123456789abcdef 0002 ffff 6370'));
    expect(ask(collectd, damaged, onPort)).toEqual({ outcome: 'done', name: 'collectd', host: 'dev1' });
    expect(ask(collectd, damaged).outcome).toBe('no');
    // Nothing whole behind the name, or no whole name.
    expect(ask(collectd, concat(host, hex('0008 00ff 01')), onPort).outcome).toBe('no');
    expect(ask(collectd, concat(hex('0000 ffff'), latin1('dev1'), hex('00 0008 000c 0123456789abcdef')), onPort).outcome).toBe('no');
    expectRobust(collectd, [damaged], onPort);
  });

  it('reads nothing but what it is shown, whatever that is', () => {
    const samples = [
      concat(hex('0000 0009'), latin1('dev1'), hex('00 0008 000c 0123456789abcdef')),
      hex('0000 0009 64657631 00 0008 00ff 01'),
    ];
    expectRobust(collectd, samples);
  });
});
