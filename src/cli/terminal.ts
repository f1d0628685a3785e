import type { OutputStream } from './command.ts'

/** https://no-color.org: any value but the empty one switches colours off. */
export function usesColor(stream: OutputStream, env: Readonly<NodeJS.ProcessEnv>): boolean {
  return isTerminal(stream, env) && (env['NO_COLOR'] ?? '') === ''
}

/** Whether lines written to `stream` can be drawn over. */
export function isTerminal(stream: OutputStream, env: Readonly<NodeJS.ProcessEnv>): boolean {
  return stream.isTTY === true && env['TERM'] !== 'dumb'
}

/** Of a stream that is no terminal, or of a terminal that does not know its size (0), the usual one. */
export function sizeOf({ columns = 0, rows = 0 }: OutputStream): { readonly columns: number; readonly rows: number } {
  return { columns: columns > 0 ? columns : 80, rows: rows > 0 ? rows : 24 }
}

/**
 * Resolves when the stream has passed on what was written, and told whether it could: what a pipe has not taken yet is
 * lost with the process, and so is that the disk was full.
 */
export async function flush(stream: OutputStream): Promise<void> {
  await new Promise<void>((resolve) => stream.write('', () => resolve()))
}
