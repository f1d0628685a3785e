export const PROGRESS_MODES = ['auto', 'tty', 'plain', 'quiet', 'rawjson', 'none'] as const

/** `auto` is `tty` on a terminal and `plain` elsewhere. */
export type ProgressMode = (typeof PROGRESS_MODES)[number]

/** For a value that a flag with these choices has let through. */
export function parseProgressMode(text: string): ProgressMode {
  return PROGRESS_MODES.find((mode) => mode === text) ?? 'auto'
}
