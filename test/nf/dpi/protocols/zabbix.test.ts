import { describe, expect, it } from 'vitest';
import { zabbix } from '../../../../src/nf/dpi/protocols/zabbix.js';
import { ask, expectRobust } from '../ask.js';
import { hex } from '../frames.js';

describe('Zabbix', () => {
  it('a message', () => {
    expect(ask(zabbix, hex('5a425844 01 0000000000000000'))).toEqual({ outcome: 'done', name: 'Zabbix', host: '' });
  });

  it('another mark', () => {
    expect(ask(zabbix, hex('5a425845 01'))).toEqual({ outcome: 'no', name: '', host: '' });
  });

  it('reads nothing but what it is shown, whatever that is', () => {
    const samples = [
      hex('5a425844 01 0000000000000000'),
      hex('5a425845 01'),
    ];
    expectRobust(zabbix, samples);
  });
});
