/** Where a step has its twins: in its own /dev, which is in memory and no part of any layer. native/twin/twin.c has these too. */
export const TWIN_FOLDER = '/dev/.pelago'
/** The sibling's whole root. */
export const SIBLING_FOLDER = `${TWIN_FOLDER}/root`
/** The root with the cross compilers, where there is one. */
export const TOOLCHAIN_FOLDER = `${TWIN_FOLDER}/toolchain`
/** A folder of links for each way to start, with a name of its own. */
export const LINK_FOLDER = `${TWIN_FOLDER}/run`
/** A letter for each process. */
export const COUNT_FILE = `${TWIN_FOLDER}/count`
