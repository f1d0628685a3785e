import { readFile } from 'node:fs/promises'
import type { Ulimit } from '../graph/vertex.ts'
import { InvalidValueError } from '../ground/errors.ts'

/** OCI runtime-spec, config.md#posix-process, `rlimits`. */
export interface OciRlimit {
  readonly type: string
  readonly soft: number
  readonly hard: number
}

/** Hard limits of this process, by the kernel's title; Infinity where there is none. */
export type HardLimits = ReadonlyMap<string, number>

/** `ulimit`'s names (setrlimit(2)), and the titles in /proc/self/limits. */
const LIMITS: ReadonlyMap<string, string> = new Map([
  ['as', 'Max address space'],
  ['core', 'Max core file size'],
  ['cpu', 'Max cpu time'],
  ['data', 'Max data size'],
  ['fsize', 'Max file size'],
  ['locks', 'Max file locks'],
  ['memlock', 'Max locked memory'],
  ['msgqueue', 'Max msgqueue size'],
  ['nice', 'Max nice priority'],
  ['nofile', 'Max open files'],
  ['nproc', 'Max processes'],
  ['rss', 'Max resident set'],
  ['rtprio', 'Max realtime priority'],
  ['rttime', 'Max realtime timeout'],
  ['sigpending', 'Max pending signals'],
  ['stack', 'Max stack size'],
])

export async function readHardLimits(): Promise<HardLimits> {
  const lines = (await readFile('/proc/self/limits', 'utf8')).split('\n')
  return new Map(lines.slice(1).map((line) => [line.slice(0, 26).trim(), parseLimit(line.slice(47, 68).trim())]))
}

/**
 * A limit above this process's own hard one cannot be given in a user namespace, so it is lowered to that; a negative
 * one stands for none. Limits that are not asked for are inherited.
 * @throws InvalidValueError on a name that Linux does not have
 */
export function toRlimits(ulimits: readonly Ulimit[], own: HardLimits): readonly OciRlimit[] {
  return ulimits.map(({ name, soft, hard }) => {
    const title = LIMITS.get(name)
    if (title === undefined) throw new InvalidValueError(`unknown ulimit: ${JSON.stringify(name)}`, { hint: `choose one of ${[...LIMITS.keys()].join(', ')}` })
    const bound = own.get(title) ?? Infinity
    const clamp = (value: number): number => toWord(Math.min(value < 0 ? Infinity : value, bound))
    return { type: `RLIMIT_${name.toUpperCase()}`, soft: clamp(soft), hard: clamp(hard) }
  })
}

/** The kernel's RLIM_INFINITY is the largest 64-bit word, which a JSON number of JavaScript's cannot hold; this is as good. */
function toWord(value: number): number {
  return value === Infinity ? Number.MAX_SAFE_INTEGER : value
}

function parseLimit(text: string): number {
  return text === 'unlimited' ? Infinity : Number(text)
}
