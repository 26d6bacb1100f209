/// Holds a context while it lives, and the cause of its death after.
///
/// All use of a context goes through here, so none can forget that it is dead after its first I/O error, protocol
/// error or timeout: a reply that comes late would be taken for the answer to a later command.
struct Lifeline: ~Copyable {
    private var context: Context?
    private var cause: RedisError?

    /// Dead, until it is replaced.
    init() { context = nil }

    init(_ context: consuming Context) {
        self.context = consume context
    }

    /// Closes the context: what was answered says that it leads to the wrong server.
    mutating func end(_ cause: RedisError) {
        context = nil
        self.cause = cause
    }

    var isDead: Bool { context == nil }

    /// Runs the body with the context. When it throws an error with `isConnectionDead`, the context is closed at once.
    mutating func use<R: ~Copyable>(
        _ command: StaticString,
        _ body: (inout Context) throws(RedisError) -> R
    ) throws(RedisError) -> R {
        guard var living = context.take() else {
            throw RedisError(
                .connectionLost,
                "the connection is dead since an earlier failure: \(cause?.description ?? "")",
                command: command.description
            )
        }
        do throws(RedisError) {
            let result = try body(&living)
            context = consume living
            return result
        } catch {
            if error.isConnectionDead {
                cause = error
            } else {
                context = consume living
            }
            throw error
        }
    }
}
