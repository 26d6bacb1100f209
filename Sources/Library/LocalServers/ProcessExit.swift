/// How a program ended.
public enum ProcessExit: Sendable, Hashable {
    /// By itself, with this status; 0 is success.
    case status(Int32)
    /// By this signal.
    case signal(Int32)
    /// It is not known: something else has reaped it.
    case unknown
}
