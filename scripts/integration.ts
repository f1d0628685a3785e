import { basename } from 'node:path'
import { run } from 'node:test'
import { spec } from 'node:test/reporters'

/*
 * Runs the files of tests that it is given, side by side: `node --test` would take them by their names, and end with one
 * that takes minutes while nothing else is left to do.
 */
/** Those that compute longest, which is 13 s and more of a processor, the longest first: what comes last is short. Parity is that where BuildKit builds its cases. */
const LONG = [
  ...['parity', 'docs', 'twins', 'kills', 'faults', 'signing', 'concurrency', 'farm', 'strangeRegistries', 'reproducible', 'buildCache', 'imagetools', 'runMounts', 'fullDisk'],
  ...['executor', 'memory', 'frontends', 'remoteNodes', 'accelerate', 'audit', 'plan'],
]
/** On two cores: half of the time a test waits for a disk, a network or a clock. */
const CONCURRENCY = 3
const TIMEOUT_MS = 600_000

const rankOf = (file: string): number => {
  const rank = LONG.indexOf(basename(file, '.test.ts'))
  return rank < 0 ? LONG.length : rank
}

const files = process.argv.slice(2).toSorted((one, other) => rankOf(one) - rankOf(other))
run({ files, concurrency: CONCURRENCY, timeout: TIMEOUT_MS })
  .on('test:fail', () => (process.exitCode = 1))
  .compose(spec)
  .pipe(process.stdout)
