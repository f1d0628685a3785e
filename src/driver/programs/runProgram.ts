import { openSubprocess } from '../../kit/process/subprocess.ts'

/** A program of the user's own that engines are reached through: `docker`, `kubectl`. */
export interface UserProgram {
  /** What people call it. */
  readonly name: string
  /** The program by its path, and the words that every call of it has. */
  readonly argv: readonly [string, ...string[]]
  /** The whole environment. */
  readonly env: Readonly<Record<string, string>>
}

export interface ProgramResult {
  readonly exitCode: number
  readonly stdout: string
  /** The last of its standard error. */
  readonly said: string
}

/** More is no answer of such a program. */
const MAX_ANSWER_BYTES = 8 * 1024 * 1024
const MAX_SAID_BYTES = 16 * 1024

/** Runs it to its end, whatever comes of it. @throws the spawn's own error; Error where it answers without end; signal.reason */
export async function runProgram({ name, argv, env }: UserProgram, words: readonly string[], signal: AbortSignal, stdin?: AsyncIterable<Uint8Array>): Promise<ProgramResult> {
  const [file, ...first] = argv
  await using child = openSubprocess([file, ...first, ...words], { cwd: '/', env, ...(stdin !== undefined && { stdin }) }, signal)
  const [stdout, said, exitCode] = await Promise.all([readAnswer(child.stdout, name), readTail(child.stderr), child.exitCode, child.stdinDone])
  signal.throwIfAborted()
  return { exitCode, stdout, said }
}

async function readAnswer(stream: AsyncIterable<Uint8Array>, name: string): Promise<string> {
  const chunks: Uint8Array[] = []
  let sizeBytes = 0
  for await (const chunk of stream) {
    sizeBytes += chunk.byteLength
    if (sizeBytes > MAX_ANSWER_BYTES) throw new Error(`${name} answers with more than ${MAX_ANSWER_BYTES} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}

async function readTail(stream: AsyncIterable<Uint8Array>): Promise<string> {
  let tail = Buffer.alloc(0)
  for await (const chunk of stream) tail = Buffer.concat([tail, chunk]).subarray(-MAX_SAID_BYTES)
  return tail.toString()
}
