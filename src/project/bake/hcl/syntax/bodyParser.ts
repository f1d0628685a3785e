import type { Attribute, Block } from '../body.ts'
import { HclError, type Diagnostic } from '../diagnostic.ts'
import { createNativeBody, type NativeItems } from '../nativeBody.ts'
import { formatRange, type SourceRange } from '../sourceRange.ts'
import { invalidCharacter, parseExpression } from './expressionParser.ts'
import { skipItem } from './recovery.ts'
import { parseQuotedTemplate, plainText } from './templateParser.ts'
import { locateToken, syntaxError, type TokenReader } from './tokenReader.ts'
import type { Token } from './token.ts'

/** The items up to the end of the file. After an error, goes on with the next item, so that several errors are found at once. */
export function parseItems(reader: TokenReader, diagnostics: Diagnostic[]): NativeItems {
  return parseBody(reader, { diagnostics, isEnd: (token) => token.kind === 'end', openRange: reader.locate(0, 0) })
}

interface BodyForm {
  readonly diagnostics: Diagnostic[]
  readonly isEnd: (token: Token) => boolean
  /** What has no end where the file ends first. */
  readonly openRange: SourceRange
}

function parseBody(reader: TokenReader, form: BodyForm): NativeItems {
  const attributes = new Map<string, Attribute>()
  const blocks: Block[] = []
  for (;;) {
    const token = reader.peek()
    if (form.isEnd(token)) {
      reader.read()
      return { attributes, blocks, endRange: reader.locate(token.start, token.end) }
    }
    if (token.kind === 'newline') reader.read()
    else if (token.kind === 'end') throw syntaxError('Unclosed configuration block', 'There is no closing brace for this block before the end of the file.', form.openRange)
    else recovering(reader, form.diagnostics, () => parseItem(reader, form, { attributes, blocks }))
  }
}

/** Notes what is wrong with an item and goes to the line after it. */
function recovering(reader: TokenReader, diagnostics: Diagnostic[], parse: () => void): void {
  const start = reader.offset
  try {
    parse()
  } catch (error) {
    if (!(error instanceof HclError)) throw error
    diagnostics.push(...error.diagnostics)
    skipItem(reader, start, error.diagnostics[0].subject.start)
    if (reader.offset === start) reader.read()
  }
}

interface Items {
  readonly attributes: Map<string, Attribute>
  readonly blocks: Block[]
}

function parseItem(reader: TokenReader, form: BodyForm, items: Items): void {
  const name = readItemName(reader)
  if (reader.isNext('=')) {
    addAttribute(items.attributes, parseAttribute(reader, name))
    endLine(reader, 'argument')
    return
  }
  items.blocks.push(parseBlock(reader, form, name))
  endLine(reader, 'block definition')
}

function readItemName(reader: TokenReader): Token {
  const token = reader.read()
  if (token.kind === 'identifier') return token
  const subject = locateToken(reader, token)
  if (token.kind === 'quote') throw syntaxError('Invalid argument name', 'Argument names must not be quoted.', subject)
  throw syntaxError('Argument or block definition required', 'An argument or block definition is expected here.', subject)
}

function addAttribute(attributes: Map<string, Attribute>, attribute: Attribute): void {
  const before = attributes.get(attribute.name)
  if (before !== undefined) throw syntaxError('Attribute redefined', `The argument ${JSON.stringify(attribute.name)} was already set at ${formatRange(before.nameRange)}. Each argument may be set only once.`, attribute.nameRange)
  attributes.set(attribute.name, attribute)
}

function parseAttribute(reader: TokenReader, name: Token): Attribute {
  reader.read()
  const expression = parseExpression(reader)
  const nameRange = locateToken(reader, name)
  return { name: name.text, expression, nameRange, range: { ...nameRange, end: expression.range.end } }
}

function endLine(reader: TokenReader, what: string): void {
  const token = reader.peek()
  if (token.kind === 'newline' || token.kind === 'end') return
  if (token.kind === 'invalid') throw invalidCharacter(reader, token)
  const detail = token.text === ',' ? 'Arguments are separated by newlines, not by commas.' : `A newline is expected after the ${what}.`
  throw syntaxError(`Missing newline after ${what}`, detail, locateToken(reader, token))
}

function parseBlock(reader: TokenReader, form: BodyForm, type: Token): Block {
  const labels: string[] = []
  const labelRanges: SourceRange[] = []
  while (!reader.isNext('{')) {
    const { label, range } = parseLabel(reader, type)
    labels.push(label)
    labelRanges.push(range)
  }
  const open = locateToken(reader, reader.read())
  const items = reader.nest('significant', () => parseBlockBody(reader, form, open))
  return { type: type.text, labels, body: createNativeBody(items), typeRange: locateToken(reader, type), labelRanges }
}

function parseLabel(reader: TokenReader, type: Token): { readonly label: string; readonly range: SourceRange } {
  const token = reader.peek()
  if (token.kind === 'identifier') return { label: reader.read().text, range: locateToken(reader, token) }
  if (token.kind === 'quote') {
    const template = parseQuotedTemplate(reader, parseExpression)
    const label = plainText(template)
    if (label === undefined) throw syntaxError('Invalid string literal', 'A label is plain text, without template sequences.', template.range)
    return { label, range: template.range }
  }
  if (token.kind === 'invalid') throw invalidCharacter(reader, token)
  const isFirst = reader.text.slice(type.end, token.start).trim() === ''
  if (isFirst && token.text !== '=') throw syntaxError('Argument or block definition required', 'To set an argument, write an equals sign ("=") and its value after the name.', locateToken(reader, type))
  throw syntaxError('Invalid block definition', detailOf(token), locateToken(reader, token))
}

function detailOf({ kind, text }: Token): string {
  if (kind === 'newline') return 'The opening brace of a block stands on the line of its name.'
  if (text === '=') return 'An equals sign ("=") is for arguments: after the labels of a block comes its opening brace.'
  return 'A label or the opening brace of the block is expected here.'
}

function parseBlockBody(reader: TokenReader, form: BodyForm, openRange: SourceRange): NativeItems {
  const first = reader.peek()
  const isEnd = (token: Token): boolean => token.text === '}' && token.kind === 'symbol'
  if (first.kind === 'newline' || first.kind === 'end' || isEnd(first)) return parseBody(reader, { ...form, isEnd, openRange })
  const name = readItemName(reader)
  if (!reader.isNext('=')) throw syntaxError('Argument definition required', 'A block on one line has a single argument; nested blocks stand on lines of their own.', locateToken(reader, name))
  const attribute = parseAttribute(reader, name)
  const close = reader.peek()
  if (!isEnd(close)) throw syntaxError('Invalid single-argument block definition', 'A block on one line has a single argument and ends on that line. For more, write each on a line of its own.', locateToken(reader, close))
  reader.read()
  return { attributes: new Map([[attribute.name, attribute]]), blocks: [], endRange: locateToken(reader, close) }
}
