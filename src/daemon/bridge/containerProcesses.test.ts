import { create } from '@bufbuild/protobuf'
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { toStatus } from '../../api/errorMapping.ts'
import { ExecMessageSchema, type ExecMessage } from '../../api/gen/gateway_pb.ts'
import { GRPC, statusError } from '../../api/grpc/status.ts'
import type { ClientContainer, ContainerProcessRequest } from '../../engine/containers/clientContainer.ts'
import { ProcessStartError, type OutputChunk, type RunningProcess } from '../../executor/executor.ts'
import { serveProcesses } from './containerProcesses.ts'

const never = new AbortController().signal

describe('the processes of a client’s container', () => {
  it('are told of from their start to their end, each by its name, and what they print on what the client listens to', async () => {
    const told = await exec([init('a', 'echo', { Fds: [0, 1, 2] }), input('a', 'one'), input('a', '', true), init('b', 'echo', { Fds: [0, 2] }), input('b', 'two', true)])
    assert.deepEqual(told.filter((line) => line.startsWith('a ')), ['a Started', 'a 1: out one', 'a 2: err one', 'a 1: EOF', 'a 2: EOF', 'a Exit 0', 'a Done'])
    assert.deepEqual(told.filter((line) => line.startsWith('b ')), ['b Started', 'b 2: err two', 'b 2: EOF', 'b Exit 0', 'b Done'])
  })

  it('tell how they failed', async () => {
    assert.deepEqual((await exec([init('a', 'exit 7'), init('b', 'no program')])).filter((line) => line.includes('Exit')), ['a Exit 7 exit code: 7', 'b Exit 255 exec: "x": not found'])
  })

  it('get what the client asks for', async () => {
    const asked: ContainerProcessRequest[] = []
    await exec([init('a', 'echo', { Fds: [1], Tty: true, Security: 1, secretenv: [{ ID: 's', name: 'S', optional: true }], Meta: { args: ['echo'], env: ['A=1'], user: 'app', ulimit: [{ Name: 'nofile', Soft: 1n, Hard: 2n }] } })], asked)
    assert.deepEqual(asked, [{ argv: ['echo'], env: ['A=1'], cwd: '/', user: 'app', security: 'insecure', ulimits: [{ name: 'nofile', soft: 1, hard: 2 }], secretEnv: [{ name: 'S', secretId: 's', isOptional: true }], terminal: { columns: 80, rows: 24 } }])
  })

  it('get signals and sizes', async () => {
    const told = await exec([init('a', 'log', { Fds: [0, 1] }), message('a', { case: 'Resize', value: { Cols: 90, Rows: 30 } }), message('a', { case: 'Signal', value: { Name: 'INT' } }), input('a', '', true)])
    assert.ok(told.includes('a 1: 90x30 SIGINT'), told.join('\n'))
  })

  const mistakes = [
    { name: 'has no name', messages: [init('', 'echo')], code: GRPC.invalidArgument, says: 'ProcessID required' },
    { name: 'has the name of another', messages: [init('a', 'wait'), init('a', 'wait')], code: GRPC.alreadyExists, says: 'Process a already exists' },
    { name: 'was not started', messages: [input('z', 'x')], code: GRPC.notFound, says: 'IO for process "z" not found' },
    { name: 'has no such container', messages: [init('a', 'echo', { ContainerID: 'nope' })], code: GRPC.notFound, says: 'container "nope" previously released or not created' },
    { name: 'is written to where it has no input', messages: [init('a', 'wait', { Fds: [1] }), input('a', 'x')], code: GRPC.outOfRange, says: 'fd 0 unavailable to write' },
    { name: 'gets a signal that there is not', messages: [init('a', 'wait'), message('a', { case: 'Signal', value: { Name: 'WONDER' } })], code: GRPC.invalidArgument, says: 'Unknown signal WONDER' },
    { name: 'has no command', messages: [init('a', 'echo', { Meta: {} })], code: GRPC.invalidArgument, says: 'a process needs a command' },
  ]
  for (const { name, messages, code, says } of mistakes) {
    it(`end with their call where one ${name}`, async () => {
      await assert.rejects(exec(messages), (error) => {
        assert.deepEqual([toStatus(error).code, toStatus(error).message], [code, says])
        return true
      })
    })
  }

  it('end when the client goes away', async () => {
    const ended = Promise.withResolvers<undefined>()
    async function* forever(): AsyncGenerator<ExecMessage> {
      yield init('a', 'wait')
      await new Promise(() => undefined)
    }
    const calls = serveProcesses(() => fakeContainer([], () => ended.resolve(undefined)), forever(), AbortSignal.any([never]))
    const first = await calls.next()
    assert.equal(first.done === true ? undefined : first.value.Input.case, 'Started')
    void calls.return(undefined)
    await ended.promise
  })
})

