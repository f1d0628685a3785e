/** The frontend attribute, Pelago's own, that says which native twins emulated steps are given. */
export const ACCELERATE = 'pelago.accelerate'

export const ACCELERATE_MODES = ['on', 'toolchain', 'verify', 'verify-toolchain', 'off'] as const

/** The named context that is a root file system with cross compilers. */
export const TOOLCHAIN_CONTEXT = 'pelago-toolchain'

/** As people write it. */
export type AccelerateMode = (typeof ACCELERATE_MODES)[number]

/** Which compilers have twins, for people. */
export const TOOLCHAIN_PAGE = 'docs/accelerate.md#compilers'
