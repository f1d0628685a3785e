import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Body } from '../body.ts'
import { formatDiagnostic, HclError } from '../diagnostic.ts'
import { evaluate } from '../evaluate/evaluate.ts'
import { createScope, type Scope } from '../evaluate/scope.ts'
import { parseHcl, parseHclJson } from '../hcl.ts'
import { formatJson } from '../values/json.ts'
import { string } from '../values/value.ts'

const SCOPE: Scope = createScope(new Map([['name', string('me')]]), new Map())

/** The attributes of a body, one a line. */
function attributesOf(body: Body): string {
  const { attributes, diagnostics } = body.justAttributes()
  assert.deepEqual(diagnostics.map(formatDiagnostic), [])
  return [...attributes.values()].map(({ name, expression }) => `${name}=${formatJson(evaluate(expression, SCOPE))}`).join(' ')
}

const TEXTS: readonly (readonly [name: string, text: string, expected: string])[] = [
  ['comments of three kinds', '# a\n// b\n/* c\nd */ x = /* e */ 1 # f\ny = 2 // g', 'x=1 y=2'],
  ['lines that end as on Windows', 'x = 1\r\ny = <<E\r\nz\r\nE\r\n', 'x=1 y="z\\r\\n"'],
  ['a byte order mark', '\ufeffx = 1\n', 'x=1'],
  ['names with dashes and letters of any script', 'x-y = 1\né = 2\n_z = 3\n', 'x-y=1 é=2 _z=3'],
  ['a minus that stands apart', 'x = 3 -1\n', 'x=2'],
  ['expressions over several lines in brackets', 'x = (1 +\n 2)\ny = [1,\n\n 2,\n]\nz = {\n a = 1\n\n b : 2,\n "c d" = 3, (name) = 4\n}\n', 'x=3 y=[1,2] z={"a":1,"b":2,"c d":3,"me":4}'],
  ['escapes', 'x = "\\u00e9\\U0001F600\\t\\\\\\"\\n\\r"\n', 'x="é😀\\t\\\\\\"\\n\\r"'],
  ['what is no template sequence', 'x = "$ % $$ %% $${a} %%{b}"\n', 'x="$ % $$ %% ${a} %{b}"'],
  ['texts in composed form', 'x = "e\u0301"\n', 'x="é"'],
  ['interpolations, of whatever type', 'x = "${1}"\ny = "a${1}${true}${name}"\n', 'x=1 y="a1trueme"'],
  ['strips of space', 'x = "a  ${~ name ~}  b"\n', 'x="ameb"'],
  ['directives', 'x = "%{ if name == "me" }yes%{ else }no%{ endif }"\ny = "%{ for i, x in ["a", "b"] }${i}${x};%{ endfor }"\n', 'x="yes" y="0a;1b;"'],
  ['nested directives', 'x = "%{ for a in [1, 2, 3] }%{ if a != 2 }${a}%{ endif }%{ endfor }"\n', 'x="13"'],
  ['heredocs', 'x = <<EOT\n  a\n b ${name}\\n\nEOT\ny = 1\n', 'x="  a\\n b me\\\\n\\n" y=1'],
  ['heredocs without their indent', 'x = <<-EOT\n    a\n\n      b\n    EOT\n', 'x="a\\n\\n  b\\n"'],
  ['heredocs whose first thing is an interpolation', 'x = <<-EOT\n  ${name}\n    b\n  EOT\n', 'x="me\\n  b\\n"'],
  ['heredocs with directives', 'x = <<-EOT\n  %{ for a in ["x", "y"] ~}\n  - ${a}\n  %{ endfor ~}\n  EOT\n', 'x="  - x\\n  - y\\n"'],
  ['empty heredocs', 'x = <<EOT\nEOT\n', 'x=""'],
  ['lines that begin as the end of a heredoc', 'x = <<EOT\nEOTX\n EOT\n', 'x="EOTX\\n"'],
]

describe('the native syntax has', () => {
  for (const [name, text, expected] of TEXTS) it(name, () => assert.equal(attributesOf(parseHcl({ filename: 'x', text })), expected))
})

