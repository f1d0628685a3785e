/** A line longer than this is given in pieces, so that a program that never ends its line costs no memory. */
const MAX_LINE_CHARACTERS = 16_384

/** Makes lines of the chunks of one stream. */
export interface LogLines {
  /** The lines that `bytes` completes, without their ends. Of text that a carriage return writes over, the last stays. */
  push(bytes: Uint8Array): readonly string[]
  /** What is left without a line's end. */
  flush(): readonly string[]
}

export function createLogLines(): LogLines {
  const decoder = new TextDecoder()
  let open = ''
  const take = (text: string): readonly string[] => {
    const [first = '', ...rest] = text.split('\n')
    const complete = [open + first, ...rest]
    open = complete.pop() ?? ''
    if (open.length > MAX_LINE_CHARACTERS) {
      complete.push(open)
      open = ''
    }
    return complete.map(afterCarriageReturn)
  }
  return {
    push: (bytes) => take(decoder.decode(bytes, { stream: true })),
    flush() {
      const lines = take(decoder.decode())
      const last = afterCarriageReturn(open)
      open = ''
      return last === '' ? lines : [...lines, last]
    },
  }
}

function afterCarriageReturn(line: string): string {
  if (!line.includes('\r')) return line
  return line.split('\r').findLast((part) => part !== '') ?? ''
}
