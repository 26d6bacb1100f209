import Foundation

/// The wages whose mails a server has taken, as far as this process remembers: the last ones, more than come in a few rounds.
struct TakenMails {
    private static let most = 20_000

    private var events: Set<UUID> = []
    private var order: [UUID] = []
    /// The place of the oldest, once there are as many as are kept.
    private var oldest = 0

    func contains(_ event: UUID) -> Bool { events.contains(event) }

    mutating func insert(_ event: UUID) {
        guard events.insert(event).inserted else { return }
        guard order.count == Self.most else { return order.append(event) }
        events.remove(order[oldest])
        order[oldest] = event
        oldest = (oldest + 1) % Self.most
    }
}
