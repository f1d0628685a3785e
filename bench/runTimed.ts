import { spawn } from 'node:child_process'
import { once } from 'node:events'

/** Milliseconds that a program takes from start to end. @throws Error with what it printed where it fails */
export async function runTimed(argv: readonly [string, ...string[]], env: NodeJS.ProcessEnv): Promise<number> {
  const [file, ...args] = argv
  const started = performance.now()
  const child = spawn(file, args, { env, stdio: ['ignore', 'ignore', 'pipe'] })
  let printed = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (printed += text))
  const [code] = (await once(child, 'close')) as [number | null]
  if (code !== 0) throw new Error(`${argv.join(' ')} ended with ${String(code)}:\n${printed}`)
  return performance.now() - started
}
