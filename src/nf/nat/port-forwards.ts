/** Forwarded ports, one by one, as the options list them in ranges. */
import { IpProtocol } from '../../packet/protocols.js';
import { externalAddresses, ipv4Prefix } from './addresses.js';
import type { NatOptions } from './options.js';

export interface Forwarding {
  readonly protocol: number;
  readonly externalAddress: number;
  readonly externalPort: number;
  readonly insideAddress: number;
  readonly insidePort: number;
}

/** What one entry of `portForwards` says; nothing of what `optionProblems` has to say something about. */
export function forwardingsOf(entry: NatOptions['portForwards'][number], firstExternal: number | undefined): Forwarding[] {
  const inside = ipv4Prefix(entry.to);
  const external = entry.external === undefined ? undefined : ipv4Prefix(entry.external);
  const externalAddress = external === undefined ? firstExternal : external?.length === 32 ? external.address : undefined;
  const [first, last] = typeof entry.port === 'number' ? [entry.port, entry.port] : entry.port;
  const insideFirst = entry.toPort ?? first;
  if (inside?.length !== 32 || externalAddress === undefined || last < first || insideFirst + last - first > 65_535) return [];
  const protocols = [...new Set(typeof entry.protocol === 'string' ? [entry.protocol] : entry.protocol)];
  return protocols.flatMap((protocol) =>
    Array.from({ length: last - first + 1 }, (_, k) => ({
      protocol: IpProtocol[protocol],
      externalAddress,
      externalPort: first + k,
      insideAddress: inside.address,
      insidePort: insideFirst + k,
    })),
  );
}

export function allForwardings(options: NatOptions): Forwarding[] {
  const [firstExternal] = externalAddresses(options);
  return options.portForwards.flatMap((entry) => forwardingsOf(entry, firstExternal));
}

/** External address of the hosts that have ports forwarded: that of the first of them, for all of the host's bindings. */
export function forwardedPairs(forwardings: readonly Forwarding[]): Map<number, number> {
  const pairs = new Map<number, number>();
  for (const { insideAddress, externalAddress } of forwardings) if (!pairs.has(insideAddress)) pairs.set(insideAddress, externalAddress);
  return pairs;
}
