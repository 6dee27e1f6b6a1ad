/** Checks what the legs of a router are to each other, and to the ports that they share paths with. */
import { isLinkLocal, isMapped } from '../port/router/leg.js';
import { sharesPrefix } from '../port/router/choices.js';
import { isLive } from './live-ports.js';
import { at, TOP, type Findings, type Site } from './place.js';
import type { PlanPort } from './plan.js';

/** No two legs are in one network: which of them would its hosts be at? */
export function checkLegs(findings: Findings, ports: readonly PlanPort[]): void {
  const seen: { name: string; words: readonly [number, number, number, number]; length: number }[] = [];
  for (const { name, spec } of ports) {
    if (!isLive(spec) || spec.leg === null) continue;
    spec.leg.addresses.forEach(({ words, length }, k) => {
      if (isLinkLocal(words)) return;
      const other = seen.find((each) => each.name !== name && isMapped(each.words) === isMapped(words) && sharesPrefix(each.words, words, Math.min(each.length, length)));
      if (other !== undefined) {
        const message = `'${other.name}' and '${name}' have addresses in one network`;
        findings.add('same-network', at(TOP, 'ports', name, 'addresses', k), { found: `the network of '${other.name}'`, expected: 'a network for each port', message });
      }
      seen.push({ name, words, length });
    });
  }
}

/** A path does not lead from a router's leg to a live port that only passes frames on: their link headers would be wrong. */
export function checkPathEnds(findings: Findings, [from, to]: readonly [PlanPort, PlanPort], site: Site): void {
  const [isLeg, isOtherLeg] = [from, to].map(({ spec }) => isLive(spec) && spec.leg !== null);
  if (isLeg === isOtherLeg) return;
  const [leg, other] = isLeg ? [from, to] : [to, from];
  if (!isLive(other.spec)) return;
  const message = `'${leg.name}' has addresses, so it routes, and '${other.name}' has none`;
  findings.add('half-a-router', site, { found: `a path between '${from.name}' and '${to.name}'`, expected: "'addresses' for both ports, or for neither", message });
}
