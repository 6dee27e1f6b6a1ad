import { describe, expect, it } from 'vitest';
import { discord } from '../../../../src/nf/dpi/protocols/discord.js';
import { ask, expectRobust } from '../ask.js';
import { concat, hex } from '../frames.js';

describe('Discord', () => {
  it('what keeps a channel alive', () => {
    expect(ask(discord, hex('1337cafe 05000000')).outcome).toBe('done');
    expect(ask(discord, hex('1337caff 05000000')).outcome).toBe('no');
  });

  it('a discovery request', () => {
    expect(ask(discord, concat(hex('0001 0046'), new Uint8Array(70)))).toEqual({ outcome: 'done', name: 'Discord', host: '' });
  });

  it('another length', () => {
    expect(ask(discord, concat(hex('0001 0046'), new Uint8Array(71)))).toEqual({ outcome: 'no', name: '', host: '' });
  });

  it('reads nothing but what it is shown, whatever that is', () => {
    const samples = [
      concat(hex('0001 0046'), new Uint8Array(70)),
      concat(hex('0001 0046'), new Uint8Array(71)),
    ];
    expectRobust(discord, samples);
  });
});
