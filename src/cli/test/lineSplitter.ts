/** A line longer than this is cut: no terminal and no log shows more of one. */
const MAX_LINE_LENGTH = 16_384

export interface LineSplitter {
  push(chunk: Uint8Array): void
  /** What is left without an end of line. */
  end(): void
}

/** Gives the lines of a stream, without their ends, as each is whole. */
export function createLineSplitter(take: (line: string) => void): LineSplitter {
  const decoder = new TextDecoder()
  let rest = ''
  return {
    push(chunk) {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split(/\r?\n/)
      rest = lines.pop() ?? ''
      lines.forEach((line) => take(line.slice(0, MAX_LINE_LENGTH)))
      if (rest.length > MAX_LINE_LENGTH) rest = rest.slice(0, MAX_LINE_LENGTH)
    },
    end() {
      if (rest !== '') take(rest)
      rest = ''
    },
  }
}
