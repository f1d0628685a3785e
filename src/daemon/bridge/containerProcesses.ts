import { constants } from 'node:os'
import { create, type MessageInitShape } from '@bufbuild/protobuf'
import { toStatus } from '../../api/errorMapping.ts'
import { ExecMessageSchema, type ExecMessage, type FdMessage, type InitMessage } from '../../api/gen/gateway_pb.ts'
import { SecurityMode } from '../../api/gen/ops_pb.ts'
import { GRPC, statusError } from '../../api/grpc/status.ts'
import type { ClientContainer, ContainerProcessRequest } from '../../engine/containers/clientContainer.ts'
import type { RunningProcess } from '../../executor/executor.ts'
import { createOutbox, type Outbox } from './outbox.ts'

/**
 * One call of `LLBBridge.ExecProcess`: the processes that it starts, each by a name of its own, live as long as the call
 * at most. Of each it is told that it has started, what it prints, how it has ended, and last that there is no more.
 */
export async function* serveProcesses(find: (containerId: string) => ClientContainer, messages: AsyncIterable<ExecMessage>, signal: AbortSignal): AsyncGenerator<ExecMessage> {
  const outbox = createOutbox<ExecMessage>()
  const over = new AbortController()
  const inner = AbortSignal.any([signal, over.signal])
  const call: ProcessCall = { find, outbox, processes: new Map(), running: new Set(), signal: inner }
  const serving = serve(call, messages).then(
    () => outbox.end(undefined),
    (error: unknown) => outbox.end(error instanceof Error ? error : new TypeError('what was thrown is no error')),
  )
  try {
    yield* outbox.read()
  } finally {
    over.abort(new DOMException('the call is over', 'AbortError'))
    outbox.close()
    await serving
    await Promise.allSettled(call.running)
  }
}

interface ProcessCall {
  readonly find: (containerId: string) => ClientContainer
  readonly outbox: Outbox<ExecMessage>
  readonly processes: Map<string, AttachedProcess>
  /** What is still told of. */
  readonly running: Set<Promise<void>>
  readonly signal: AbortSignal
}

interface AttachedProcess {
  readonly process: RunningProcess
  /** Whether it has an input of the client. */
  hasInput: boolean
}

/** Ends when the client has no more to say and all of its processes have ended. */
async function serve(call: ProcessCall, messages: AsyncIterable<ExecMessage>): Promise<void> {
  for await (const message of messages) await receive(message, call)
  await Promise.all(call.running)
}

async function receive({ ProcessID: id, Input: input }: ExecMessage, call: ProcessCall): Promise<void> {
  if (id === '') throw statusError(GRPC.invalidArgument, 'ProcessID required')
  if (input.case === 'Init') {
    if (call.processes.has(id)) throw statusError(GRPC.alreadyExists, `Process ${id} already exists`)
    await start(id, input.value, call)
    return
  }
  const attached = call.processes.get(id)
  if (attached === undefined) throw statusError(GRPC.notFound, `IO for process ${JSON.stringify(id)} not found`)
  await deliver(attached, input)
}

async function deliver(attached: AttachedProcess, input: ExecMessage['Input']): Promise<void> {
  switch (input.case) {
    case 'File':
      await writeInput(attached, input.value)
      break
    case 'Resize':
      attached.process.resize({ columns: input.value.Cols, rows: input.value.Rows })
      break
    case 'Signal':
      attached.process.kill(toSignal(input.value.Name))
      break
    case 'Init':
    case 'Started':
    case 'Exit':
    case 'Done':
    case undefined:
      throw statusError(GRPC.invalidArgument, `a client cannot send ${input.case ?? 'an empty message'}`)
  }
}

async function start(id: string, init: InitMessage, call: ProcessCall): Promise<void> {
  const process = await call.find(init.ContainerID).start(toRequest(init), call.signal)
  const hasInput = init.Fds.includes(STDIN)
  if (!hasInput) process.closeInput()
  call.processes.set(id, { process, hasInput })
  const send = (input: MessageInitShape<typeof ExecMessageSchema>['Input']): Promise<void> => call.outbox.send(create(ExecMessageSchema, { ProcessID: id, ...(input !== undefined && { Input: input }) }))
  await send({ case: 'Started', value: {} })
  const telling = tell(process, new Set(init.Fds), send).finally(() => call.running.delete(telling))
  telling.catch(() => undefined) // whoever waits for all of them is told
  call.running.add(telling)
}

type Send = (input: MessageInitShape<typeof ExecMessageSchema>['Input']) => Promise<void>

const STDIN = 0
const STREAMS = { stdout: 1, stderr: 2 } as const
/** BuildKit's code for an end that has none. */
const UNKNOWN_EXIT = 255

async function tell(process: RunningProcess, fds: ReadonlySet<number>, send: Send): Promise<void> {
  await using _process = process
  for await (const { stream, bytes } of process.output) {
    if (fds.has(STREAMS[stream])) await send({ case: 'File', value: { Fd: STREAMS[stream], Data: bytes } })
  }
  for (const fd of fds) if (fd !== STDIN) await send({ case: 'File', value: { Fd: fd, EOF: true } })
  await send({ case: 'Exit', value: await exitOf(process) })
  await send({ case: 'Done', value: {} })
}

async function exitOf(process: RunningProcess): Promise<{ readonly Code: number; readonly Error?: { readonly code: number; readonly message: string } }> {
  try {
    const code = await process.exitCode
    return code === 0 ? { Code: 0 } : { Code: code, Error: { code: GRPC.unknown, message: `exit code: ${code}` } }
  } catch (error) {
    return { Code: UNKNOWN_EXIT, Error: { code: GRPC.unknown, message: toStatus(error).message } }
  }
}

async function writeInput(attached: AttachedProcess, { Fd, Data, EOF }: FdMessage): Promise<void> {
  if (Fd !== STDIN || !attached.hasInput) throw statusError(GRPC.outOfRange, `fd ${Fd} unavailable to write`)
  if (Data.byteLength > 0) await attached.process.write(Data)
  if (!EOF) return
  attached.hasInput = false
  attached.process.closeInput()
}

/** The size comes before the process begins to look at it. */
const FIRST_SIZE = { columns: 80, rows: 24 }

function toRequest({ Meta, Tty, Security, secretenv }: InitMessage): ContainerProcessRequest {
  if (Meta === undefined || Meta.args.length === 0) throw statusError(GRPC.invalidArgument, 'a process needs a command')
  return {
    argv: Meta.args,
    env: Meta.env,
    cwd: Meta.cwd === '' ? '/' : Meta.cwd,
    user: Meta.user,
    security: Security === SecurityMode.INSECURE ? 'insecure' : 'sandbox',
    ulimits: Meta.ulimit.map(({ Name, Soft, Hard }) => ({ name: Name, soft: Number(Soft), hard: Number(Hard) })),
    secretEnv: secretenv.map(({ ID, name, optional }) => ({ name, secretId: ID, isOptional: optional })),
    terminal: Tty ? FIRST_SIZE : undefined,
  }
}

/** `INT`, as BuildKit's clients write it, or `SIGINT`. */
function toSignal(name: string): NodeJS.Signals {
  const full = name.startsWith('SIG') ? name : `SIG${name}`
  if (!(full in constants.signals)) throw statusError(GRPC.invalidArgument, `Unknown signal ${name}`)
  return full as NodeJS.Signals
}
