import Synchronization

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A program that runs as a child of this process, for tests of whole systems: it can be frozen, killed and stopped.
///
/// It gets SIGKILL when this object is released, and when this process ends, however that happens: nothing is left
/// behind. All calls block and may be made from any thread.
public final class LocalProcess: Sendable {
    private struct State: ~Copyable {
        var process: ServerProcess?
        var exit: ProcessExit?
    }

    /// Seconds after which a program that does nothing is taken to hang, here and where servers start and stop. No measure of
    /// speed: a busy machine may well need minutes for what takes a second elsewhere.
    public static let hangLimit = 600

    /// The process id. It may be another program's once this one has ended and `kill` or `stop` has returned.
    public let pid: Int32
    private let state: Mutex<State>

    /// Starts the program, with nothing to read and its output appended to `log`.
    /// - Parameters:
    ///   - executable: its path.
    ///   - environment: besides PATH and HOME, which are this process's; nothing else is inherited.
    ///   - log: a file for standard output and standard error.
    /// - Throws: `LocalServerError` when it cannot be started or the log not be written.
    public init(
        _ executable: String,
        _ arguments: [String] = [],
        environment: [String: String] = [:],
        log: String
    ) throws(LocalServerError) {
        let process = try ServerProcess(
            [executable] + arguments,
            environment: Program.baseEnvironment.merging(environment) { $1 },
            log: log,
            outlivesParent: false,
            stopSignal: "KILL",
            temporaryFolder: nil
        )
        pid = process.pid
        state = Mutex(State(process: process, exit: nil))
    }

    /// How it ended; nil while it runs or is frozen.
    public var exit: ProcessExit? {
        state.withLock { state in state.process?.exit ?? state.exit }
    }

    /// Freezes the program (SIGSTOP): its connections stay open and it does nothing until `resume()`.
    public func pause() {
        state.withLock { $0.process?.send(SIGSTOP) }
    }

    /// Lets a frozen program go on (SIGCONT).
    public func resume() {
        state.withLock { $0.process?.send(SIGCONT) }
    }

    /// Ends the program by SIGKILL, also a frozen one. Harmless when it has ended.
    public func kill() {
        _ = end(SIGKILL, within: 5)
    }

    /// Asks the program to end (SIGTERM) and waits for it; SIGKILL follows after `seconds`, 10 minutes by default: that ends
    /// a hang, and is no measure of how long a program may take.
    /// - Returns: how it ended; the same again when it had ended before.
    public func stop(within seconds: Int = hangLimit) -> ProcessExit {
        end(SIGTERM, within: seconds)
    }

    private func end(_ signal: Int32, within seconds: Int) -> ProcessExit {
        state.withLock { state in
            guard let process = state.process.take() else { return state.exit ?? .unknown }
            let exit = process.end(signal, within: seconds)
            state.exit = exit
            return exit
        }
    }

    /// Waits until the program has ended by itself.
    /// - Parameter seconds: Ends the wait for a program that hangs; 10 minutes by default.
    /// - Returns: how; nil when it has not within the time.
    public func wait(seconds: Int = hangLimit) -> ProcessExit? {
        _ = waitUntil(seconds: seconds) { exit != nil }
        return exit
    }
}

extension LocalProcess {
    /// Waits for what several servers have to agree on.
    ///
    /// - Throws: `.startFailed` with the trouble, where it does not come to be so within `hangLimit`.
    static func wait(
        _ trouble: String,
        _ condition: () throws(LocalServerError) -> Bool
    ) throws(LocalServerError) {
        guard try waitUntil(seconds: hangLimit, condition) else {
            throw LocalServerError(.startFailed, "\(trouble) after \(hangLimit) s.")
        }
    }
}
