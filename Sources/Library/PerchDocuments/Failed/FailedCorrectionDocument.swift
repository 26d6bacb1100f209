/// A failed event that is retried with other data, as JSON.
package struct FailedCorrectionDocument: Encodable {
    let id: String
    let isDone: Bool

    package init(id: String, isDone: Bool) { (self.id, self.isDone) = (id, isDone) }
}
