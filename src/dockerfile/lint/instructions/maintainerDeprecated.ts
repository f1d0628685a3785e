import { buildkitRule } from '../rule.ts'

export const maintainerDeprecated = buildkitRule('MaintainerDeprecated', 'the author of an image is a label of it', ({ dockerfile: { stages } }) =>
  stages
    .flatMap(({ instructions }) => instructions)
    .flatMap(({ kind, span }) => (kind === 'maintainer' ? [{ message: 'MAINTAINER is deprecated: write LABEL org.opencontainers.image.authors=…', span }] : [])),
)
