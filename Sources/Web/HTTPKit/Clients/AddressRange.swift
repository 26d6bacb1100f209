/// A network: all addresses that begin with the same bits. `10.0.0.0/8`, `2001:db8::/32`, `192.0.2.7`
public struct AddressRange: Sendable, Hashable {
    let first: IPAddress
    let prefix: Int

    /// Whether the address is of this network; one of the other kind never is.
    public func contains(_ address: IPAddress) -> Bool {
        address.width == first.width && address.masked(to: prefix) == first
    }

    /// Why a text is no network, with what would be one.
    struct NotARange: Error, CustomStringConvertible {
        let description: String
    }

    /// Reads an address, or one with `/` and how many bits all have in common.
    ///
    /// - Throws: `NotARange`.
    init(parsing text: some StringProtocol) throws {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let address = IPAddress(parts[0]) else {
            throw NotARange(description: "`\(text)` is no address, and no network")
        }
        guard parts.count == 2 else {
            (first, prefix) = (address, address.width)
            return
        }
        let digits = parts[1].utf8
        guard (1...3).contains(digits.count),
            digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            let prefix = Int(parts[1]), prefix <= address.width
        else {
            throw NotARange(description: "`\(text)` is no network: expected / and a number up to \(address.width)")
        }
        guard prefix > 0 else {
            throw NotARange(description: "`\(text)` is everybody: whoever connects could say to be anyone")
        }
        guard address.masked(to: prefix) == address else {
            throw NotARange(
                description: "`\(text)` is no network: did you mean \(address.masked(to: prefix))/\(prefix)?"
            )
        }
        (first, self.prefix) = (address, prefix)
    }
}
