/// Who hashes and who waits: a bounded line, shared evenly by addresses and by accounts. No clock, no I/O.
///
/// One client alone may have all of it. As soon as others come, it gives way: whoever finds the line full takes the place of
/// the last who waits of the address, or of the account, that has the most, if it has fewer itself. So nobody fills the line
/// for others, be it from one address or with one account, and be the passwords right or wrong. Against strangers with as
/// many addresses as there are places, whom the account knows has precedence.
struct PasswordLine {
    /// Tells who waits from others of the same client.
    typealias Ticket = UInt64

    /// What became of who came.
    enum Arrival: Hashable {
        /// It is its turn at once.
        case runs
        case waits
        /// It waits in the place of another, who is told that the line is full.
        case displaces(Ticket)
        case isFull
    }

    let width: Int
    let length: Int
    private(set) var running: [Ticket: PasswordClient] = [:]
    /// In the order in which they came.
    private(set) var waiting: [(ticket: Ticket, client: PasswordClient)] = []

    /// - Parameters:
    ///   - width: How many run at once.
    ///   - length: How many wait.
    init(width: Int, length: Int) {
        self.width = width
        self.length = length
    }

    /// Somebody comes.
    mutating func join(_ ticket: Ticket, _ client: PasswordClient) -> Arrival {
        if running.count < width {
            running[ticket] = client
            return .runs
        }
        guard waiting.count >= length else {
            waiting.append((ticket, client))
            return .waits
        }
        guard let index = greediest, isOutranked(waiting[index].client, by: client) else { return .isFull }
        let displaced = waiting.remove(at: index).ticket
        waiting.append((ticket, client))
        return .displaces(displaced)
    }

    /// Who waits goes.
    ///
    /// - Returns: Whether it still waited.
    mutating func leave(_ ticket: Ticket) -> Bool {
        guard let index = waiting.firstIndex(where: { $0.ticket == ticket }) else { return false }
        waiting.remove(at: index)
        return true
    }

    /// Who ran is done.
    ///
    /// - Returns: Whose turn it is: of those who run the fewest, the first who came.
    mutating func finish(_ ticket: Ticket) -> Ticket? {
        running[ticket] = nil
        let counts = waiting.map { waiter in
            running.values.count { $0.address == waiter.client.address || $0.account == waiter.client.account }
        }
        guard let least = counts.min(), let index = counts.firstIndex(of: least) else { return nil }
        let next = waiting.remove(at: index)
        running[next.ticket] = next.client
        return next.ticket
    }

    // MARK: Shares

    /// How many places the client's address has, or its account if that has more; running ones count.
    private func places(of client: PasswordClient) -> Int {
        let all = running.values + waiting.map(\.client)
        return max(all.count { $0.address == client.address }, all.count { $0.account == client.account })
    }

    /// Of those with the most places one whom its account does not know, and of these the last who came.
    private var greediest: Int? {
        waiting.indices.max { rank(of: $0) < rank(of: $1) }
    }

    private func rank(of index: Int) -> (places: Int, isStranger: Int, index: Int) {
        let client = waiting[index].client
        return (places(of: client), client.isKnown ? 0 : 1, index)
    }

    private func isOutranked(_ waiter: PasswordClient, by newcomer: PasswordClient) -> Bool {
        let (has, wants) = (places(of: waiter), places(of: newcomer) + 1)
        return wants < has || wants == has && newcomer.isKnown && !waiter.isKnown
    }
}
