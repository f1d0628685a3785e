import { parseHcl, parseHclJson } from './hcl/hcl.ts'
import type { Body } from './hcl/body.ts'
import { HclError } from './hcl/diagnostic.ts'

/** A definition as it was read. */
export interface BakeFile {
  /** As the user knows it; `-` is standard input. Its ending tells the format. */
  readonly name: string
  readonly text: string
}

/** What is looked for where no file is named, in this order, and put on top of each other. */
export const DEFAULT_FILES = ['compose.yaml', 'compose.yml', 'docker-compose.yml', 'docker-compose.yaml', 'docker-bake.json', 'docker-bake.hcl', 'docker-bake.override.json', 'docker-bake.override.hcl'] as const

/** `unknown` is a Compose file where it can be read as one. */
export function formatOf({ name }: BakeFile): 'compose' | 'hcl' | 'json' | 'unknown' {
  const lower = name.toLowerCase()
  if (lower.endsWith('.yml') || lower.endsWith('.yaml')) return 'compose'
  if (lower.endsWith('.json')) return 'json'
  return lower.endsWith('.hcl') ? 'hcl' : 'unknown'
}

/** HCL in either of its forms: the content decides, the ending says whose mistakes are told. @throws HclError */
export function parseBakeFile(file: BakeFile): Body {
  const source = { filename: file.name, text: file.text }
  const [first, second] = formatOf(file) === 'json' ? [parseHclJson, parseHcl] : [parseHcl, parseHclJson]
  try {
    return first(source)
  } catch (error) {
    if (!(error instanceof HclError)) throw error
    try {
      return second(source)
    } catch {
      throw error
    }
  }
}
