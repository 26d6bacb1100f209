/// A partition's rounds are smaller than a batch, since the connection was lost in one.
struct Narrowing: Hashable, Sendable {
    /// The most events in a round.
    var limit: Int
    /// Losses in a row with nothing but the event at `position` in the round.
    var losses = 0
    var position: Position = 0
    /// What COMMIT has said of it; nil: the connection was lost.
    var reason: String?

    /// As many say that it is the event's handler, since a new connection has worked each time.
    static let mostLosses = 3

    func blames(_ position: Position) -> Bool { self.position == position && losses >= Self.mostLosses }

    static func blaming(_ position: Position, _ reason: String) -> Narrowing {
        Narrowing(limit: 1, losses: mostLosses, position: position, reason: reason)
    }

    mutating func loseAlone(at position: Position) {
        losses = self.position == position ? losses + 1 : 1
        self.position = position
        limit = 1
    }
}
