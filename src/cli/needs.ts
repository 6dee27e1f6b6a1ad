/** Which capabilities a configuration needs, in words. */
import { capabilitiesOf, hasCapability, type CapabilityNeed } from '../runtime/capabilities.js';
import type { PlanPort } from '../runtime/plan.js';

export function needText({ capability, ports, isRequired, why }: CapabilityNeed): string {
  const missing = hasCapability(capability) === false ? '; this process does not have it' : '';
  return `${capability} ${why} (${ports.join(', ')}${isRequired ? '' : '; works without'}${missing})`;
}

/** One line, or null when none is needed. */
export function needsLine(ports: readonly PlanPort[]): string | null {
  const needs = capabilitiesOf(ports);
  return needs.length === 0 ? null : `needs: ${needs.map(needText).join('; ')}`;
}
