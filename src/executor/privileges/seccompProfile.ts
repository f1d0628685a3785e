/*
 * Which system calls a step may make in a sandbox: the policy of Docker's default profile, for the capabilities that a
 * step has. Whatever is not listed fails with EPERM. An emulator makes the machine's own calls, so the machine's
 * architecture is the one that counts.
 */

/** OCI runtime-spec, config-linux.md#seccomp */
export interface OciSeccomp {
  readonly defaultAction: 'SCMP_ACT_ERRNO'
  readonly defaultErrnoRet: number
  readonly architectures: readonly string[]
  readonly syscalls: readonly OciSyscallRule[]
}

export interface OciSyscallRule {
  readonly names: readonly string[]
  readonly action: 'SCMP_ACT_ALLOW' | 'SCMP_ACT_ERRNO'
  readonly errnoRet?: number
  readonly args?: readonly { readonly index: number; readonly value: number; readonly valueTwo?: number; readonly op: string }[]
}

const EPERM = 1
const ENOSYS = 38
/** CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID and NEWNET together. */
const NAMESPACE_FLAGS = 0x7e020000
const AF_VSOCK = 40
/** PER_LINUX, PER_LINUX32, each with and without UNAME26, and the question for the present one: personality(2). */
const PERSONALITIES = [0x0, 0x8, 0x20000, 0x20008, 0xffffffff]

/** @param architecture the machine's, as in a `Platform` */
export function sandboxSeccomp(architecture: string): OciSeccomp {
  const { scmp, calls } = ARCHITECTURES.get(architecture) ?? { scmp: [], calls: [] }
  const flagsIndex = architecture === 's390x' ? 1 : 0 // its clone takes the stack first
  return {
    defaultAction: 'SCMP_ACT_ERRNO',
    defaultErrnoRet: EPERM,
    architectures: scmp,
    syscalls: [
      { names: [...Object.values(ALLOWED).flatMap((names) => names.split(' ')), ...calls], action: 'SCMP_ACT_ALLOW' },
      { names: ['clone'], action: 'SCMP_ACT_ALLOW', args: [{ index: flagsIndex, value: NAMESPACE_FLAGS, valueTwo: 0, op: 'SCMP_CMP_MASKED_EQ' }] },
      // its flags are in memory, where a filter cannot see them; every libc falls back to clone
      { names: ['clone3'], action: 'SCMP_ACT_ERRNO', errnoRet: ENOSYS },
      { names: ['socket'], action: 'SCMP_ACT_ALLOW', args: [{ index: 0, value: AF_VSOCK, op: 'SCMP_CMP_NE' }] },
      ...PERSONALITIES.map((value): OciSyscallRule => ({ names: ['personality'], action: 'SCMP_ACT_ALLOW', args: [{ index: 0, value, op: 'SCMP_CMP_EQ' }] })),
    ],
  }
}

