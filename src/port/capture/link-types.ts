/** Link types: the numbers in capture files (the LINKTYPE registry) and the ones in slot headers. */
import { LinkType } from '../../memory/slot-layout.js';

const FROM_FILE: Record<number, number> = {
  0: LinkType.null,
  1: LinkType.ethernet,
  // Raw IP has three numbers besides its own: BSD systems wrote their DLT values into files.
  12: LinkType.raw,
  14: LinkType.raw,
  101: LinkType.raw,
  // Like null, but the family is always big-endian; both orders are told apart by the parser.
  108: LinkType.null,
  113: LinkType.linuxSll,
  228: LinkType.raw,
  229: LinkType.raw,
  276: LinkType.linuxSll2,
};

/** The slot header's link type for a file's, or `LinkType.unsupported`. */
export function linkTypeFromFile(number: number): number {
  return FROM_FILE[number] ?? LinkType.unsupported;
}

/** The number to write into a file. */
export function linkTypeToFile(linkType: number): number {
  return linkType === LinkType.linuxSll2 ? 276 : linkType;
}
