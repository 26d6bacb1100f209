/// A text in which capitals are as small letters, of any script, and where its bytes stood before.
struct FoldedText {
    private(set) var bytes: [UInt8] = []
    /// Of each byte where its character begins, or it stands itself, in the text as it was.
    private(set) var origins: [Int] = []

    /// - Parameter text: UTF-8.
    init(_ text: some Collection<UInt8>) {
        bytes.reserveCapacity(text.count)
        origins.reserveCapacity(text.count)
        var place = 0
        for scalar in String(decoding: text, as: UTF8.self).unicodeScalars {
            if scalar.isASCII {
                let byte = UInt8(truncatingIfNeeded: scalar.value)
                bytes.append(byte &- 0x41 < 26 ? byte | 0x20 : byte)
                origins.append(place)
                place += 1
            } else {
                let folded = Self.folded(scalar)
                bytes += folded
                origins += Array(repeating: place, count: folded.count)
                place += UTF8.width(scalar)
            }
        }
    }

    /// `ß` and `ẞ` are `ss`, and `ς` is `σ`: by way of the capitals, as two texts are compared.
    private static func folded(_ scalar: Unicode.Scalar) -> [UInt8] {
        let capitals = scalar.properties.lowercaseMapping.unicodeScalars.lazy.map(\.properties.uppercaseMapping)
            .joined()
        return Array(String(capitals).unicodeScalars.lazy.map(\.properties.lowercaseMapping).joined().utf8)
    }
}
