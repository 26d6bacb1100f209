import Foundation
import Perch
package import PerchOperating
import Times

/// A foreign entry as JSON.
package struct ForeignDocument: Encodable {
    let id, service, partition, entryId, foundAt: String
    /// Names and values in turn; what is no UTF-8 is in base64 in `fields_base64` as it is.
    let fields, fieldsBase64: [String]
    let bytes: Int64
    let isCut: Bool

    package init(_ entry: ForeignEntry, of service: String) {
        id = ServiceRowID.text(service, entry.id)
        self.service = service
        partition = entry.partition.description
        entryId = entry.entryID
        foundAt = entry.foundAt.description
        (bytes, isCut) = (entry.bytes, entry.isCut)
        fields = entry.fields.map(Self.text)
        fieldsBase64 = entry.fields.map { Data($0).base64EncodedString() }
    }

    package static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}
