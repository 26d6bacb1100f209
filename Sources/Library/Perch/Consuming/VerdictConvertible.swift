/// An error that says by itself what is to become of the event: see `HandlerVerdict`.
public protocol VerdictConvertible: Error {
    /// What is to become of the event.
    var verdict: HandlerVerdict { get }
}
