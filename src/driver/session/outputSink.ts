import { fromBinary } from '@bufbuild/protobuf'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, open, realpath, rename, rm, type FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Writable } from 'node:stream'
import { BytesMessageSchema } from '../../api/gen/filesync_pb.ts'
import type { ServerCall } from '../../api/grpc/serverCall.ts'
import { formatLentFile, isAskedForFile } from '../../api/lentFile.ts'
import { createPacketChannel } from '../../api/packetChannel.ts'
import { receiveTree } from '../../api/treeReceiver.ts'
import { BuildError } from '../../ground/errors.ts'
import { openSubprocess } from '../../kit/process/subprocess.ts'
import type { OutputDestination } from '../driver.ts'
import { createFolderReceiver } from './folderReceiver.ts'

/** What the process that sends and receives a build has of its own. */
export interface ClientProcess {
  readonly stdout: Writable
  readonly env: Readonly<Record<string, string>>
  readonly cwd: string
}

/** A program that was to take a result did not. */
export class OutputProgramError extends BuildError {
  readonly kind = 'step-failed'
}

/** Takes what `FileSend.DiffCopy` brings to where the user wants it. Nothing is seen there before all has come, but on a stream. */
export async function receiveOutput(call: ServerCall, destination: OutputDestination, client: ClientProcess): Promise<void> {
  if (isAskedForFile(call.metadata) && destination.kind !== 'file') await call.send(NO_FILE)
  switch (destination.kind) {
    case 'none':
      break
    case 'folder':
      await receiveTree(createPacketChannel(call), createFolderReceiver(destination.path), call.signal)
      break
    case 'file':
      await receiveFile(destination.path, call)
      break
    case 'stdout':
      await writeStream(client.stdout, bytesOf(call), call.signal)
      break
    case 'program':
      await feedProgram(destination.argv, bytesOf(call), client, call.signal)
      break
    case 'taker':
      await destination.take(bytesOf(call), call.signal)
  }
}

async function* bytesOf(call: ServerCall): AsyncGenerator<Uint8Array> {
  for await (const message of call.messages) yield fromBinary(BytesMessageSchema, message).data
}

const NO_FILE = new Uint8Array(0)

/** An engine that asks for the file may write to it itself, and then sends nothing. */
async function receiveFile(path: string, call: ServerCall): Promise<void> {
  await makeFile(path, async (file, temporary) => {
    if (isAskedForFile(call.metadata)) {
      const { dev, ino } = await file.stat({ bigint: true })
      await call.send(formatLentFile({ path: await realpath(temporary), device: String(dev), inode: String(ino) }))
    }
    for await (const chunk of bytesOf(call)) await file.writeFile(chunk)
  })
}

export async function writeFile(path: string, bytes: AsyncIterable<Uint8Array>): Promise<void> {
  await makeFile(path, async (file) => {
    for await (const chunk of bytes) await file.writeFile(chunk)
  })
}

/** The file appears when it is whole, never through a link that lies there; its folder is made. */
async function makeFile(path: string, fill: (file: FileHandle, temporary: string) => Promise<void>): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  const temporary = `${path}.${randomUUID()}.partial`
  try {
    {
      await using file = await open(temporary, 'wx', 0o644)
      await fill(file, temporary)
      await file.sync()
    }
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
}

async function writeStream(stream: Writable, bytes: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<void> {
  for await (const chunk of bytes) {
    if (!stream.write(chunk)) await once(stream, 'drain', { signal })
  }
}

async function feedProgram(argv: readonly [string, ...string[]], bytes: AsyncIterable<Uint8Array>, client: ClientProcess, signal: AbortSignal): Promise<void> {
  await using program = openSubprocess(argv, { cwd: client.cwd, env: client.env, stdin: bytes }, signal)
  const [said, , exitCode] = await Promise.all([lastLine(program.stderr), drain(program.stdout), program.exitCode, program.stdinDone])
  if (exitCode !== 0) throw new OutputProgramError(`${argv.join(' ')} exited with code ${exitCode}${said === '' ? '' : `: ${said}`}`)
}

async function lastLine(bytes: AsyncIterable<Uint8Array>): Promise<string> {
  let tail = ''
  for await (const chunk of bytes) tail = (tail + Buffer.from(chunk).toString()).slice(-4096)
  return tail.trimEnd().split('\n').at(-1) ?? ''
}

async function drain(bytes: AsyncIterable<Uint8Array>): Promise<void> {
  const reader = bytes[Symbol.asyncIterator]()
  while ((await reader.next()).done !== true);
}
