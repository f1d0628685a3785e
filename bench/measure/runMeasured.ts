import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import type { ControlGroup } from './controlGroup.ts'
import type { Sample } from './sample.ts'

export type Argv = readonly [program: string, ...args: string[]]

const SAMPLE_MS = 20
/** Work that a builder does after its command has ended counts; less than this share of a core is idling. */
const IDLE_SHARE = 0.02
const SETTLE_POLL_MS = 100
const SETTLE_MS = 5_000
/** Of what a failed command printed. */
const TOLD_CHARACTERS = 2_000

/** Runs commands one after the other, counted by `group`. @throws Error with what one printed where it fails */
export async function runMeasured(commands: readonly Argv[], env: NodeJS.ProcessEnv, group: ControlGroup | undefined): Promise<Sample> {
  if (group === undefined) return { wallMs: await runAll(commands, env, []), cpuMs: undefined, peakBytes: undefined }
  await settle(group)
  const cpuBefore = group.readCpuMs()
  let peakBytes = 0
  const look = (): void => void (peakBytes = Math.max(peakBytes, group.readMemoryBytes()))
  const timer = setInterval(look, SAMPLE_MS)
  try {
    const wallMs = await runAll(commands, env, group.folders)
    look()
    await settle(group)
    return { wallMs, cpuMs: group.readCpuMs() - cpuBefore, peakBytes }
  } finally {
    clearInterval(timer)
  }
}

/** Words that start `command` as a member of the groups in `folders`: it costs a shell, for every builder the same. */
export function inGroups(folders: readonly string[], command: Argv): Argv {
  if (folders.length === 0) return command
  const joins = folders.map((_, index) => `echo $$ > "$${index + 1}"/cgroup.procs`)
  return ['sh', '-ec', [...joins, `shift ${folders.length}`, 'exec "$@"'].join('; '), 'sh', ...folders, ...command]
}

async function runAll(commands: readonly Argv[], env: NodeJS.ProcessEnv, folders: readonly string[]): Promise<number> {
  let wallMs = 0
  for (const command of commands) {
    const [program, ...args] = inGroups(folders, command)
    const started = performance.now()
    const child = spawn(program, args, { env, stdio: ['ignore', 'ignore', 'pipe'] })
    let printed = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => (printed = (printed + text).slice(-TOLD_CHARACTERS)))
    const closed = once(child, 'close')
    const [code] = (await once(child, 'exit')) as [number | null] // an engine that lingers may hold the pipe
    wallMs += performance.now() - started
    if (code === 0) child.stderr.destroy()
    else await Promise.race([closed, delay(SETTLE_MS, undefined, { ref: false })])
    if (code !== 0) throw new Error(`${command.join(' ')} ended with ${String(code)}:\n${printed}`)
  }
  return wallMs
}

/** Until the group does nothing any more. */
async function settle(group: ControlGroup): Promise<void> {
  const latest = performance.now() + SETTLE_MS
  for (let before = group.readCpuMs(); performance.now() < latest; ) {
    await delay(SETTLE_POLL_MS)
    const now = group.readCpuMs()
    if (now - before < SETTLE_POLL_MS * IDLE_SHARE) return
    before = now
  }
}
