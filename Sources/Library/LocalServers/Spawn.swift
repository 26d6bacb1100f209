import Foundation

#if canImport(Darwin)
    import Darwin
    private let newSession = Int32(POSIX_SPAWN_SETSID)
    private typealias FileActions = posix_spawn_file_actions_t?
    private typealias Attributes = posix_spawnattr_t?
#else
    #if canImport(Glibc)
        import Glibc
    #elseif canImport(Musl)
        import Musl
    #endif
    /// POSIX_SPAWN_SETSID, which glibc and musl declare for GNU sources only.
    private let newSession: Int32 = 0x80
    private typealias FileActions = posix_spawn_file_actions_t
    private typealias Attributes = posix_spawnattr_t
#endif

/// Starts a program in a session of its own, with the standard signals, and with no open file but those given.
/// - Parameter descriptors: the child's descriptor and what it is here; nil is `/dev/null`, read only.
func spawn(
    _ arguments: [String],
    environment: [String: String],
    descriptors: [Int32: Int32?]
) throws(LocalServerError) -> pid_t {
    var actions = makeZero() as FileActions
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    for (child, own) in descriptors.sorted(by: { $0.key < $1.key }) {
        if let own {
            posix_spawn_file_actions_adddup2(&actions, own, child)
        } else {
            posix_spawn_file_actions_addopen(&actions, child, "/dev/null", O_RDONLY, 0)
        }
    }

    var attributes = makeZero() as Attributes
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    // A thread here may block SIGPIPE or SIGTERM; the child must not inherit that.
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    var all = sigset_t()
    sigfillset(&all)
    posix_spawnattr_setsigdefault(&attributes, &all)
    var flags = Int32(POSIX_SPAWN_SETSIGMASK) | Int32(POSIX_SPAWN_SETSIGDEF) | newSession
    #if canImport(Darwin)
        flags |= POSIX_SPAWN_CLOEXEC_DEFAULT
    #else
        let last = descriptors.keys.max() ?? 2
        for open in (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? [] {
            if let open = Int32(open), open > last { posix_spawn_file_actions_addclose(&actions, open) }
        }
    #endif
    posix_spawnattr_setflags(&attributes, Int16(flags))

    var argv = arguments.map { strdup($0) } + [nil]
    var envp = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { for pointer in argv + envp { free(pointer) } }
    var pid: pid_t = 0
    let code = posix_spawn(&pid, arguments[0], &actions, &attributes, &argv, &envp)
    guard code == 0 else { throw LocalServerError(.startFailed, "Cannot start \(arguments[0]): \(reason(code)).") }
    return pid
}

/// Both ends are closed in child processes; a write to a closed peer raises no signal.
func socketPair() throws(LocalServerError) -> (Int32, Int32) {
    var pair: [Int32] = [-1, -1]
    #if canImport(Darwin)
        let result = socketpair(AF_UNIX, SOCK_STREAM, 0, &pair)
        var yes: Int32 = 1
        for end in pair {
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
            setsockopt(end, SOL_SOCKET, SO_NOSIGPIPE, &yes, socklen_t(MemoryLayout<Int32>.size))
        }
    #elseif canImport(Glibc)
        let result = socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &pair)
    #else
        let result = socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, &pair)
    #endif
    guard result == 0 else { throw LocalServerError(.startFailed, "Cannot open a socket pair: \(reason(errno)).") }
    return (pair[0], pair[1])
}

/// Tells the watchdog at the other end that its server has ended in good order.
func release(_ leash: Int32) {
    #if canImport(Darwin)
        send(leash, "\n", 1, 0)
    #else
        send(leash, "\n", 1, Int32(MSG_NOSIGNAL))
    #endif
}

#if canImport(Darwin)
    private func makeZero<T>() -> T? { nil }
#else
    private func makeZero() -> posix_spawn_file_actions_t { posix_spawn_file_actions_t() }
    private func makeZero() -> posix_spawnattr_t { posix_spawnattr_t() }
#endif
