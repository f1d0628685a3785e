import type { OutputStream } from './command.ts'

/** https://no-color.org: any value but the empty one switches colours off. */
export function usesColor(stream: OutputStream, env: Readonly<NodeJS.ProcessEnv>): boolean {
  return isTerminal(stream, env) && (env['NO_COLOR'] ?? '') === ''
}

/** Whether lines written to `stream` can be drawn over. */
export function isTerminal(stream: OutputStream, env: Readonly<NodeJS.ProcessEnv>): boolean {
  return stream.isTTY === true && env['TERM'] !== 'dumb'
}
