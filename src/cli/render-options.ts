/** What every part of a report is told. */
import type { Style } from './terminal.js';

export interface RenderOptions {
  /** What was run, as the user named it. */
  readonly title: string;
  readonly style: Style;
  readonly columns: number;
  /** It ended because it was asked to. */
  readonly interrupted?: boolean;
  /** It has not ended: nobody has counted yet where every packet is. */
  readonly running?: boolean;
}
