import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { dialEngine, type Dialed, type DialProgram } from './dialEngine.ts'

/** Long before it would end by itself. */
const END_MS = 5_000

/** A program that says `said`, and looks neither at its input nor ends, dialed; then its process has to end. */
async function dialHanging(said: string, answerMs: number, signal: AbortSignal): Promise<Dialed> {
  const folder = await mkdtemp(join(tmpdir(), 'dial-'))
  try {
    const path = join(folder, 'pid')
    const program: DialProgram = { argv: ['/bin/sh', '-c', 'echo $$ > "$1"; printf %s "$2" >&2; exec sleep 60', 'sh', path, said], env: { PATH: process.env['PATH'] ?? '' }, answerMs }
    try {
      return await dialEngine(program, [], signal)
    } finally {
      await ended(Number(await readFile(path, 'utf8')))
    }
  } finally {
    await rm(folder, { recursive: true })
  }
}

async function ended(pid: number): Promise<void> {
  const limit = Date.now() + END_MS
  while (isThere(pid)) {
    assert.ok(Date.now() < limit, 'the program goes on')
    await sleep(10)
  }
}

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

describe('a program that leads to no engine', () => {
  const open = new AbortController().signal
  it('is ended where nothing answers in time, with what it said', async () => {
    assert.deepEqual(await dialHanging('waiting for the machine', 500, open), { kind: 'failed', failure: { exitCode: 0, said: 'waiting for the machine' } })
  })
  it('has failed for want of an answer where it said nothing', async () => {
    assert.deepEqual(await dialHanging('', 500, open), { kind: 'failed', failure: { exitCode: 0, said: 'no answer within 0.5 s' } })
  })
  it('is ended where the dial is cancelled', async () => {
    const cancel = AbortSignal.timeout(500)
    await assert.rejects(dialHanging('', 60_000, cancel), { name: 'TimeoutError' })
  })
})
