/** The chain: one factor at a time is moved away from the base, and beside the base stand copy mode, C and messages. */
import { chainWay } from '../chain-run.js';
import { ingressWays } from '../baselines/ingress-alone.js';
import { messageWays } from '../baselines/message-run.js';
import { cChainWay } from '../native/c-chain.js';
import { BASE, type ChainFactors } from '../configure.js';
import type { BenchSettings } from '../settings.js';
import type { BenchCase, Group, Way } from '../way.js';

function groups(settings: BenchSettings): Group[] {
  const { sizes, vms, bursts } = settings;
  const of = (changes: Partial<ChainFactors>): Way => chainWay({ ...BASE, ...changes }, settings);
  const bothModes = (changes: Partial<ChainFactors>): Way[] => [of(changes), of({ ...changes, mode: 'copy' })];
  const quick = settings.profile === 'quick';
  const longest = sizes[sizes.length - 1];
  return [
    // P2: what is asked of the functions is what the C reference does, and the burst is its burst.
    ...(['hub', 'mesh'] as const).map((routing): Group => ({
      name: `against C, ${routing}`,
      ways: [of({ routing, touch: 'ttl' }), cChainWay({ ...BASE, routing, touch: 'ttl' }, settings)],
    })),
    // P4: the size sweep, and what of it is the writing of packets, which both modes pay.
    ...sizes.map((bytes): Group => ({ name: `${bytes} B`, ways: [...bothModes({ bytes }), ...ingressWays(bytes, settings)] })),
    ...(['mesh', 'together', 'inline'] as const).map((what): Group => ({
      name: what,
      ways: sizes.flatMap((bytes) => bothModes(what === 'mesh' ? { bytes, routing: 'mesh' } : { bytes, placement: what })),
    })),
    // P7: the length of the chain, and what it costs when the functions stand together.
    { name: 'VMs', ways: vms.flatMap((count) => [of({ vms: count }), of({ vms: count, routing: 'mesh' }), of({ vms: count, placement: 'together' }), of({ vms: count, placement: 'inline' })]) },
    { name: 'burst', ways: bursts.flatMap((burst) => [of({ burst }), of({ burst, routing: 'mesh' })]) },
    ...(['nothing', 'ttl', 'payload'] as const).map((what): Group => ({
      name: `touching ${what}`,
      ways: (quick ? [64] : [64, longest]).flatMap((bytes) => bothModes({ touch: what, bytes })),
    })),
    { name: 'wake-up', ways: (['throughput', 'latency'] as const).map((wakeUp) => of({ wakeUp })) },
    // A ring holds every slot, so this is its depth too.
    { name: 'ring depth', ways: (quick ? [] : [256, 1024, 16_384]).flatMap((slots) => [of({ slots }), of({ slots, placement: 'inline' })]) },
    { name: 'replicas', ways: [of({ replicas: 2, placement: 'together' })] },
    // P5: what one would write without all this.
    { name: 'messages', ways: [of({}), ...messageWays(64, settings), ...(quick ? [] : [of({ bytes: 1500 }), ...messageWays(1500, settings)])] },
  ];
}

export const chainCase: BenchCase = {
  name: 'chain',
  says: 'service chains: sizes, lengths, bursts, what functions touch; against copy mode, C and messages',
  byDefault: true,
  groups,
};
