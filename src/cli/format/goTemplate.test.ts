import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
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
    { template: 'plain', want: 'plain' },
    { template: 'json', want: JSON.stringify(DATA) },
  ]
  for (const { template, want } of cases) {
    it(`applies ${template}`, () => assert.equal(parseTemplate(template).apply(DATA), want))
  }
  for (const template of ['{{with .Name}}{{end}}', '{{range .Name}}', '{{.Name + 1}}', '{{printf "%s" .Name}}', '{{json (index .Image "a")}}']) {
    it(`refuses ${template}`, () => assert.throws(() => parseTemplate(template), UsageError))
  }
  it('names the fields there are where one is asked for that is not', () => {
    assert.throws(() => parseTemplate('{{.Manifest.Layers}}').apply(DATA), { message: '--format asks for .Layers, and there is none', hint: 'there are digest, size, manifests' })
  })
})
