import assert from 'node:assert/strict'
import { runCommand, type RunOptions } from './pelago.ts'

/** A command of a shell, and the lines that it prints, in this order with others between them; `…` stands for what differs. */
interface Step {
  readonly command: string
  readonly lines: readonly string[]
}

/**
 * Types a session at a shell: lines that begin with `$ ` are commands (`> ` goes on with one), those below a command
 * what it prints, on either stream. It is one shell, which ends where a command fails.
 */
export async function typeTranscript(text: string, options: RunOptions): Promise<void> {
  const steps = parseTranscript(text)
  const script = steps.map(({ command }, index) => `echo '${MARK}${index}'\n${command}\n`).join('')
  const { exitCode, stdout } = await runCommand(['sh', '-euc', `exec 2>&1\n${script}echo '${MARK}end'`], options)
  const outputs = stdout.split(new RegExp(`^${MARK}(?:\\d+|end)\\n`, 'm')).slice(1)
  for (const [index, { command, lines }] of steps.entries()) {
    const output = outputs[index]
    assert.ok(output !== undefined, `never came to: ${command}`)
    assert.ok(index + 1 < outputs.length, `exited with ${exitCode}: ${command}\n${output}`)
    const pattern = lines.map((line) => `.*${line.split('…').map(escape).join('.*')}.*\n`).join('(?:.*\\n)*?')
    assert.match(output, new RegExp(pattern), command)
  }
}

const MARK = '@@ step '

function parseTranscript(text: string): readonly Step[] {
  const steps: Step[] = []
  for (const line of text.split('\n').map((one) => one.trim()).filter((one) => one !== '')) {
    const last = steps.at(-1)
    if (line.startsWith('$ ')) steps.push({ command: line.slice(2), lines: [] })
    else if (last !== undefined && line.startsWith('> ')) steps[steps.length - 1] = { ...last, command: `${last.command}\n${line.slice(2)}` }
    else if (last !== undefined) steps[steps.length - 1] = { ...last, lines: [...last.lines, line] }
  }
  return steps
}

function escape(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
}
