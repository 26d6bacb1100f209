import Foundation

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A server that runs as a direct child of this process, so that its pid is its own until it is reaped here.
///
/// It leads a session of its own: a Ctrl-C in the terminal reaches this process and not the server.
struct ServerProcess: ~Copyable {
    let pid: pid_t
    /// One end of a socket pair; a watchdog shell reads the other end and ends the server when this one closes,
    /// be it by SIGKILL of this process. Negative when the server may outlive this process.
    private let leash: Int32

    /// What the watchdog runs. `$$` is the server's pid: the shell becomes the server by `exec`.
    /// The watchdog is orphaned on purpose, for the servers wait for children of their own.
    private static let leashedStart = """
        signal=$1 folder=$2; shift 2
        ( {
            read -r released <&3 || {
                kill -"$signal" $$; kill -CONT $$ $(cat /proc/$$/task/$$/children); i=0
                while kill -0 $$ && [ $i -lt 50 ]; do sleep 0.1; i=$((i + 1)); done
                kill -KILL $$
                [ -z "$folder" ] || rm -rf -- "$folder"
            }
        } >/dev/null 2>&1 & )
        exec "$@" 3<&-
        """

    /// Starts the program with its output appended to `log`.
    /// - Parameters:
    ///   - stopSignal: what the watchdog sends when this process dies; SIGKILL follows after five seconds.
    ///   - temporaryFolder: removed by the watchdog after that.
    init(
        _ arguments: [String],
        environment: [String: String],
        log: String,
        outlivesParent: Bool,
        stopSignal: String,
        temporaryFolder: String?
    ) throws(LocalServerError) {
        let output = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard output >= 0 else { throw LocalServerError(.folder, "Cannot write \(log): \(reason(errno)).") }
        defer { close(output) }

        if outlivesParent {
            self.init(
                pid: try spawn(arguments, environment: environment, descriptors: [0: nil, 1: output, 2: output]),
                leash: -1
            )
            return
        }
        let (near, far) = try socketPair()
        defer { close(far) }
        do throws(LocalServerError) {
            let started = try spawn(
                ["/bin/sh", "-c", Self.leashedStart, "sh", stopSignal, temporaryFolder ?? ""] + arguments,
                environment: environment,
                descriptors: [0: nil, 1: output, 2: output, 3: far]
            )
            self.init(pid: started, leash: near)
        } catch {
            close(near)
            throw error
        }
    }

    private init(pid: pid_t, leash: Int32) {
        self.pid = pid
        self.leash = leash
    }

    /// Whether the program has ended; it is not reaped by asking.
    var hasExited: Bool { exit != nil }

    /// How the program ended; nil while it runs. It is not reaped by asking.
    var exit: ProcessExit? {
        var info = siginfo_t()
        let result = waitid(P_PID, id_t(pid), &info, WEXITED | WNOHANG | WNOWAIT)
        guard result == 0 else { return .unknown }
        guard info.si_signo != 0 else { return nil }
        #if canImport(Darwin)
            let status = info.si_status
        #else
            let status = info._sifields._sigchld.si_status
        #endif
        return info.si_code == CLD_EXITED ? .status(status) : .signal(status)
    }

    func send(_ signal: Int32) {
        kill(pid, signal)
    }

    /// Stops it with all its children: a server of several processes goes on in those that are not stopped.
    func pauseAll() {
        send(SIGSTOP)
        // Until it stands, it may still make a child.
        var info = siginfo_t()
        while waitid(P_PID, id_t(pid), &info, WSTOPPED | WEXITED | WNOWAIT) == -1 && errno == EINTR {}
        for child in ProcessChildren.of(pid) { kill(child, SIGSTOP) }
    }

    /// Lets it go on, with all its children.
    func resumeAll() {
        for child in ProcessChildren.of(pid) { kill(child, SIGCONT) }
        send(SIGCONT)
    }

    /// Sends the signal, waits for the end, and after `seconds` sends SIGKILL.
    @discardableResult
    consuming func end(_ signal: Int32, within seconds: Int) -> ProcessExit {
        send(signal)
        send(SIGCONT)
        if !waitUntil(seconds: seconds, { hasExited }) {
            send(SIGKILL)
            _ = waitUntil(seconds: 5) { hasExited }
        }
        return exit ?? .unknown
    }

    deinit {
        var status: Int32 = 0
        guard leash >= 0 else {
            waitpid(pid, &status, WNOHANG)
            return
        }
        kill(pid, SIGKILL)
        // Before the pid is given back: the watchdog must not end a stranger.
        release(leash)
        while waitpid(pid, &status, 0) == -1 && errno == EINTR {}
        close(leash)
    }
}

/// Waits by looking every two milliseconds; true when the condition held within the time.
func waitUntil<Failure: Error>(
    seconds: Int,
    _ condition: () throws(Failure) -> Bool
) throws(Failure) -> Bool {
    let deadline = ContinuousClock.now + .seconds(seconds)
    while true {
        if try condition() { return true }
        if ContinuousClock.now >= deadline { return false }
        usleep(2_000)
    }
}

/// The text of an `errno`.
func reason(_ code: Int32) -> String {
    String(cString: strerror(code))
}

/// The end of a log, for an error's text.
func tail(of log: String, lines: Int = 15) -> String {
    guard let data = FileManager.default.contents(atPath: log) else { return "" }
    return String(decoding: data.suffix(8_192), as: UTF8.self)
        .split(separator: "\n").suffix(lines).joined(separator: "\n")
}
