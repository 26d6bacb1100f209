/// CRC-32 as zlib, PNG and Ethernet compute it (polynomial 0xEDB88320, reflected): the hash that places keys.
package enum CRC32 {
    private static let table: [UInt32] = (0..<256).map { byte in
        (0..<8).reduce(UInt32(byte)) { crc, _ in crc & 1 == 1 ? (crc >> 1) ^ 0xEDB8_8320 : crc >> 1 }
    }

    /// Of a text's UTF-8.
    package static func checksum(_ text: String) -> UInt32 {
        var text = text
        // Where the bytes lie: the same of any sequence is not specialized for who calls it from another module.
        return text.withUTF8 { bytes in
            table.withUnsafeBufferPointer { table in
                var crc = ~UInt32(0)
                for byte in bytes { crc = (crc >> 8) ^ table[Int((crc ^ UInt32(byte)) & 0xFF)] }
                return ~crc
            }
        }
    }
}
