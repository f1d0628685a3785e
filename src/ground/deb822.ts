/** One paragraph of deb822(5), as are RFC 822's headers: values by lower-case name. Lines that continue one keep their line break. */
export type Paragraph = ReadonlyMap<string, string>

/** Paragraphs one at a time; what is no field is left out. Of a field that is there twice, the first counts. */
export function* parseParagraphs(text: string): Generator<Paragraph> {
  let fields = new Map<string, string>()
  let last = ''
  for (const line of text.split('\n')) {
    if (/^\s*$/.test(line)) {
      if (fields.size > 0) yield fields
      fields = new Map()
      last = ''
    } else if (/^[ \t]/.test(line)) {
      const before = fields.get(last)
      if (before !== undefined) fields.set(last, `${before}\n${line.trim()}`)
    } else if (!line.startsWith('#')) {
      const colon = line.indexOf(':')
      last = colon < 1 ? '' : line.slice(0, colon).toLowerCase()
      if (fields.has(last)) last = ''
      else if (last !== '') fields.set(last, line.slice(colon + 1).trim())
    }
  }
  if (fields.size > 0) yield fields
}