type Input = NonNullable<Parameters<typeof create<typeof ExecMessageSchema>>[1]>['Input']

function message(ProcessID: string, Input: Input): ExecMessage {
  return create(ExecMessageSchema, { ProcessID, ...(Input !== undefined && { Input }) })
}

function init(id: string, script: string, change: object = {}): ExecMessage {
  return message(id, { case: 'Init', value: { ContainerID: 'c', Fds: [0, 1, 2], Meta: { args: [script] }, ...change } })
}

function input(id: string, text: string, EOF = false): ExecMessage {
  return message(id, { case: 'File', value: { Fd: 0, Data: Buffer.from(text), EOF } })
}

async function exec(messages: readonly ExecMessage[], asked: ContainerProcessRequest[] = []): Promise<readonly string[]> {
  const container = fakeContainer(asked, () => undefined)
  const find = (id: string): ClientContainer => {
    if (id !== 'c') throw statusError(GRPC.notFound, `container ${JSON.stringify(id)} previously released or not created`)
    return container
  }
  async function* sent(): AsyncGenerator<ExecMessage> {
    yield* messages
  }
  const told: string[] = []
  for await (const { ProcessID, Input: told1 } of serveProcesses(find, sent(), never)) told.push(`${ProcessID} ${describeMessage(told1)}`)
  return told
}

function describeMessage(told: ExecMessage['Input']): string {
  if (told.case === 'File') return `${told.value.Fd}: ${told.value.EOF ? 'EOF' : Buffer.from(told.value.Data).toString()}`
  if (told.case === 'Exit') return ['Exit', told.value.Code, told.value.Error?.message ?? ''].join(' ').trim()
  return told.case ?? ''
}

/** Of programs that are their names: `echo` prints its input on both streams, `log` what was done to it, `wait` ends when it is ended. */
function fakeContainer(asked: ContainerProcessRequest[], onEnd: () => void): ClientContainer {
  return {
    async start(request, signal) {
      asked.push(request)
      return fakeProcess(request.argv[0] ?? '', signal, onEnd)
    },
    files: () => assert.fail('nothing is read'),
    [Symbol.asyncDispose]: async () => undefined,
  }
}

function fakeProcess(program: string, signal: AbortSignal, onEnd: () => void): RunningProcess {
  const typed: string[] = []
  const log: string[] = []
  const closed = Promise.withResolvers<undefined>()
  if (program === 'wait') signal.addEventListener('abort', () => closed.resolve(undefined))
  async function* output(): AsyncGenerator<OutputChunk> {
    if (['echo', 'log', 'wait'].includes(program)) await closed.promise
    if (program === 'log') yield { stream: 'stdout', bytes: Buffer.from(log.join(' ')) }
    if (program !== 'echo' || typed.length === 0) return
    yield { stream: 'stdout', bytes: Buffer.from(`out ${typed.join('')}`) }
    yield { stream: 'stderr', bytes: Buffer.from(`err ${typed.join('')}`) }
  }
  const exitCode = program === 'no program' ? Promise.reject(new ProcessStartError('exec: "x": not found')) : Promise.resolve(program === 'exit 7' ? 7 : 0)
  exitCode.catch(() => undefined) // it is asked for later
  return {
    output: output(),
    write: async (bytes) => void typed.push(Buffer.from(bytes).toString()),
    closeInput: () => program !== 'wait' && closed.resolve(undefined),
    resize: ({ columns, rows }) => void log.push(`${columns}x${rows}`),
    kill: (name) => void log.push(name),
    exitCode,
    explain: async () => undefined,
    [Symbol.asyncDispose]: async () => onEnd(),
  }
}
