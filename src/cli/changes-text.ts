/** What putting a configuration in force has changed, on one line. */
import type { Changes } from '../runtime/compare-plans.js';

export function changesText({ updated, replaced, paths, spread }: Changes): string {
  const parts = [
    ...(updated.length > 0 ? [`new options for ${updated.join(', ')}`] : []),
    ...(replaced.length > 0 ? [`${replaced.join(', ')} replaced`] : []),
    ...(paths ? ['other paths'] : []),
    ...(spread ? ['connections are spread over replicas by the new addresses'] : []),
  ];
  return parts.length === 0 ? 'nothing has changed' : parts.join('; ');
}
