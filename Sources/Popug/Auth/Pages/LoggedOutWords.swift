/// What a logout has done: no more than is known.
struct LoggedOutWords {
    /// `You are logged out of Tickets and Accounts.`
    let ended: String
    /// `Analytics could not be told; there it ends by itself within 15 minutes.` Nil: all were told.
    let remaining: String?

    init(_ clients: [Logouts.Told]) {
        let told = clients.filter(\.wasTold).map(\.name)
        let untold = clients.filter { !$0.wasTold }.map(\.name)
        ended = told.isEmpty ? "This login has ended." : "You are logged out of \(Self.list(told))."
        remaining =
            untold.isEmpty
            ? nil : "\(Self.list(untold)) could not be told; there it ends by itself within 15 minutes."
    }

    private static func list(_ names: [String]) -> String {
        guard names.count > 1, let last = names.last else { return names.first ?? "" }
        return names.dropLast().joined(separator: ", ") + " and " + last
    }
}
