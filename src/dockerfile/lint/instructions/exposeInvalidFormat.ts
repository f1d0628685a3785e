import { buildkitRule } from '../rule.ts'
import { exposedPorts } from './exposedPorts.ts'

export const exposeInvalidFormat = buildkitRule('ExposeInvalidFormat', 'EXPOSE names ports of the container: addresses and ports of the host are for those who run it', (subject) =>
  exposedPorts(subject).flatMap(({ port, span }) => (/[^:]:/.test(port) ? [{ message: `EXPOSE takes no address and no port of the host, and has '${port}'`, span }] : [])),
)
