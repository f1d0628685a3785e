import { buildkitRule } from '../rule.ts'
import { exposedPorts } from './exposedPorts.ts'

export const exposeProtoCasing = buildkitRule('ExposeProtoCasing', 'the protocol of EXPOSE is written in lower case', (subject) =>
  exposedPorts(subject).flatMap(({ port, span }) => {
    const protocol = port.slice(port.lastIndexOf(':') + 1).split('/')[1] ?? ''
    return protocol === protocol.toLowerCase() ? [] : [{ message: `the protocol of '${port}' in EXPOSE is not in lower case`, span }]
  }),
)
