import { createRequire } from 'node:module'
import { getSystemErrorName } from 'node:util'

/** A path as the kernel has it: bytes. A string stands for its UTF-8; names that are not UTF-8 come as bytes. */
export type BytePath = string | Uint8Array

/** A system call that failed; `code` is `ENOENT` and the like, as in the errors of `node:fs`. */
export class SyscallError extends Error {
  override readonly name = 'SyscallError'
  readonly code: string
  readonly syscall: string
  /** '' where the call has none. Bytes that are not UTF-8 are replaced. */
  readonly path: string
  constructor(syscall: string, code: string, path: string) {
    super(path === '' ? `${code}: ${syscall}` : `${code}: ${syscall} ${JSON.stringify(path)}`)
    this.code = code
    this.syscall = syscall
    this.path = path
  }
}

export type Argument = number | bigint | Uint8Array | null
type Result = number | bigint

interface Callable {
  (...values: Argument[]): Result
  async(...values: [...Argument[], (error: Error | null, result: Result) => void]): void
}

interface Koffi {
  load(path: null): { func(name: string, result: string, parameters: readonly string[]): Callable }
  errno(): number
  address(bytes: Uint8Array): bigint
}

/** How a call is declared: its name in libc, and the C types of what it takes. */
export interface Declaration {
  readonly name: string
  readonly parameters: readonly string[]
  /** `int` or `long`; `int64_t` where the result is an offset. */
  readonly result: string
}

export function declare(name: string, parameters: readonly string[], result = 'int'): Declaration {
  return { name, parameters, result }
}

/** Where a failed call is put down to in the error. */
export interface CallSite {
  readonly syscall: string
  readonly path: BytePath
}

/** Blocks until the call returns; EINTR is tried again. @throws SyscallError */
export function call(declaration: Declaration, values: readonly Argument[], site: CallSite): number {
  const bound = bind(declaration)
  for (;;) {
    const result = Number(bound(...values))
    if (result !== -1) return result
    const code = lastErrorCode()
    if (code !== 'EINTR') throw new SyscallError(site.syscall, code, textOf(site.path))
  }
}

/** The same on a thread of koffi's pool, for what may take long. The caller keeps buffers in `values` untouched until then. */
export async function callAsync(declaration: Declaration, values: readonly Argument[], site: CallSite): Promise<number> {
  for (;;) {
    const { result, errorCode } = await invokeAsync(declaration, values)
    if (result !== -1) return result
    if (errorCode !== 'EINTR') throw new SyscallError(site.syscall, errorCode, textOf(site.path))
  }
}

/** Any function of this process, which says in its own way whether it failed. Blocks until it returns. */
export function invoke(declaration: Declaration, values: readonly Argument[]): number {
  return Number(bind(declaration)(...values))
}

/** The same on a thread of koffi's pool. The caller keeps buffers in `values` untouched until then. `errorCode` is that of a -1. */
export async function invokeAsync(declaration: Declaration, values: readonly Argument[]): Promise<{ readonly result: number; readonly errorCode: string }> {
  const bound = bind(declaration)
  return await new Promise((resolve, reject) => {
    bound.async(...values, (error, value) => {
      if (error === null) resolve({ result: Number(value), errorCode: Number(value) === -1 ? lastErrorCode() : '' })
      else reject(error)
    })
  })
}

/** Whether the process has all of these: a Node that was built otherwise may lack what is no part of libc. */
export function areThere(declarations: readonly Declaration[]): boolean {
  try {
    declarations.forEach(bind)
    return true
  } catch {
    return false
  }
}

/** Where `bytes` stand in memory; good as long as they are in use, which the collector cannot tell by an address. */
export function addressOf(bytes: Uint8Array): bigint {
  return loadKoffi().address(bytes)
}

/** The path's bytes with the NUL that C wants. @throws SyscallError EINVAL where there is one inside */
export function cPath(path: BytePath): Buffer {
  const bytes = typeof path === 'string' ? Buffer.from(`${path}\0`) : Buffer.concat([path, NUL])
  if (bytes.indexOf(0) !== bytes.length - 1) throw new SyscallError('path', 'EINVAL', textOf(path))
  return bytes
}

export function textOf(path: BytePath): string {
  return typeof path === 'string' ? path : Buffer.from(path).toString()
}

const NUL = Buffer.alloc(1)
const bound = new Map<Declaration, Callable>()
let koffi: Koffi | undefined

/** Loaded on first use: most runs of the command make no call of their own. */
function loadKoffi(): Koffi {
  koffi ??= createRequire(import.meta.url)('koffi') as Koffi
  return koffi
}

function bind(declaration: Declaration): Callable {
  const known = bound.get(declaration)
  if (known !== undefined) return known
  // null is the process itself, which has libc in it, whatever that is called here
  const made = loadKoffi().load(null).func(declaration.name, declaration.result, declaration.parameters)
  bound.set(declaration, made)
  return made
}

function lastErrorCode(): string {
  return getSystemErrorName(-loadKoffi().errno())
}
