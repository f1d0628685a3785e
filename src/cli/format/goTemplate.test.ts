import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { parseTemplate } from './goTemplate.ts'
import { UsageError } from '../flags/usageError.ts'

const DATA = {
  name: 'docker.io/library/alpine',
  manifest: { digest: 'sha256:ab', size: 5, manifests: [{ digest: 'sha256:1' }, { digest: 'sha256:2' }] },
  image: { 'linux/amd64': { config: { Env: ['A=1'] } } },
  empty: [],
}

describe('parseTemplate', () => {
  const cases = [
    { template: '{{.Manifest.Digest}}', want: 'sha256:ab' },
    { template: '{{ .name }}: {{ .Manifest.Size }}', want: 'docker.io/library/alpine: 5' },
    { template: '{{json .Manifest.Digest}}', want: '"sha256:ab"' },
    { template: '{{.Manifest.Digest | json}}', want: '"sha256:ab"' },
    { template: '{{range .Manifest.Manifests}}{{.Digest}}\\n{{end}}', want: 'sha256:1\nsha256:2\n' },
    { template: '{{index .Image "linux/amd64" | json}}', want: '{"config":{"Env":["A=1"]}}' },
    { template: '{{len .Manifest.Manifests}}', want: '2' },
    { template: '{{if .Empty}}full{{end}}{{if .Name}}named{{end}}', want: 'named' },
    { template: '{{upper .Manifest.Digest}} {{lower "ABC"}}', want: 'SHA256:AB abc' },
    { template: '{{"}}"}}', want: '}}' },
    { template: '{{if .Empty}}full{{else}}empty{{end}} {{if .Empty}}a{{else if .Name}}b{{else}}c{{end}}', want: 'empty b' },
    { template: '{{with .Manifest}}{{.Size}}{{end}}{{with .Empty}}x{{else}}{{.Name}}{{end}}', want: '5docker.io/library/alpine' },
    { template: '{{range $i, $m := .Manifest.Manifests}}{{$i}}={{$m.Digest}} {{end}}', want: '0=sha256:1 1=sha256:2 ' },
    { template: '{{range $m := .Manifest.Manifests}}{{$m.Digest}}{{$.Manifest.Size}} {{end}}', want: 'sha256:15 sha256:25 ' },
    { template: '{{range .Empty}}x{{else}}none{{end}}', want: 'none' },
    { template: '{{(index .Manifest.Manifests 1).Digest}}', want: 'sha256:2' },
    { template: '{{json (index .Image "linux/amd64").config.Env}}', want: '["A=1"]' },
    { template: '{{$d := .Manifest.Digest}}{{$d}}', want: 'sha256:ab' },
    { template: 'a  {{- .Manifest.Size -}}  b', want: 'a5b' },
    { template: '{{/* nothing */}}{{println .Manifest.Size "x"}}', want: '5 x\n' },
    { template: '{{printf "%-4s|%4d|%q|%%" "ab" .Manifest.Size "c"}}', want: 'ab  |   5|"c"|%' },
    { template: '{{join (split .Name "/") "+"}} {{title "linux box"}}', want: 'docker.io+library+alpine Linux Box' },
    { template: '{{eq .Manifest.Size 5}} {{ne "a" "b"}} {{not .Empty}} {{and .Name .Empty}} {{or .Empty .Manifest.Size}}', want: 'true true true [] 5' },
    { template: '{{.Image}} {{(index .Image "linux/amd64").config.Env}}', want: 'map[linux/amd64:map[config:map[Env:[A=1]]]] [A=1]' },
    { template: 'plain', want: 'plain' },
    { template: 'json', want: JSON.stringify(DATA) },
  ]
  for (const { template, want } of cases) {
    it(`applies ${template}`, () => assert.equal(parseTemplate(template).apply(DATA), want))
  }
  for (const template of ['{{range .Name}}', '{{.Name + 1}}', '{{template "x"}}', '{{json (index .Image "a"}}', '{{.Name | .Image}}', '{{"\\x"}}', '{{if .Name}}{{else}}']) {
    it(`refuses ${template}`, () => assert.throws(() => parseTemplate(template), UsageError))
  }
  for (const template of ['{{.Name.Inner}}', '{{$x}}', '{{printf "%x" .Name}}']) {
    it(`cannot apply ${template}`, () => assert.throws(() => parseTemplate(template).apply(DATA), UsageError))
  }
  it('reads any text without failing in another way than by saying that it is wrong', () => {
    const piece = fc.constantFrom('{{', '}}', '.', '.Name', '$', '$x', ':=', '|', '(', ')', 'if', 'else', 'end', 'range', 'with', 'json', 'index', '"a"', '`b`', '1', ' ', '-', ',', 'x', '\n')
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        try {
          return typeof parseTemplate(pieces.join('')).apply(DATA) === 'string'
        } catch (error) {
          return error instanceof UsageError
        }
      }),
      { numRuns: 500 },
    )
  })
  it('knows which fields it reads', () => {
    assert.deepEqual(parseTemplate('{{.A}} {{.B.C | json}} {{if .D}}{{.E}}{{end}} {{range .F}}{{.G}}{{end}} {{.}}').fields, [['A'], ['B', 'C'], ['D'], ['E'], ['F']])
  })
  it('names the fields there are where one is asked for that is not', () => {
    assert.throws(() => parseTemplate('{{.Manifest.Layers}}').apply(DATA), { message: '--format asks for .Layers, and there is none', hint: 'there are digest, size, manifests' })
  })
})
