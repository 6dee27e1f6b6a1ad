/** What the process says when it ends. docs/errors.md shows this table; a test holds the two together. */
export const EXIT_CODES = {
  done: 0,
  failed: 1,
  badUse: 2,
  interrupted: 130,
  terminated: 143,
} as const;

export type ExitCode = (typeof EXIT_CODES)[keyof typeof EXIT_CODES];