describe('the syntax in JSON has', () => {
  const cases: readonly (readonly [name: string, text: string, expected: string])[] = [
    ['all kinds of values', '{"a": [1.50, 1e3, true, null], "b": {"c": "d"}}', 'a=[1.5,1000,true,null] b={"c":"d"}'],
    ['templates in strings and in names', '{"a": "x${name}", "b": {"${name}": "%{if true}y%{endif}"}, "c": "${1 + 1}"}', 'a="xme" b={"me":"y"} c=2'],
    ['escapes', '{"a": "\\u00e9\\n\\"$${b}"}', 'a="é\\n\\"${b}"'],
    ['comments', '{"//": 1, "a": 2}', 'a=2'],
  ]
  for (const [name, text, expected] of cases) it(name, () => assert.equal(attributesOf(parseHclJson({ filename: 'x', text })), expected))
})

const MISTAKES: readonly (readonly [name: string, text: string, expected: string])[] = [
  ['an unknown escape', 'x = "\\q"\n', 'x:1,6-8: Invalid escape sequence; "\\\\q" is not an escape sequence: there are \\n, \\r, \\t, \\", \\\\, \\uNNNN and \\UNNNNNNNN.'],
  ['a string over two lines', 'x = "a\ny = 1\n', 'x:1,5-7: Invalid multi-line string; A string in quotes ends on the line that it begins on. Write \\n for a newline, or use a heredoc (<<EOT).'],
  ['a string without end', 'x = "a', 'x:1,5-6: Unterminated template string; The file ends before the end of this string.'],
  ['a heredoc without end', 'x = <<A\nb\n', 'x:1,5-2,1: Unterminated template string; The file ends before the end of this string.'],
  ['an interpolation without end', 'x = "${a"\n', 'x:1,6-8: Unclosed template interpolation sequence; There is no closing brace for this sequence.'],
  ['a variable of a shell', 'x = "${a:-b}"\n', 'x:1,9-10: Extra characters after interpolation expression; A closing brace is expected here. If the sequence is meant for another language, such as a shell, write $${ instead of ${.'],
  ['a directive without end', 'x = "%{ if true }a"\n', 'x:1,20-20: Unexpected end of template; The if directive at x:1,6-18 has no endif.'],
  ['an end without directive', 'x = "%{ endif }"\n', 'x:1,6-16: Unexpected endif directive; No directive is open here that it belongs to.'],
  ['an end of another directive', 'x = "%{ for a in [] }%{ endif }"\n', 'x:1,22-32: Unexpected endif directive; The for directive at x:1,6-22 ends with endfor.'],
  ['an unknown directive', 'x = "%{ while }"\n', 'x:1,9-14: Invalid template directive; "while" is no directive: there are if, else, endif, for and endfor.'],
  ['single quotes', "x = 'a'\n", 'x:1,5-6: Invalid character; Single quotes are not valid. Use double quotes (") for strings.'],
  ['a semicolon', 'x = 1;\n', 'x:1,6-7: Invalid character; The character ";" has no meaning here.'],
  ['a comma after an argument', 'x = 1,\n', 'x:1,6-7: Missing newline after argument; Arguments are separated by newlines, not by commas.'],
  ['two arguments on a line', 'x = 1 y = 2\n', 'x:1,7-8: Missing newline after argument; A newline is expected after the argument.'],
  ['an argument in quotes', '"x" = 1\n', 'x:1,1-2: Invalid argument name; Argument names must not be quoted.'],
  ['a name alone', 'x\n', 'x:1,1-2: Argument or block definition required; To set an argument, write an equals sign ("=") and its value after the name.'],
  ['a brace on the next line', 'x "a"\n{\n}\n', 'x:1,6-2,1: Invalid block definition; The opening brace of a block stands on the line of its name.'],
  ['an equals sign after a label', 'x "a" = {\n}\n', 'x:1,7-8: Invalid block definition; An equals sign ("=") is for arguments: after the labels of a block comes its opening brace.'],
  ['a template in a label', 'x "a${1}" {\n}\n', 'x:1,3-10: Invalid string literal; A label is plain text, without template sequences.'],
  ['a block without end', 'x {\n  y = 1\n', 'x:1,3-4: Unclosed configuration block; There is no closing brace for this block before the end of the file.'],
  ['two arguments in a block on one line', 'x { a = 1, b = 2 }\n', 'x:1,10-11: Invalid single-argument block definition; A block on one line has a single argument and ends on that line. For more, write each on a line of its own.'],
  ['a block in a block on one line', 'x { y { } }\n', 'x:1,5-6: Argument definition required; A block on one line has a single argument; nested blocks stand on lines of their own.'],
  ['two blocks on a line', 'x {} y {}\n', 'x:1,6-7: Missing newline after block definition; A newline is expected after the block definition.'],
  ['no separator in a list', 'x = [1 2]\n', 'x:1,8-9: Missing item separator; A comma is expected between the items of a list.'],
  ['no separator in an object', 'x = {a = 1 b = 2}\n', 'x:1,12-13: Missing attribute separator; A newline or comma is expected before the next attribute.'],
  ['a key without value', 'x = {a}\n', 'x:1,7-8: Missing attribute value; An equals sign ("=") or colon and the value are expected after the key.'],
  ['an object for in brackets', 'x = [for a in b : a => a]\n', "x:1,21-23: Invalid 'for' expression; A key makes an object: use braces instead of brackets."],
  ['a list for in braces', 'x = {for a in b : a}\n', 'x:1,20-21: Invalid \'for\' expression; Between braces, a key, "=>" and a value are expected. Use brackets to make a list.'],
  ['a for without in', 'x = [for a of b : a]\n', "x:1,12-14: Invalid 'for' expression; The word 'in' is expected after the names."],
  ['a conditional without colon', 'x = true ? 1\n', 'x:1,13-2,1: Missing false expression in conditional; A colon and the value for false are expected here: condition ? value : value.'],
  ['a call without end', 'x = f(1\n', 'x:2,1-1: Unterminated function call; There is no closing parenthesis for this call.'],
  ['an argument after expansion', 'x = f(a..., b)\n', 'x:1,11-12: Missing closing parenthesis; The argument that is expanded by ... is the last one: a closing parenthesis is expected here.'],
  ['too many brackets', `x = ${'['.repeat(300)}\n`, 'x:1,256-256: Too deeply nested; Expressions and blocks may be nested 250 levels deep.'],
  ['a number beyond bounds', 'x = 1e99999\n', 'x:1,5-12: Invalid number literal; The number is too large or too precise.'],
]

