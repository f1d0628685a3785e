import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { openPipedProcess, type PipedProcess } from './pipedProcess.ts'

const never = new AbortController().signal

describe('a process with pipes', () => {
  it('reads what is written, until the input is closed', async () => {
    await using process = open('cat', 'pipe')
    await process.write(Buffer.from('a word'))
    process.closeInput()
    assert.equal(await text(process.stdout), 'a word')
    assert.equal(await process.exitCode, 0)
  })
  it('takes more than a pipe holds', async () => {
    await using process = open('wc -c', 'pipe')
    const written = (async () => {
      for (let chunk = 0; chunk < 10; chunk += 1) await process.write(Buffer.alloc(100_000))
      process.closeInput()
    })()
    assert.equal((await text(process.stdout)).trim(), '1000000')
    await written
  })
  it('may be written to after it closed its input', async () => {
    await using process = open('exec 0<&-; echo closed; read -r line <&3; exit 4', 'pipe')
    await text(process.stdout, () => process.writeControl('go on\n'))
    for (let chunk = 0; chunk < 5; chunk += 1) await process.write(Buffer.alloc(100_000))
    assert.equal(await process.exitCode, 4)
  })
  it('has an empty input where it is to have none', async () => {
    await using process = open('cat; echo end', 'none')
    assert.equal(await text(process.stdout), 'end\n')
  })
  it('reads commands on file 3', async () => {
    await using process = open('read -r command <&3; echo "did $command"', 'none')
    process.writeControl('100x40\n')
    assert.equal(await text(process.stdout), 'did 100x40\n')
  })
  it('is stopped by an abort', async () => {
    const controller = new AbortController()
    await using process = open('echo up; exec sleep 60', 'none', controller.signal)
    await text(process.stdout, () => controller.abort())
    assert.equal(await process.exitCode, 137)
  })
  it('says through its exit code that it is not there', async () => {
    await using process = openPipedProcess(['/no/such/program'], { cwd: '/', env: {}, input: 'none', stop: async (running) => running.kill('SIGKILL') }, never)
    await assert.rejects(process.exitCode, { code: 'ENOENT' })
  })
})

function open(script: string, input: 'none' | 'pipe', signal: AbortSignal = never): PipedProcess {
  return openPipedProcess(['/bin/sh', '-c', script], { cwd: '/', env: { PATH: '/bin:/usr/bin' }, input, stop: async (running) => running.kill('SIGKILL') }, signal)
}

async function text(chunks: AsyncIterable<Uint8Array>, onChunk: () => void = () => undefined): Promise<string> {
  let all = ''
  for await (const bytes of chunks) {
    all += Buffer.from(bytes).toString()
    onChunk()
  }
  return all
}
