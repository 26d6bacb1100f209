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

    /// Reads `MILLISECONDS-POSITION` where it lies; nil for anything else, as `init(_:)`.
    init?(utf8 text: UnsafeRawBufferPointer) {
        var rest = text[...]
        func number() -> Int64? {
            var number: Int64?
            while let digit = rest.first, (0x30...0x39).contains(digit) {
                let (product, isTooLarge) = (number ?? 0).multipliedReportingOverflow(by: 10)
                let (sum, isBeyond) = product.addingReportingOverflow(Int64(digit - 0x30))
                guard !isTooLarge, !isBeyond else { return nil }
                number = sum
                rest.removeFirst()
            }
            return number
        }
        guard let milliseconds = number(), rest.popFirst() == UInt8(ascii: "-"), let position = number(), rest.isEmpty
        else { return nil }
        self.init(milliseconds: milliseconds, position: position)
    }

    /// The least id above this one.
    var successor: EntryID {
        EntryID(milliseconds: milliseconds, position: position == .max ? .max : position + 1)
    }
}
