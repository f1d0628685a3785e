import { createHash } from 'node:crypto'
import { existsSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { storeRoot } from '../engine/store/storeRoot.ts'
import type { Environment } from '../kit/enterNamespaces.ts'

/** The engine as this user would start it. */
export interface EngineProgram {
  /** Of Node's command line: the program, without its arguments. */
  readonly entry: string
  /** The store's folder. */
  readonly root: string
  /** How long it waits for the next command before it ends; 0 ends it with the command. */
  readonly lingerSeconds: number
  /** Equal for commands that may share one engine. */
  readonly key: string
}

const DEFAULT_LINGER_SECONDS = 60

export function describeEngine(entry: string, environment: Environment, userId: number): EngineProgram {
  const root = storeRoot(environment, userId)
  const { mtimeMs, ctimeMs } = statSync(entry) // the first is the same in all packages that npm unpacks
  const facts = [entry, mtimeMs, ctimeMs, process.version, root, ...settings(environment)]
  const key = createHash('sha256').update(JSON.stringify(facts)).digest('hex').slice(0, 16)
  return { entry, root, lingerSeconds: lingerSeconds(environment), key }
}

/** How long what a command leaves behind waits for the next one. */
export function lingerSeconds(environment: Environment): number {
  const linger = Number(environment['PELAGO_LINGER'] ?? DEFAULT_LINGER_SECONDS)
  return Number.isFinite(linger) && linger >= 0 ? linger : DEFAULT_LINGER_SECONDS
}

/** `dist/engine.js` above the bundled command, which has its code compiled once only; `src/daemon/main.ts` in development. */
export function packagedEngine(): string {
  const here = dirname(fileURLToPath(import.meta.url))
  const bundled = join(here, '../engine.js')
  return existsSync(bundled) ? bundled : join(here, '../daemon/main.ts')
}

/** Variables that mean something to the command, and nothing to its engine for good. */
const OF_THE_COMMAND: ReadonlySet<string> = new Set(['PELAGO_LINGER', 'PELAGO_WARM', 'PELAGO_BUILDER', 'PELAGO_CI', 'PELAGO_ACCELERATE'])

/** What an engine takes from its environment for good: commands that differ in it do not share one. */
function settings(environment: Environment): readonly string[] {
  const isSetting = (name: string): boolean => (name.startsWith('PELAGO_') && !OF_THE_COMMAND.has(name)) || /^(https?|no|all|ftp)_proxy$/i.test(name)
  return Object.entries(environment)
    .flatMap(([name, value]) => (isSetting(name) ? [`${name}=${value ?? ''}`] : []))
    .toSorted()
}
