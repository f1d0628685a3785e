import { InvalidValueError } from '../../ground/errors.ts'

/** A command line, and what else its process began with: what `pelago-call` sends, see native/call/pelago-call.c. */
export interface Call {
  readonly umask: number
  /** Whether stdin, stdout and stderr are terminals. */
  readonly terminals: readonly [stdin: boolean, stdout: boolean, stderr: boolean]
  readonly window: Window
  /** Absolute. */
  readonly folder: string
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string>>
}

/** Of a terminal; 0 where it does not know, or where there is none. */
export interface Window {
  readonly columns: number
  readonly rows: number
}

/** Bytes that are no UTF-8 become U+FFFD, as in Node's own arguments and environment. @throws InvalidValueError */
export function parseCall(body: Buffer): Call {
  const [mask = '', terminals = '', window = '', folder = '', count = '', ...words] = body.toString().split('\0').slice(0, -1)
  const length = Number(count)
  if (!/^[0-7]{1,4}$/.test(mask) || !/^[01]{3}$/.test(terminals) || !folder.startsWith('/') || !/^\d+$/.test(count) || length > words.length) throw new InvalidValueError('not a call')
  const is = (index: number): boolean => terminals[index] === '1'
  return { umask: Number.parseInt(mask, 8), terminals: [is(0), is(1), is(2)], window: parseWindow(window), folder, argv: words.slice(0, length), env: parseEnvironment(words.slice(length)) }
}

/** `COLUMNSxROWS`. @throws InvalidValueError */
export function parseWindow(text: string): Window {
  const [, columns, rows] = /^(\d+)x(\d+)$/.exec(text) ?? []
  if (columns === undefined || rows === undefined) throw new InvalidValueError(`not the size of a terminal: ${JSON.stringify(text)}`)
  return { columns: Number(columns), rows: Number(rows) }
}

/** Of several variables of a name the first counts, as for getenv(3). */
function parseEnvironment(variables: readonly string[]): Readonly<Record<string, string>> {
  const pairs = variables.map((variable) => [variable.split('=', 1)[0] ?? '', variable.slice(variable.indexOf('=') + 1)] as const)
  return Object.fromEntries(pairs.filter(([name]) => name !== '').toReversed())
}