/** libseccomp's names of the machine's architecture and of those whose programs it runs itself, and calls that only it has. */
const ARCHITECTURES: ReadonlyMap<string, { readonly scmp: readonly string[]; readonly calls: readonly string[] }> = new Map([
  ['amd64', { scmp: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86', 'SCMP_ARCH_X32'], calls: ['arch_prctl', 'modify_ldt'] }],
  ['386', { scmp: ['SCMP_ARCH_X86'], calls: ['modify_ldt'] }],
  ['arm64', { scmp: ['SCMP_ARCH_AARCH64', 'SCMP_ARCH_ARM'], calls: ['arm_fadvise64_64', 'arm_sync_file_range', 'breakpoint', 'cacheflush', 'set_tls', 'sync_file_range2'] }],
  ['arm', { scmp: ['SCMP_ARCH_ARM'], calls: ['arm_fadvise64_64', 'arm_sync_file_range', 'breakpoint', 'cacheflush', 'set_tls', 'sync_file_range2'] }],
  ['ppc64le', { scmp: ['SCMP_ARCH_PPC64LE'], calls: ['sync_file_range2', 'swapcontext'] }],
  ['s390x', { scmp: ['SCMP_ARCH_S390X', 'SCMP_ARCH_S390'], calls: ['s390_pci_mmio_read', 's390_pci_mmio_write', 's390_runtime_instr'] }],
  ['riscv64', { scmp: ['SCMP_ARCH_RISCV64'], calls: ['riscv_flush_icache'] }],
  ['mips64le', { scmp: ['SCMP_ARCH_MIPSEL64', 'SCMP_ARCH_MIPSEL', 'SCMP_ARCH_MIPSEL64N32'], calls: [] }],
  ['mips64', { scmp: ['SCMP_ARCH_MIPS64', 'SCMP_ARCH_MIPS', 'SCMP_ARCH_MIPS64N32'], calls: [] }],
  ['loong64', { scmp: ['SCMP_ARCH_LOONGARCH64'], calls: [] }],
])

/** By subject. Names that an architecture lacks are passed over. */
const ALLOWED = {
  processes:
    'execve execveat exit exit_group fork vfork wait4 waitid waitpid kill tkill tgkill pause prctl ptrace process_vm_readv process_vm_writev process_mrelease pidfd_open pidfd_send_signal getpid getppid gettid getpgid getpgrp setpgid getsid setsid getpriority setpriority getrlimit setrlimit ugetrlimit prlimit64 getrusage times set_tid_address set_thread_area get_thread_area set_robust_list get_robust_list rseq restart_syscall seccomp landlock_create_ruleset landlock_add_rule landlock_restrict_self chroot uname sysinfo umask getcpu ioprio_get ioprio_set',
  scheduling:
    'sched_yield sched_getaffinity sched_setaffinity sched_getattr sched_setattr sched_getparam sched_setparam sched_getscheduler sched_setscheduler sched_get_priority_max sched_get_priority_min sched_rr_get_interval sched_rr_get_interval_time64',
  signals:
    'rt_sigaction rt_sigpending rt_sigprocmask rt_sigqueueinfo rt_sigreturn rt_sigsuspend rt_sigtimedwait rt_sigtimedwait_time64 rt_tgsigqueueinfo sigaltstack sigprocmask sigreturn signalfd signalfd4',
  identities:
    'getuid getuid32 geteuid geteuid32 getgid getgid32 getegid getegid32 getresuid getresuid32 getresgid getresgid32 getgroups getgroups32 setuid setuid32 setgid setgid32 setreuid setreuid32 setregid setregid32 setresuid setresuid32 setresgid setresgid32 setfsuid setfsuid32 setfsgid setfsgid32 setgroups setgroups32 capget capset',
  memory:
    'brk mmap mmap2 munmap mremap mprotect madvise mincore msync mlock mlock2 mlockall munlock munlockall remap_file_pages membarrier memfd_create memfd_secret pkey_alloc pkey_free pkey_mprotect map_shadow_stack cachestat mseal',
  time: 'time gettimeofday clock_gettime clock_gettime64 clock_getres clock_getres_time64 clock_nanosleep clock_nanosleep_time64 clock_adjtime clock_adjtime64 adjtimex nanosleep alarm getitimer setitimer timer_create timer_delete timer_getoverrun timer_gettime timer_gettime64 timer_settime timer_settime64 timerfd_create timerfd_gettime timerfd_gettime64 timerfd_settime timerfd_settime64',
  descriptors:
    'open openat openat2 creat close close_range read readv pread64 preadv preadv2 write writev pwrite64 pwritev pwritev2 lseek _llseek dup dup2 dup3 pipe pipe2 fcntl fcntl64 ioctl flock sendfile sendfile64 splice tee vmsplice copy_file_range readahead fadvise64 fadvise64_64 fallocate ftruncate ftruncate64 fsync fdatasync sync syncfs sync_file_range name_to_handle_at',
  folders:
    'chdir fchdir getcwd mkdir mkdirat rmdir getdents getdents64 link linkat symlink symlinkat readlink readlinkat rename renameat renameat2 unlink unlinkat mknod mknodat truncate truncate64',
  metadata:
    'access faccessat faccessat2 stat stat64 lstat lstat64 fstat fstat64 fstatat64 newfstatat statx statfs statfs64 fstatfs fstatfs64 chmod fchmod fchmodat fchmodat2 chown chown32 lchown lchown32 fchown fchown32 fchownat utime utimes utimensat utimensat_time64 futimesat',
  attributes:
    'getxattr lgetxattr fgetxattr getxattrat setxattr lsetxattr fsetxattr setxattrat listxattr llistxattr flistxattr listxattrat removexattr lremovexattr fremovexattr removexattrat',
  waiting:
    'select _newselect pselect6 pselect6_time64 poll ppoll ppoll_time64 epoll_create epoll_create1 epoll_ctl epoll_ctl_old epoll_wait epoll_wait_old epoll_pwait epoll_pwait2 eventfd eventfd2 futex futex_time64 futex_wait futex_wake futex_waitv futex_requeue inotify_init inotify_init1 inotify_add_watch inotify_rm_watch fanotify_mark',
  'asynchronous files': 'io_setup io_submit io_cancel io_destroy io_getevents io_pgetevents io_pgetevents_time64',
  sockets:
    'socketcall socketpair bind listen accept accept4 connect shutdown getsockname getpeername getsockopt setsockopt send sendto sendmsg sendmmsg recv recvfrom recvmsg recvmmsg recvmmsg_time64',
  'inter-process':
    'ipc shmget shmat shmdt shmctl semget semop semctl semtimedop semtimedop_time64 msgget msgsnd msgrcv msgctl mq_open mq_unlink mq_notify mq_getsetattr mq_timedsend mq_timedsend_time64 mq_timedreceive mq_timedreceive_time64',
  randomness: 'getrandom',
} as const
