/** What Go's strconv.ParseBool takes, as Docker's commands do; undefined where the text is none. */
export function parseGoBoolean(text: string): boolean | undefined {
  return BOOLEANS.get(text)
}

const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ...['1', 't', 'T', 'true', 'TRUE', 'True'].map((text) => [text, true] as const),
  ...['0', 'f', 'F', 'false', 'FALSE', 'False'].map((text) => [text, false] as const),
])
