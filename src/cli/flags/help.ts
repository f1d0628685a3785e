import { type FlagSpec, type FlagTable, HELP_FLAG } from './flags.ts'

const DEFAULT_COLUMNS = 80

/** Longest left column; a longer flag has its help on the next line. */
const LEFT_COLUMNS = 30

/** The help of one command, made from its flag table. */
export function formatHelp(commandName: string, command: { readonly usage: string; readonly summary: string; readonly flags: FlagTable }, columns = DEFAULT_COLUMNS): string {
  return [`Usage:  ${commandName} ${command.usage}`, '', command.summary, '', 'Options:', ...formatColumns(describeFlags(command.flags), columns), ''].join('\n')
}

/** A row for each flag, and one for the help itself, by name. */
export function describeFlags(flags: FlagTable): readonly (readonly [flag: string, help: string])[] {
  const sorted = Object.entries({ ...flags, help: HELP_FLAG }).sort(([a], [b]) => (a < b ? -1 : 1))
  return sorted.map(([name, spec]) => [describeFlag(name, spec), describeHelp(spec)])
}

export interface HelpSection {
  readonly title: string
  readonly rows: readonly (readonly [name: string, summary: string])[]
}

/** The help of a command with commands under it. */
export function formatOverview(head: { readonly name: string; readonly usage: string; readonly summary: string }, sections: readonly HelpSection[], columns = DEFAULT_COLUMNS): string {
  const drawn = sections.flatMap(({ title, rows }) => [`${title}:`, ...formatColumns(rows, columns), ''])
  return [`Usage:  ${head.name} ${head.usage}`, '', head.summary, '', ...drawn, `See ${head.name} COMMAND --help for a command's own options.`, ''].join('\n')
}

function describeFlag(name: string, spec: FlagSpec): string {
  const short = spec.short === undefined ? '    ' : `-${spec.short}, `
  const isOptional = spec.kind === 'text' && spec.bare !== undefined
  return `${short}--${name}${spec.kind === 'switch' ? '' : isOptional ? `[=${spec.value}]` : ` ${spec.value}`}`
}

function describeHelp(spec: FlagSpec): string {
  switch (spec.kind) {
    case 'switch':
      return spec.fallback === true ? `${spec.help} (default true)` : spec.help
    case 'list':
      return `${spec.help} (may be repeated${spec.variable === undefined ? '' : `; default $${spec.variable}`})`
    case 'text': {
      const choices = spec.choices === undefined ? '' : ` (${spec.choices.join(', ')})`
      const fallback = [...(spec.variable === undefined ? [] : [`$${spec.variable}`]), ...(spec.fallback === undefined ? [] : [spec.fallback])].join(', else ')
      return `${spec.help}${choices}${fallback === '' ? '' : ` (default ${fallback})`}`
    }
  }
}

function formatColumns(rows: readonly (readonly [left: string, right: string])[], columns: number): readonly string[] {
  const left = Math.min(LEFT_COLUMNS, Math.max(...rows.map(([text]) => text.length)))
  const indent = ' '.repeat(left + 4)
  return rows.flatMap(([name, text]) => {
    const [first = '', ...more] = wrap(text, Math.max(20, Math.min(columns, 100) - left - 4))
    const head = name.length > left ? [`  ${name}`, `${indent}${first}`] : [`  ${name.padEnd(left)}  ${first}`]
    return [...head, ...more.map((line) => `${indent}${line}`)]
  })
}

function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + word.length < width) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines
}
