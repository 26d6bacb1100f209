/// Says that there is something to do: rung often before it is heard, it is heard once.
struct Bell: Sendable {
    /// For one listener.
    let rings: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    init() { (rings, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1)) }

    func ring() { continuation.yield() }
}