describe('of the native syntax, is told', () => {
  for (const [name, text, expected] of MISTAKES) it(name, () => assert.deepEqual(mistakesOf(() => parseHcl({ filename: 'x', text })), [expected]))
})

describe('of the syntax in JSON, is told', () => {
  const cases: readonly (readonly [name: string, text: string, expected: readonly string[]])[] = [
    ['a comma too many', '{"a": [1,]}', ['x:1,10-11: Trailing comma; JSON has no comma after the last item.']],
    ['what is not closed', '{"a": [1', ['x:1,7-8: Unclosed bracket; There is no closing ] for this bracket.']],
    ['no colon', '{"a" 1}', ['x:1,6-7: Missing property value colon; A colon is expected between the name and the value of a property.']],
    ['no name', '{a: 1}', ['x:1,2-3: Invalid object property; A property name in double quotes is expected here.']],
    ['a word that is none', '{"a": yes}', ['x:1,7-10: Invalid JSON keyword; "yes" is no JSON value: there are true, false and null.']],
    ['something after the end', '{} 1', ['x:1,4-5: Extraneous data after value; Nothing may come after the JSON value.']],
    ['an escape that is none', '{"a": "\\q"}', ['x:1,7-8: Invalid JSON string; The string has no end on its line, or a character or escape that JSON does not allow.']],
    ['a name twice in an object', '{"a": {"b": 1, "b": 2}}', ['x:1,16-19: Duplicate object attribute; An attribute named "b" was already defined at x:1,8-11.']],
    ['an argument twice', '{"a": 1, "a": 2}', ['x:1,10-13: Duplicate argument; The argument "a" was already set at x:1,2-8.']],
    ['what is wrong in a template, where it stands', '{"a": "x${b"}', ['x:1,9-11: Unclosed template interpolation sequence; There is no closing brace for this sequence.']],
  ]
  for (const [name, text, expected] of cases) {
    it(name, () => assert.deepEqual(mistakesOf(() => parseHclJson({ filename: 'x', text })), expected))
  }
})

function mistakesOf(parse: () => Body): readonly string[] {
  try {
    return parse().justAttributes().diagnostics.map(formatDiagnostic)
  } catch (error) {
    if (error instanceof HclError) return error.diagnostics.map(formatDiagnostic)
    throw error
  }
}
