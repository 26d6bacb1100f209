extension EntryID {
    /// Reads an id as Redis reports it. Redis counts to 2⁶⁴−1 and we to 2⁶³−1: what is larger was not given by us, and is
    /// taken as the largest there is, so that it still sorts last.
    init(clamping text: String) {
        if let id = EntryID(text) {
            self = id
        } else {
            let parts = text.split(separator: "-").map { Int64($0) ?? .max }
            self.init(milliseconds: parts.first ?? .max, position: parts.count > 1 ? parts[1] : 0)
        }
    }

    /// The least id above this one.
    var successor: EntryID {
        EntryID(milliseconds: milliseconds, position: position == .max ? .max : position + 1)
    }
}
