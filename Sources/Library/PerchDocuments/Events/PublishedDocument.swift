import Perch
package import PerchOperating

/// An event that an operator has published, as JSON.
package struct PublishedDocument: Encodable {
    let id, partition: String
    let version: Int
    let isRepeated: Bool

    package init(_ published: OperatorPublication) {
        (id, partition) = (published.id.text, published.partition.description)
        (version, isRepeated) = (published.version, published.isRepeated)
    }
}
