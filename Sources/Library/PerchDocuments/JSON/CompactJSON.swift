/// JSON without what only people need.
package enum CompactJSON {
    /// Sound JSON in one line, without the space between its tokens. Numbers and strings stay as they are, byte for byte.
    package static func bytes(_ json: [UInt8]) -> [UInt8] {
        var isInString = false
        var isEscaped = false
        return json.filter { byte in
            guard isInString else {
                isInString = byte == UInt8(ascii: "\"")
                return ![0x20, 0x09, 0x0A, 0x0D].contains(byte)
            }
            isInString = isEscaped || byte != UInt8(ascii: "\"")
            isEscaped = !isEscaped && byte == UInt8(ascii: "\\")
            return true
        }
    }
}
